// @ts-check
// The page's keys. Arrows and Space belong to whatever has the focus first;
// letters work only where nothing is typed, and can be switched off (WCAG 2.1.4).

const STORED = 'letter-keys';
/** Where arrows step through the drawing. */
const STAGE = '.transport, .time, .steps, .drawing';

export class Keys {
  /** @param {{tell: (what: string, detail?: object) => void}} bar @param {() => void} list shows the list of keys */
  constructor(bar, list) {
    this.bar = bar;
    this.list = list;
    /** @private */ this.heard = (/** @type {KeyboardEvent} */ e) => this.press(e);
  }

  static get letters() { try { return localStorage.getItem(STORED) !== 'off'; } catch { return true; } }

  static set letters(on) { try { localStorage.setItem(STORED, on ? 'on' : 'off'); } catch { /* then they stay on */ } }

  listen() { document.addEventListener('keydown', this.heard); }

  stop() { document.removeEventListener('keydown', this.heard); }

  /** @private @param {KeyboardEvent} e */
  press(e) {
    if (e.defaultPrevented || e.ctrlKey || e.metaKey || e.altKey || e.isComposing) return;
    const at = /** @type {Element} */ (e.target), root = document.documentElement, projector = root.dataset.mode === 'projector';
    if (document.querySelector('dialog[open]')) return;
    if (e.key === 'Escape') {
      if (root.dataset.blank !== undefined) delete root.dataset.blank;
      else if (projector) this.bar.tell('projector');
      return;
    }
    if (at.matches('input:not([type="checkbox"], [type="range"]), select, textarea, [contenteditable]')) return;
    const free = at === document.body || at.id === 'sheet', stage = free || at.closest(STAGE) !== null, control = at.matches('button, a, input, select, summary');
    const act = this.action(e.key, { projector, stage, control, free });
    if (!act) return;
    e.preventDefault();
    act();
  }

  /**
   * @private
   * @param {string} key
   * @param {{projector: boolean, stage: boolean, control: boolean, free: boolean}} at
   * @returns {(() => void) | null}
   */
  action(key, at) {
    const tell = (/** @type {string} */ what) => () => this.bar.tell(what);
    if (at.stage && key === 'ArrowRight') return tell('step');
    if (at.stage && key === 'ArrowLeft') return tell('back');
    // on the bare page Home and End belong to its scrolling
    if (at.stage && !at.free && key === 'Home') return tell('first');
    if (at.stage && !at.free && key === 'End') return tell('last');
    if (at.free && key === ' ') return tell('toggle');
    if (at.projector && key === 'PageDown') return tell('step');
    if (at.projector && key === 'PageUp') return tell('back');
    if (!Keys.letters) return null;
    if (at.projector && (key === '.' || key === 'b')) return () => { document.documentElement.toggleAttribute('data-blank'); };
    switch (key) {
      case '?': return this.list;
      case 'p': case 'P': return tell('projector');
      case 'f': case 'F': return () => {
        const change = document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen?.();
        change?.catch(() => { /* not allowed here: the page stays as it is */ });
      };
    }
    return null;
  }
}

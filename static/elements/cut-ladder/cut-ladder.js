// @ts-check
// A zone cut is a line between two names on the way down from the root. Here it
// is dragged up and down, with a pointer or a finger by its handle, or with the
// arrow keys; what a drop does is what the form below does: its fields are set,
// and it is sent.

/** @typedef {{line: HTMLElement, handle: HTMLElement, places: HTMLElement[], at: HTMLElement, id: number}} Carry a cut that is on its way; id of the pointer, -1 for the keyboard */

export class CutLadder extends HTMLElement {
  constructor() {
    super();
    /** @private @type {Carry | null} */ this.carry = null;
    this.addEventListener('pointerdown', e => this.grab(e));
    this.addEventListener('pointermove', e => { if (e.pointerId === this.carry?.id) this.over(e.clientY); });
    this.addEventListener('pointerup', e => { if (e.pointerId === this.carry?.id) this.drop(); });
    this.addEventListener('pointercancel', e => { if (e.pointerId === this.carry?.id) this.put(); });
    this.addEventListener('keydown', e => this.key(e));
    this.addEventListener('focusout', () => { if (this.carry?.id === -1) this.put(); });
    this.addEventListener('click', e => { if (/** @type {Element} */ (e.target).closest('.cut-handle')) e.preventDefault(); });
  }

  connectedCallback() {
    for (const line of this.lines()) {
      const handle = /** @type {HTMLElement | null} */ (line.querySelector('.cut-handle'));
      if (handle) handle.hidden = this.places(line).length < 2;
    }
    const keys = /** @type {HTMLElement | null} */ (this.querySelector('.cut-keys'));
    if (keys) keys.hidden = !this.querySelector('.cut-handle:not([hidden])');
  }

  disconnectedCallback() { this.carry = null; }

  /** @private @returns {HTMLElement[]} the names, from the root down */
  lines() { return [...this.querySelectorAll('li')]; }

  /**
   * Where a cut can go: below the next one above it, and above the next one below.
   * @private @param {HTMLElement} line @returns {HTMLElement[]}
   */
  places(line) {
    const all = this.lines(), is = (/** @type {HTMLElement | undefined} */ l) => l?.classList.contains('is-cut');
    let from = all.indexOf(line), to = from;
    while (all[from - 1] && !is(all[from - 1])) from--;
    while (all[to + 1] && !is(all[to + 1])) to++;
    return all.slice(from, to + 1);
  }

  /** @private @param {Element | null} handle @param {number} id @returns {boolean} whether there is something to carry */
  take(handle, id) {
    const line = handle?.closest('li');
    if (!(handle instanceof HTMLElement) || !line) return false;
    this.put();
    this.carry = { line, handle, places: this.places(line), at: line, id };
    this.toggleAttribute('data-carrying', true);
    line.toggleAttribute('data-lifted', true);
    return true;
  }

  /** @private @param {PointerEvent} e */
  grab(e) {
    const handle = /** @type {Element} */ (e.target).closest('.cut-handle');
    if (e.button !== 0 || !handle || !this.take(handle, e.pointerId)) return;
    this.setPointerCapture(e.pointerId);
  }

  /** The line nearest to a height. @private @param {number} y */
  over(y) {
    const far = (/** @type {HTMLElement} */ l) => Math.abs(l.getBoundingClientRect().top - y);
    const places = this.carry?.places ?? [];
    this.to(places.reduce((best, l) => far(l) < far(best) ? l : best, places[0]));
  }

  /** @private @param {HTMLElement | undefined} line */
  to(line) {
    const c = this.carry;
    if (!c || !line || line === c.at) return;
    c.at.removeAttribute('data-here');
    c.at = line;
    line.toggleAttribute('data-here', line !== c.line);
    this.say(line === c.line ? '' : line.dataset.says ?? '');
  }

  /** @private @param {KeyboardEvent} e */
  key(e) {
    const handle = /** @type {Element} */ (e.target).closest('.cut-handle'), step = { ArrowUp: -1, ArrowDown: 1 }[e.key];
    if (e.key === 'Escape' && this.carry) { this.put(); return; }
    if (!handle) return;
    if (step) {
      e.preventDefault();
      if (this.carry?.handle !== handle && !this.take(handle, -1)) return;
      const c = /** @type {Carry} */ (this.carry);
      this.to(c.places[c.places.indexOf(c.at) + step]);
    } else if ((e.key === 'Enter' || e.key === ' ') && this.carry) {
      e.preventDefault();
      this.drop();
    }
  }

  /** @private */
  drop() {
    const c = this.carry;
    if (!c) return;
    const zone = c.line.dataset.name ?? '', at = c.at.dataset.name ?? '', moved = c.at !== c.line;
    this.put();
    if (moved) this.send(zone, at);
  }

  /** Back to where it was. @private */
  put() {
    const c = this.carry;
    if (!c) return;
    this.carry = null;
    c.at.removeAttribute('data-here');
    c.line.removeAttribute('data-lifted');
    this.removeAttribute('data-carrying');
    this.say('');
  }

  /** @private @param {string} text */
  say(text) {
    const p = this.querySelector('.cut-says');
    if (p) p.textContent = text;
  }

  /** @private @param {string} zone @param {string} at */
  send(zone, at) {
    const form = /** @type {HTMLFormElement | null} */ (document.getElementById('recut-form'));
    if (!form) return;
    for (const [name, value] of Object.entries({ zone, at })) {
      const field = form.elements.namedItem(name);
      if (field instanceof HTMLSelectElement) field.value = value;
    }
    form.requestSubmit(form.querySelector('button[name="do"]'));
  }
}

customElements.define('cut-ladder', CutLadder);

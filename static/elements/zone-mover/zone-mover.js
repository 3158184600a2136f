// @ts-check
// A zone is dragged from one server to another with a mouse or a pen. What a
// drop does is what the form below does: its fields are set, and it is sent.
// A finger scrolls; it uses the form.

/** How far a pointer goes before it drags: CSS px. */
const SLOP = 6;

/** @typedef {{chip: HTMLElement, from: HTMLElement, id: number, x: number, y: number, ghost: HTMLElement | null, over: HTMLElement | null}} Drag */

export class ZoneMover extends HTMLElement {
  constructor() {
    super();
    /** @private @type {Drag | null} */ this.drag = null;
    /** A click that ends a drag is none. @private */ this.dragged = false;
    this.addEventListener('pointerdown', e => this.begin(e));
    this.addEventListener('pointermove', e => this.move(e));
    this.addEventListener('pointerup', e => this.end(e, true));
    this.addEventListener('pointercancel', e => this.end(e, false));
    this.addEventListener('click', e => {
      if (this.dragged) e.preventDefault();
      this.dragged = false;
    }, true);
    /** @private */ this.escape = (/** @type {KeyboardEvent} */ e) => { if (e.key === 'Escape' && this.drag) { this.dragged = true; this.clear(); } };
  }

  connectedCallback() { document.addEventListener('keydown', this.escape); }

  disconnectedCallback() {
    document.removeEventListener('keydown', this.escape);
    this.clear();
  }

  /** @private @param {PointerEvent} e */
  begin(e) {
    this.dragged = false;
    const chip = /** @type {Element} */ (e.target).closest('[data-zone]'), from = chip?.closest('[data-server]');
    if (e.pointerType === 'touch' || e.button !== 0 || !(chip instanceof HTMLElement) || !(from instanceof HTMLElement)) return;
    this.drag = { chip, from, id: e.pointerId, x: e.clientX, y: e.clientY, ghost: null, over: null };
  }

  /** @private @param {PointerEvent} e */
  move(e) {
    const d = this.drag;
    if (!d || e.pointerId !== d.id) return;
    const dx = e.clientX - d.x, dy = e.clientY - d.y;
    if (!d.ghost) {
      if (Math.hypot(dx, dy) < SLOP) return;
      this.setPointerCapture(d.id);
      const box = d.chip.getBoundingClientRect();
      d.ghost = /** @type {HTMLElement} */ (d.chip.cloneNode(true));
      d.ghost.classList.add('ghost');
      d.ghost.setAttribute('aria-hidden', 'true');
      d.ghost.removeAttribute('href');
      d.ghost.style.left = `${box.left}px`;
      d.ghost.style.top = `${box.top}px`;
      this.append(d.ghost);
      this.toggleAttribute('data-dragging', true);
      d.chip.toggleAttribute('data-lifted', true);
    }
    d.ghost.style.transform = `translate(${dx}px, ${dy}px)`;
    const under = document.elementFromPoint(e.clientX, e.clientY)?.closest('[data-server]');
    const over = under instanceof HTMLElement && this.contains(under) && this.takes(under, d) ? under : null;
    if (over === d.over) return;
    d.over?.removeAttribute('data-over');
    over?.setAttribute('data-over', '');
    d.over = over;
  }

  /** Whether a server could take what is dragged: it has no copy yet. @private @param {HTMLElement} server @param {Drag} d */
  takes(server, d) {
    return ![...server.querySelectorAll('[data-zone]')].some(c => /** @type {HTMLElement} */ (c).dataset.zone === d.chip.dataset.zone);
  }

  /** @private @param {PointerEvent} e @param {boolean} drop */
  end(e, drop) {
    const d = this.drag;
    if (!d || e.pointerId !== d.id) return;
    this.dragged = d.ghost !== null;
    const to = drop && d.ghost ? d.over : null, { zone = '' } = d.chip.dataset, from = d.from.dataset.server ?? '';
    this.clear();
    if (to) this.send(zone, from, to.dataset.server ?? '');
  }

  /** @private */
  clear() {
    const d = this.drag;
    if (!d) return;
    d.ghost?.remove();
    d.over?.removeAttribute('data-over');
    d.chip.removeAttribute('data-lifted');
    this.removeAttribute('data-dragging');
    this.drag = null;
  }

  /** @private @param {string} zone @param {string} from @param {string} to */
  send(zone, from, to) {
    const form = /** @type {HTMLFormElement | null} */ (this.querySelector('form.move-form'));
    if (!form) return;
    for (const [name, value] of Object.entries({ zone, from, to })) {
      const field = form.elements.namedItem(name);
      if (field instanceof HTMLSelectElement) field.value = value;
    }
    form.requestSubmit(form.querySelector('button[name="do"]'));
  }
}

customElements.define('zone-mover', ZoneMover);

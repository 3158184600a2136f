// @ts-check
// Steps that are links (a[data-step]): followed without leaving the page, and by
// the arrow keys. The server draws each of them (live-parts.js).

/** @typedef {import('./live-parts.js').LiveParts} LiveParts */

export class StepLinks extends HTMLElement {
  constructor() {
    super();
    /** @private */ this.keys = (/** @type {KeyboardEvent} */ e) => this.key(e);
    this.addEventListener('click', e => this.follow(e));
  }

  connectedCallback() { document.addEventListener('keydown', this.keys); }

  disconnectedCallback() { document.removeEventListener('keydown', this.keys); }

  /** Shows what an address shows, without leaving the page. @param {string} href */
  goTo(href) {
    history.replaceState(history.state, '', href);
    /** @type {LiveParts | null} */ (this.closest('live-parts'))?.soon();
  }

  /** @private @param {MouseEvent} e */
  follow(e) {
    const a = e.target instanceof Element ? e.target.closest('a[data-step]') : null;
    if (!(a instanceof HTMLAnchorElement) || e.ctrlKey || e.metaKey || e.shiftKey) return;
    e.preventDefault();
    this.goTo(a.href);
  }

  /** @private @param {KeyboardEvent} e */
  key(e) {
    const t = e.target;
    if (e.altKey || e.ctrlKey || e.metaKey || t instanceof HTMLInputElement || t instanceof HTMLSelectElement || t instanceof HTMLTextAreaElement) return;
    const to = { ArrowRight: 'next', ArrowLeft: 'back', Home: 'first', End: 'last' }[e.key];
    const a = to && this.querySelector(`a[data-step="${to}"]`);
    if (!(a instanceof HTMLElement)) return;
    e.preventDefault();
    a.click();
  }
}

// @ts-check
// The lanes of sheet 4. Steps are links; here they are followed without leaving
// the page, and by the arrow keys.

/** @typedef {import('../../js/live-parts.js').LiveParts} LiveParts */

class SocketLanes extends HTMLElement {
  constructor() {
    super();
    /** @private */ this.keys = (/** @type {KeyboardEvent} */ e) => this.key(e);
    this.addEventListener('click', e => this.follow(e));
  }

  connectedCallback() { document.addEventListener('keydown', this.keys); }

  disconnectedCallback() { document.removeEventListener('keydown', this.keys); }

  /** @private @param {MouseEvent} e */
  follow(e) {
    const a = e.target instanceof Element ? e.target.closest('a[data-step]') : null;
    if (!(a instanceof HTMLAnchorElement) || e.ctrlKey || e.metaKey || e.shiftKey) return;
    e.preventDefault();
    history.replaceState(history.state, '', a.href);
    /** @type {LiveParts | null} */ (this.closest('live-parts'))?.soon();
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

customElements.define('socket-lanes', SocketLanes);

// @ts-check
// <panel-tabs>: which panel is beside the drawing on a tablet, or below it on
// a phone. The sheet's data-tab says it to the layout.

class PanelTabs extends HTMLElement {
  connectedCallback() { this.addEventListener('click', this); }

  disconnectedCallback() { this.removeEventListener('click', this); }

  /** @param {Event} e */
  handleEvent(e) {
    const button = /** @type {HTMLElement | null} */ (/** @type {Element} */ (e.target).closest('[data-tab]')), sheet = this.closest('main');
    if (!button || !sheet) return;
    sheet.dataset.tab = button.dataset.tab;
    for (const b of this.querySelectorAll('[data-tab]')) b.setAttribute('aria-pressed', String(b === button));
  }
}

customElements.define('panel-tabs', PanelTabs);

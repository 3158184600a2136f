// @ts-check
// <print-button>: the browser's own dialog for printing.

class PrintButton extends HTMLElement {
  connectedCallback() { this.addEventListener('click', this); }
  disconnectedCallback() { this.removeEventListener('click', this); }
  handleEvent() { print(); }
}

customElements.define('print-button', PrintButton);

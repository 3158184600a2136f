// @ts-check
// The steps of a drawing: links, and a slider over all of them.

import { StepLinks } from '../../js/step-links.js';

class DrawSteps extends StepLinks {
  constructor() {
    super();
    /** @private */ this.redrawn = () => this.settle();
    this.addEventListener('input', e => { if (e.target === this.slider) this.slide(); });
  }

  /** @private */
  get slider() { return /** @type {HTMLInputElement | null} */ (this.querySelector('input[type="range"]')); }

  connectedCallback() {
    super.connectedCallback();
    document.addEventListener('rw:drawn', this.redrawn);
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    document.removeEventListener('rw:drawn', this.redrawn);
  }

  /** @private */
  slide() {
    const to = new URL(location.href);
    to.searchParams.set('step', this.slider?.value ?? '');
    to.hash = '';
    this.goTo(to.href);
  }

  /** The slider stands where the page does, and what is looked at is in sight. @private */
  settle() {
    const { slider } = this, now = /** @type {HTMLElement | null} */ (this.querySelector('[data-at]'));
    if (slider && now) {
      slider.max = now.dataset.of ?? slider.max;
      if (document.activeElement !== slider) slider.value = now.dataset.at ?? slider.value;
    }
    const pane = this.querySelector('.source'), run = pane?.querySelector('.is-chosen') ?? pane?.querySelector('.is-new');
    if (pane instanceof HTMLElement && run instanceof HTMLElement) pane.scrollTop = run.offsetTop - pane.offsetTop - pane.clientHeight / 3;
  }
}

customElements.define('draw-steps', DrawSteps);

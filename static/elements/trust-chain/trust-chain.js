// @ts-check
// <trust-chain>: the chain of trust link by link. The server draws all of it;
// this hides what is not known yet while a learner steps through. A trace that
// had not ended when the page was made is shown whole when it has.

/** @typedef {import('../../js/types.js').Context} Context */

class TrustChain extends HTMLElement {
  /** How many links are inked. */
  #known = -1;
  /** @type {HTMLElement[]} */
  #links = [];
  #count = document.createElement('output');
  /** @type {HTMLButtonElement[]} */
  #buttons = [];

  connectedCallback() {
    if (this.#buttons.length) return;
    this.#links = [...this.querySelectorAll('.links > .link')].map(l => /** @type {HTMLElement} */ (l));
    this.#known = this.#links.length;
    const bar = document.createElement('div');
    bar.className = 'walk-bar';
    for (const [what, to] of /** @type {[string, (n: number) => number][]} */ ([['first', () => 1], ['prev', n => n - 1], ['next', n => n + 1], ['all', () => this.#links.length]])) {
      const b = document.createElement('button');
      b.type = 'button';
      b.textContent = this.dataset[what] ?? what;
      b.addEventListener('click', () => this.#ink(to(this.#known), what !== 'all'));
      this.#buttons.push(b);
      bar.append(b);
    }
    bar.append(this.#count);
    this.prepend(bar);
    this.#ink(this.#known, false);
  }

  /** @param {number} n @param {boolean} look whether to bring the newest link into view */
  #ink(n, look) {
    this.#known = Math.max(1, Math.min(n, this.#links.length));
    for (const [i, l] of this.#links.entries()) {
      l.toggleAttribute('data-later', i >= this.#known);
      if (i === this.#known - 1) l.setAttribute('aria-current', 'step');
      else l.removeAttribute('aria-current');
    }
    const [first, prev, next, all] = this.#buttons;
    for (const b of [first, prev]) b.disabled = this.#known === 1;
    for (const b of [next, all]) b.disabled = this.#known === this.#links.length;
    this.#count.textContent = (this.dataset.count ?? '{n} / {of}').replace('{n}', String(this.#known)).replace('{of}', String(this.#links.length));
    if (look) this.#links[this.#known - 1]?.scrollIntoView({ block: 'nearest' });
  }
}

customElements.define('trust-chain', TrustChain);

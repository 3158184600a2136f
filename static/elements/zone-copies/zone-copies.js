// @ts-check
// The rings of secondaries' timers: the server has drawn them, here they run
// on, a step a second, on lesson time.

import { SecondTick } from '../../js/dom.js';

/** @typedef {import('../../js/types.js').Context} Context */

export class ZoneCopies extends HTMLElement {
  constructor() {
    super();
    /** @private @type {Context | null} */ this.ctx = null;
    /** @private */ this.tick = new SecondTick(() => this.run());
  }

  disconnectedCallback() { this.tick.stop(); }

  /** @param {unknown} _view @param {Context} ctx */
  update(_view, ctx) {
    this.ctx = ctx;
    this.run();
    this.tick.start();
  }

  /** @private */
  run() {
    const { ctx } = this;
    if (!ctx?.clock.known) return;
    const now = ctx.clock.now();
    for (const li of this.querySelectorAll('.rings li')) {
      const { set, due } = /** @type {HTMLElement} */ (li).dataset, whole = Number(due) - Number(set), left = Math.max(0, Number(due) - now);
      li.querySelector('.left')?.setAttribute('stroke-dasharray', `${whole > 0 ? Math.floor(Math.min(1, left / whole) * 100) : 0} 100`);
      const text = li.querySelector('.time-left'), says = ctx.words.say('cache.time', { left: String(Math.ceil(left / 1000)) });
      if (text && text.textContent !== says) text.textContent = says;
    }
    const clock = this.querySelector('.lesson-now');
    if (clock) clock.textContent = new Date(now).toISOString().slice(0, 19).replace('T', ' ');
  }
}

customElements.define('zone-copies', ZoneCopies);

// @ts-check
// The row that says whether the real internet can be asked from here, with the
// switch for the next lookup. The server draws it; this keeps it true: the probe
// ends after the page has come, languages change. Its fields belong to the name
// form.

import { setAttr, setText } from '../../js/dom.js';

/** @typedef {import('../../js/types.js').View} View */
/** @typedef {import('../../js/types.js').Context} Context */

class NetworkChoice extends HTMLElement {
  constructor() {
    super();
    /** Whether somebody has chosen here. @private */ this.touched = false;
    /** Trace on show. @private */ this.trace = '';
    /** What was drawn last: a status is read out whenever its text is set. @private */ this.said = '';
    this.addEventListener('change', () => { this.touched = true; });
  }

  /** @param {View} _view @param {Context} ctx */
  update(_view, ctx) {
    const reach = ctx.room?.reach;
    if (!reach) return;
    const { words, full } = ctx, open = reach.state === 'open';
    setAttr(this, 'data-state', reach.state);
    const [lab, internet] = /** @type {NodeListOf<HTMLInputElement>} */ (this.querySelectorAll('input'));
    internet.disabled = !open;
    if (!open) lab.checked = true;
    // The switch stands where the trace on show is from, until somebody moves it.
    else if (!this.touched && (ctx.trace !== this.trace || !this.said)) {
      const there = full.network && !ctx.recorded ? full.network === 'internet' : reach.chosen;
      (there ? internet : lab).checked = true;
    }
    this.trace = ctx.trace;
    for (const el of this.querySelectorAll('[data-t]')) setText(el, words.say(/** @type {HTMLElement} */ (el).dataset.t ?? ''));
    const said = words.say(`reach.${reach.state}`, { asked: reach.asked.join(', ') });
    if (said !== this.said) setText(this.querySelector('.state'), this.said = said);
  }
}

customElements.define('network-choice', NetworkChoice);

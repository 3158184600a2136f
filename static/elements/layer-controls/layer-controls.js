// @ts-check
// <layer-controls>: presets of the caches, and the resolver that the device
// uses. Forms that work as they stand; with a connection they are commands.

import { setAttr, setText, tell } from '../../js/dom.js';

/** @typedef {import('../../js/types.js').Context} Context */

export class LayerControls extends HTMLElement {
  constructor() {
    super();
    /** @private @type {Context | null} */ this.ctx = null;
    /** What was done last, to be said in the language on show. @private @type {{key: string, params?: Record<string, string>} | null} */ this.said = null;
    this.addEventListener('submit', e => this.sent(e));
  }

  /** @param {import('../../js/types.js').View} _view @param {Context} ctx */
  update(_view, ctx) {
    this.ctx = ctx;
    const used = ctx.room?.layers?.resolver;
    for (const b of /** @type {NodeListOf<HTMLButtonElement>} */ (this.querySelectorAll('button'))) {
      if (b.name === 'resolver' && used) setAttr(b, 'aria-pressed', String(b.value === used));
      b.disabled = ctx.asking !== null || this.said?.key === 'caches.preparing';
    }
    setText(this.querySelector('.done'), this.said ? ctx.words.say(this.said.key, this.said.params) : '');
  }

  /** What became of the last press. @param {string} key @param {Record<string, string>} [params] */
  tell(key, params) { this.said = { key, params }; }

  /** @private @param {SubmitEvent} e */
  sent(e) {
    const form = /** @type {HTMLFormElement} */ (e.target), button = /** @type {HTMLButtonElement | null} */ (e.submitter);
    if (this.ctx?.connection.state !== 'open') return;
    e.preventDefault();
    const fields = new FormData(form), q = { name: fields.get('name'), type: fields.get('type') };
    if (form.matches('.again')) tell(this, 'lookup', q);
    else if (form.matches('.presets')) tell(this, 'prepare', { preset: button?.value ?? '', ...q });
    else tell(this, 'resolver', { resolver: button?.value ?? '' });
  }
}

customElements.define('layer-controls', LayerControls);

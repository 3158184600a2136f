// @ts-check
// <layer-controls>: presets of the caches, and the resolver that the device
// uses. Forms that work as they stand; with a connection they are commands.

import { setAttr, setText, tell } from '../../js/dom.js';

/** @typedef {import('../../js/types.js').Context} Context */

export class LayerControls extends HTMLElement {
  constructor() {
    super();
    /** @private @type {Context | null} */ this.ctx = null;
    /** The addresses on offer. @private */ this.held = '';
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

  /** What the zone's servers hold: the addresses that can be changed. @param {import('../cache-layers/forecast.js').Holding[]} holdings */
  hold(holdings) {
    const form = /** @type {HTMLFormElement | null} */ (this.querySelector('.change-record')), select = form?.querySelector('select'), to = form?.querySelector('input[name="to"]');
    if (!form || !select || !(to instanceof HTMLInputElement)) return;
    const first = holdings[0], all = (first?.records ?? []).filter(r => r.type === 'A' || r.type === 'AAAA');
    const now = JSON.stringify(all.map(r => r.data));
    if (now === this.held) return;
    if (this.held && to.value === all[0]?.data && select.value) to.value = select.value.split(' ')[1]; // it has become what was typed: back is next
    this.held = now;
    form.hidden = all.length === 0;
    if (first) /** @type {HTMLInputElement} */ (form.elements.namedItem('zone')).value = first.zone;
    select.replaceChildren(...all.map(r => new Option(r.data, `${r.name} ${r.data}`)));
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
    else if (form.matches('.change-record')) tell(this, 'change-record', { zone: fields.get('zone'), record: fields.get('record'), to: fields.get('to') });
    else if (form.matches('.presets')) tell(this, 'prepare', { preset: button?.value ?? '', ...q });
    else tell(this, 'resolver', { resolver: button?.value ?? '' });
  }
}

customElements.define('layer-controls', LayerControls);

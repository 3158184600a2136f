// @ts-check
// <outside-list>: the queries that programs outside sent to this room's
// resolver, newest first, as they come. <outside-count> says in the index of
// sheets how many there are.

import { keep, make, setAttr, setText } from '../../js/dom.js';

/** @typedef {import('../../js/types.js').View} View */
/** @typedef {import('../../js/types.js').Context} Context */
/** @typedef {{trace: string, title: string, client: string, at: string}} OutsideQuery */

/** The queries that the room told of; null before it has told anything. @param {Context} ctx @returns {OutsideQuery[] | null} */
export function queriesOf(ctx) {
  if (!ctx.room) return null;
  /** @type {any[]} */
  const list = Array.isArray(ctx.room.outside) ? ctx.room.outside : [];
  const texts = (/** @type {any} */ q) => ['trace', 'title', 'client', 'at'].every(k => typeof q?.[k] === 'string');
  return list.filter((q, i) => texts(q) && list.findIndex(o => o?.trace === q.trace) === i).slice(0, 20);
}

class OutsideList extends HTMLElement {
  constructor() {
    super();
    /** @private @type {unknown} */ this.told = null;
    this.shown = '';
  }

  /** @param {View} _view @param {Context} ctx */
  update(_view, ctx) {
    const { lang, trace, room } = ctx;
    const queries = queriesOf(ctx), key = `${lang} ${trace}`, items = this.querySelector('.items');
    if (!queries || !items || room.outside === this.told && key === this.shown) return;
    this.told = room.outside;
    this.shown = key;
    const none = this.querySelector('.none');
    if (none) /** @type {HTMLElement} */ (none).hidden = queries.length > 0;
    const time = new Intl.DateTimeFormat(lang, { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' });
    keep(items, queries.map(q => q.trace), () => {
      const li = make('li');
      li.append(make('a', 'mono'), ' ', make('span', 'client mono'), ' ', make('time'));
      return li;
    }).forEach((li, i) => {
      const q = queries[i], link = li.querySelector('a'), at = li.querySelector('time'), date = new Date(q.at);
      if (!link || !at) return;
      link.href = '/lookups/' + encodeURIComponent(q.trace);
      setAttr(link, 'aria-current', q.trace === trace ? 'page' : null);
      setText(link, q.title);
      setText(li.querySelector('.client'), q.client);
      at.dateTime = q.at;
      setText(at, Number.isNaN(date.getTime()) ? '' : time.format(date));
    });
  }
}

class OutsideCount extends HTMLElement {
  /** @param {View} _view @param {Context} ctx */
  update(_view, ctx) {
    const count = queriesOf(ctx)?.length ?? document.querySelectorAll('outside-list li').length;
    setText(this.firstElementChild, ctx.words.say('outside.count', { count }));
  }
}

customElements.define('outside-list', OutsideList);
customElements.define('outside-count', OutsideCount);

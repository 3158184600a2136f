// @ts-check
// What each cache holds, and for how much longer. At a step: as it was then.
// At the end of a lookup of this room: as it is now, with one discrete tick a
// second, so that skipping lesson time empties the rings.

import { hostOf } from '../../js/fold-caches.js';
import { draw, keep, make, SecondTick, setAttr, setText, tell } from '../../js/dom.js';
import { cachesAt, cachesNow, lessonAt } from './rows.js';

/** @typedef {import('../../js/types.js').View} View */
/** @typedef {import('../../js/types.js').Context} Context */
/** @typedef {import('./rows.js').ShownRow} ShownRow */

export class CacheTable extends HTMLElement {
  constructor() {
    super();
    /** @private @type {{view: View, ctx: Context} | null} */ this.last = null;
    /** @private */ this.signature = '';
    /** @private */ this.tick = new SecondTick(() => this.show());
    /** @private @type {HTMLElement | null} */ this.asOf = null;
    /** Other rows than before may be wanted in sight. @private */ this.moved = false;
    this.addEventListener('submit', e => this.flush(e));
  }

  disconnectedCallback() { this.tick.stop(); }

  /** @param {View} view @param {Context} ctx */
  update(view, ctx) {
    this.last = { view, ctx };
    this.toggleAttribute('data-now', this.running());
    if (this.running()) this.tick.start();
    else this.tick.stop();
    this.show();
  }

  /** Whether time passes here: at the end of a lookup, or before any. @private */
  running() {
    const { ctx } = /** @type {{ctx: Context}} */ (this.last);
    return this.isConnected && ctx.clock.known && (ctx.atEnd || ctx.trace === '');
  }

  /** @private */
  show() {
    if (!this.last) return;
    const { view, ctx } = this.last, { words } = ctx, now = this.running() ? ctx.clock.now() : lessonAt(view);
    const caches = (this.running() ? cachesNow(view, (view.network === 'internet' ? ctx.room?.reach : ctx.room)?.caches ?? [], now) : cachesAt(view, now))
      .filter(c => c.cache === 'browser' ? c.rows.some(r => r.state === 'hit') : c.cache === 'device' || c.cache === 'R1' || c.rows.length > 0 || ctx.full.plates.some(p => p.id === c.cache));
    if (!this.asOf) {
      this.asOf = this.querySelector('p.as-of') ?? make('p', 'as-of muted small-text');
      this.prepend(this.asOf);
      this.asOf.dataset.key = 'as-of';
      for (const s of this.querySelectorAll(':scope > section')) /** @type {HTMLElement} */ (s).dataset.key = /** @type {HTMLElement} */ (s).dataset.cache ?? '';
    }
    setText(this.asOf, this.running() ? words.say('cache.asOf.now') : view.balloons.length ? words.say('cache.asOf.step', { n: view.balloons.length }) : words.say('cache.asOf.begin'));
    const nodes = keep(this, ['as-of', ...caches.map(c => c.cache)], key => this.section(key)).slice(1);
    caches.forEach((c, i) => this.fill(nodes[i], c.cache, c.rows, ctx));
    const marked = `${ctx.trace} ${view.balloons.length}`;
    if (marked !== this.signature) {
      this.signature = marked;
      this.moved = true;
    }
  }

  /** Once the whole page is written. */
  settle() {
    if (this.moved) this.bring();
    this.moved = false;
  }

  /** @private @param {string} cache */
  section(cache) {
    const section = make('section', 'cache'), header = make('header'), table = make('table'), head = make('thead', 'vh'), row = make('tr');
    section.dataset.cache = cache;
    section.dataset.role = onDevice(cache) ? 'stub' : 'resolver';
    const form = make('form', 'flush'), name = make('input');
    form.method = 'post';
    form.action = '/flush';
    Object.assign(name, { type: 'hidden', name: 'cache', value: cache });
    form.append(name, make('button', 'quiet small'));
    header.append(make('h3', 'panel-title'), make('span', 'count muted small-text'), form);
    for (let i = 0; i < 5; i++) row.append(Object.assign(make('th'), { scope: 'col' }));
    head.append(row);
    table.append(head, make('tbody'));
    section.append(header, table, make('p', 'empty muted'));
    return section;
  }

  /** @private @param {HTMLElement} section @param {string} cache @param {ShownRow[]} rows @param {Context} ctx */
  fill(section, cache, rows, ctx) {
    const { words } = ctx, device = onDevice(cache);
    setText(section.querySelector('h3'), device ? words.say('cache.of.' + cache) : words.say('cache.of', { host: cache }));
    setText(section.querySelector('.count'), rows.length ? words.say('cache.count', { count: rows.length }) : '');
    const flush = /** @type {HTMLElement} */ (section.querySelector('.flush'));
    setText(flush.querySelector('button'), words.say('cache.flush'));
    setAttr(/** @type {HTMLElement} */ (flush.querySelector('button')), 'aria-label', words.say(device ? 'cache.flush.' + cache : 'cache.flush.of', { host: cache }));
    flush.hidden = ctx.recorded && ctx.trace !== '';
    ['left', 'owner', 'type', 'data', 'state'].forEach((k, i) => setText(section.querySelectorAll('th')[i], words.say('cache.' + k)));
    const empty = /** @type {HTMLElement} */ (section.querySelector('.empty')), table = /** @type {HTMLElement} */ (section.querySelector('table'));
    setText(empty, words.say(device ? 'cache.empty' : 'cache.empty.hints'));
    empty.hidden = rows.length > 0;
    table.hidden = rows.length === 0;
    const nodes = keep(/** @type {HTMLElement} */ (section.querySelector('tbody')), rows.map(r => r.key), () => this.row());
    rows.forEach((r, i) => this.fillRow(nodes[i], r, cache, ctx));
  }

  /** @private */
  row() {
    const tr = make('tr'), left = make('td', 'left'), owner = make('td', 'owner mono'), a = make('a');
    Object.assign(a.dataset, { need: 'provenance', needWords: 'provenance' });
    owner.append(a);
    left.append(ring(), make('span', 'time'));
    tr.append(left, owner, make('td', 'type mono'), make('td', 'data'), make('td', 'note'));
    return tr;
  }

  /** @private @param {HTMLElement} tr @param {ShownRow} r @param {string} cache @param {Context} ctx */
  fillRow(tr, r, cache, { words }) {
    const sec = Math.ceil(r.left - 0.001), share = r.ttl > 0 ? Math.round(r.left / r.ttl * 100) : 0;
    setAttr(tr, 'data-state', r.state);
    setAttr(tr, 'data-kind', r.kind);
    setAttr(tr, 'data-low', r.left > 0 && share < 10 ? '' : null);
    setAttr(/** @type {Element} */ (tr.querySelector('.rest')), 'stroke-dasharray', `${share} 100`);
    setText(tr.querySelector('.time'), r.state === 'expired' ? words.say('cache.over') : words.say('cache.time', { left: sec }));
    const owner = /** @type {HTMLAnchorElement} */ (tr.querySelector('.owner a'));
    Object.assign(owner.dataset, { cache, key: r.key });
    if (!owner.href) owner.href = '#';
    setText(owner, r.name);
    setAttr(owner, 'title', r.name.length > 20 ? r.name : null);
    setText(tr.querySelector('.type'), r.type);
    const data = /** @type {HTMLElement} */ (tr.querySelector('.data'));
    setAttr(data, 'class', r.kind === 'positive' ? 'data mono' : 'data');
    setText(data, r.kind === 'positive' ? r.data : words.say('cache.' + r.kind, { type: r.type }));
    setAttr(data, 'title', r.data.length > 22 ? r.data : null);
    setText(tr.querySelector('.note'), r.state === 'held' ? '' : words.say('cache.note.' + r.state));
  }

  /** The first row of this step in sight, moving nothing but this panel. @private */
  bring() {
    const row = this.querySelector('tr[data-state="new"], tr[data-state="hit"], tr[data-state="expired"]');
    if (!row || this.scrollHeight <= this.clientHeight || getComputedStyle(this).overflowY === 'visible') return;
    const top = row.getBoundingClientRect().top - this.getBoundingClientRect().top;
    if (top < 24 || top > this.clientHeight - 32) this.scrollTop += top - 48;
  }

  /** @private @param {SubmitEvent} e */
  flush(e) {
    const { ctx, view } = this.last ?? {};
    if (ctx?.connection.state !== 'open') return; // the form itself still works
    e.preventDefault();
    const { cache = '' } = /** @type {HTMLElement} */ (/** @type {Element} */ (e.target).closest('section')).dataset;
    tell(this, 'flush', { cache: view?.network === 'internet' ? `internet/${cache}` : cache });
  }
}

/** @param {string} cache */
const onDevice = cache => hostOf(cache) === 'device';

/** Time left as a ring; a cross for what does not exist. */
function ring() {
  return draw('svg', { class: 'ttl-ring', viewBox: '0 0 20 20', 'aria-hidden': 'true' },
    draw('circle', { class: 'whole', cx: 10, cy: 10, r: 7 }), draw('circle', { class: 'rest', cx: 10, cy: 10, r: 7, pathLength: 100, 'stroke-dasharray': '100 100' }),
    draw('path', { class: 'cross', d: 'm7.5 7.5 5 5m0-5-5 5' }));
}

customElements.define('cache-table', CacheTable);

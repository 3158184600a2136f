// @ts-check
// Every layer that may remember the answer, side by side: how it was found at
// this step, a ring for each copy, and when the last copy is over. At the end
// of a lookup of this room, and whenever a person asks for it, the room's
// caches as they are now, with one discrete tick a second.

import { draw, keep, make, SecondTick, setAttr, setText, tell } from '../../js/dom.js';
import { short } from '../../js/line.js';
import { stepTitle } from '../../js/steps.js';
import { cachesAt, cachesNow, lessonAt } from '../cache-table/rows.js';
import { columnsOf, forecastOf, onDevice, outdated } from './forecast.js';
import { looksOf } from './looks.js';

/** @typedef {import('../../js/types.js').View} View */
/** @typedef {import('../../js/types.js').Context} Context */
/** @typedef {import('../../js/words.js').Words} Words */
/** @typedef {import('../cache-table/rows.js').ShownRow} ShownRow */
/** @typedef {import('./forecast.js').Column} Column */
/** @typedef {import('./forecast.js').Holding} Holding */

export class CacheLayers extends HTMLElement {
  constructor() {
    super();
    /** @private @type {{view: View, ctx: Context} | null} */ this.last = null;
    /** @private @type {Holding[]} */ this.holdings = [];
    /** @private */ this.tick = new SecondTick(() => this.show());
    /** A person asked for "now" though the step is another. @private */ this.now = false;
    /** @private */ this.at = '';
    /** @private @type {Record<string, HTMLElement> | null} */ this.parts = null;
    this.addEventListener('submit', e => this.flush(e));
    this.addEventListener('click', e => this.pressed(e));
  }

  disconnectedCallback() { this.tick.stop(); }

  /** What the zone's servers hold now. @param {Holding[]} holdings */
  hold(holdings) {
    this.holdings = holdings;
    this.show();
  }

  /** Shows the room's caches of this moment. */
  showNow() {
    this.now = true;
    this.show();
  }

  /** @param {View} view @param {Context} ctx */
  update(view, ctx) {
    if (!this.parts) this.build();
    this.last = { view, ctx };
    const at = `${ctx.trace} ${ctx.story.n}`;
    if (this.at !== '' && at !== this.at) this.now = false;
    this.at = at;
    if (this.running()) this.tick.start();
    else this.tick.stop();
    this.show();
  }

  /** Whether the room's present is shown. @private */
  running() {
    const { ctx } = /** @type {{ctx: Context}} */ (this.last);
    return this.isConnected && ctx.clock.known && ctx.room !== null && (ctx.atEnd || this.now);
  }

  /** @private */
  build() {
    try { this.holdings = JSON.parse(this.dataset.layers ?? '[]') ?? []; } catch { this.holdings = []; }
    this.querySelector('.origins')?.remove();
    const asOf = /** @type {HTMLElement} */ (this.querySelector('.as-of') ?? this.appendChild(make('p', 'as-of')));
    const b = make('b'), step = make('span', 'step'), button = make('button', 'quiet small');
    button.type = 'button';
    button.dataset.act = 'now';
    asOf.replaceChildren(b, ' ', step, ' ', button);
    const columns = /** @type {HTMLElement} */ (this.querySelector('.columns') ?? this.appendChild(make('div', 'columns')));
    for (const s of columns.children) /** @type {HTMLElement} */ (s).dataset.key = /** @type {HTMLElement} */ (s).dataset.layer ?? '';
    const forecast = /** @type {HTMLElement} */ (this.querySelector('.forecast') ?? this.appendChild(make('section', 'forecast')));
    const h2 = make('h2');
    h2.id = 'forecast-title';
    forecast.setAttribute('aria-labelledby', h2.id);
    forecast.replaceChildren(h2, make('p', 'verdict'), make('ul', 'bars'), make('ul', 'reasons'));
    this.parts = { asOf, columns, forecast };
  }

  /** @private */
  show() {
    if (!this.last || !this.parts) return;
    const { view, ctx } = this.last, { words } = ctx, { asOf, columns: box, forecast } = this.parts;
    const running = this.running();
    this.toggleAttribute('data-now', running);
    const now = running ? ctx.clock.now() : lessonAt(view);
    const caches = running ? cachesNow(view, ctx.room.caches, now) : cachesAt(view, now);
    const order = (/** @type {string} */ c) => c === 'browser' ? '' : c === 'device' ? ' ' : c;
    caches.sort((a, b) => order(a.cache) < order(b.cache) ? -1 : 1);
    const columns = columnsOf(view, caches, looksOf(view, ctx.events), this.holdings);

    setText(asOf.querySelector('b'), running ? words.say('cache.asOf.now') : view.balloons.length ? words.say('cache.asOf.step', { n: view.balloons.length }) : words.say('cache.asOf.begin'));
    const balloon = ctx.full.balloons[ctx.story.n - 1];
    setText(asOf.querySelector('.step'), !running && balloon ? stepTitle(balloon, ctx.full, words) : '');
    const button = /** @type {HTMLElement} */ (asOf.querySelector('button'));
    setText(button, words.say(running && this.now ? 'caches.showStep' : 'caches.showNow'));
    button.hidden = ctx.room === null || ctx.atEnd;

    const nodes = keep(box, columns.map(c => c.layer), layer => this.column(layer));
    columns.forEach((c, i) => this.fill(nodes[i], c, view, ctx, now));
    this.tellForecast(forecast, columns, view, ctx, now);
  }

  /** @private @param {string} layer */
  column(layer) {
    const s = make('section', 'layer');
    s.dataset.layer = layer;
    return s;
  }

  /** @private @param {HTMLElement} s @param {Column} c @param {View} view @param {Context} ctx @param {number} now */
  fill(s, c, view, ctx, now) {
    const { words } = ctx, h = c.holding;
    if (!s.dataset.built) { // also what the server made: the same parts, with those that it left out
      s.dataset.built = '';
      const look = make('p', 'look'), flush = make('form', 'flush'), name = make('input');
      look.append(lamp(), make('span'), make('a', 'balloon is-done'));
      const body = make('div', 'body');
      flush.method = 'post';
      flush.action = '/flush';
      Object.assign(name, { type: 'hidden', name: 'cache', value: c.layer });
      flush.append(name, make('button', 'quiet small'));
      const held = make('div', 'held');
      held.append(make('p', 'data mono'), make('p', 'ttl'), make('p', 'same muted small-text'));
      const h3 = make('h3'), others = make('ul', 'others');
      for (const e of [h3, others]) e.dataset.expert = '';
      body.append(...(h ? [held] : [make('ul', 'copies'), make('p', 'none muted')]), ...(c.cache ? [h3, others, flush] : []));
      s.replaceChildren(make('h2'), make('p', 'what'), look, body);
    }
    const part = (/** @type {string} */ q) => /** @type {HTMLElement} */ (s.querySelector(q));
    setAttr(s, 'data-role', c.role);
    setAttr(s, 'data-result', c.look?.result ?? 'none');
    setText(part('h2'), h ? short(h.server.name) : layerName(c.layer, words));
    setText(part('.what'), h ? words.say(h.primary ? 'caches.what.primary' : 'caches.what.secondary', { zone: short(h.zone), serial: h.serial })
      : words.say(c.role !== 'resolver' ? 'caches.what.' + c.layer : ctx.room?.layers?.resolver === c.layer ? 'caches.what.resolver.used' : 'caches.what.resolver'));
    setText(part('.look span'), c.look ? words.first([`caches.result.${c.layer}.${c.look.result}`, 'caches.result.' + c.look.result], { zone: short(c.look.zone) }) : words.say('caches.result.none'));
    const step = /** @type {HTMLAnchorElement} */ (part('.look a'));
    step.hidden = !c.look?.balloon;
    if (c.look?.balloon) {
      setText(step, String(c.look.balloon));
      setAttr(step, 'href', `#s=${c.look.balloon}`);
      setAttr(step, 'aria-label', words.say('caches.step', { n: c.look.balloon }));
    }
    if (h) {
      const all = h.records.map(r => r.data);
      setText(part('.held .data'), h.kind === 'positive' ? [...all.slice(0, 4), ...(all.length > 4 ? [`+${all.length - 4}`] : [])].join(', ') : words.say('cache.' + h.kind, { type: ctx.full.question?.type ?? '' }));
      setText(part('.held .ttl'), words.say('caches.zone.ttl', { ttl: h.ttlSec }));
      setText(part('.held .same'), c.same ? words.say('caches.same', { count: c.same }) : '');
      part('.held .same').hidden = c.same === 0;
      return;
    }
    const copies = keep(part('.copies'), c.copies.map(r => r.key), () => this.copy(true));
    c.copies.forEach((r, i) => this.fillCopy(copies[i], c.layer, r, outdated(view, this.holdings, r.source), ctx, now));
    setText(part('.none'), words.first(['caches.empty.' + c.layer, 'caches.empty']));
    part('.none').hidden = c.copies.length > 0;
    if (!c.cache) return;
    setText(part('h3'), words.say('caches.others'));
    part('h3').hidden = c.others.length === 0;
    const others = keep(part('.others'), c.others.map(r => r.key), () => this.copy(false));
    c.others.forEach((r, i) => this.fillCopy(others[i], c.layer, r, false, ctx, now));
    part('.others').hidden = c.others.length === 0;
    const empty = part('.flush button');
    setText(empty, words.say('cache.flush'));
    setAttr(empty, 'aria-label', words.say('caches.flush', { layer: layerName(c.layer, words) }));
    part('.flush').hidden = ctx.room === null || ctx.room.layers === undefined;
  }

  /** @private @param {boolean} large */
  copy(large) {
    const li = make('li'), a = make('a');
    Object.assign(a.dataset, { need: 'provenance', needWords: 'provenance' });
    if (large) a.append(ring(), make('b', 'time'), make('span', 'owner mono'), make('span', 'data'));
    else a.append(ring(), make('span', 'owner mono'), make('span', 'time'));
    li.append(a, ...(large ? [make('span', 'until'), make('span', 'old')] : []));
    return li;
  }

  /** @private @param {HTMLElement} li @param {string} layer @param {ShownRow} r @param {boolean} old @param {Context} ctx @param {number} now */
  fillCopy(li, layer, r, old, { words }, now) {
    const a = /** @type {HTMLAnchorElement} */ (li.firstElementChild), share = r.ttl > 0 ? Math.round(r.left / r.ttl * 100) : 0;
    setAttr(li, 'data-state', r.state);
    setAttr(li, 'data-kind', r.kind);
    setAttr(li, 'data-low', r.left > 0 && share < 10 ? '' : null);
    setAttr(li, 'data-old', old ? '' : null);
    if (!a.hasAttribute('href')) a.href = '#' + encodeURIComponent(`origin-${layer}-${r.key}`);
    Object.assign(a.dataset, { cache: layer, key: r.key });
    setAttr(/** @type {Element} */ (a.querySelector('.rest')), 'stroke-dasharray', `${share} 100`);
    setText(a.querySelector('.time'), r.state === 'expired' ? words.say('cache.over') : words.say('cache.time', { left: Math.ceil(r.left - .001) }));
    setText(a.querySelector('.owner'), `${r.name} ${r.type}`);
    const data = a.querySelector('.data');
    if (!data) return;
    setAttr(data, 'class', r.kind === 'positive' ? 'data mono' : 'data');
    setText(data, r.kind === 'positive' ? r.data : words.say('cache.' + r.kind, { type: r.type }));
    setText(li.querySelector('.until'), r.left > 0 ? words.say('caches.until', { time: timeOfDay(now + r.left * 1000) }) : '');
    setText(li.querySelector('.old'), old ? words.say('caches.old') : '');
  }

  /** @private @param {HTMLElement} node @param {Column[]} columns @param {View} view @param {Context} ctx @param {number} now */
  tellForecast(node, columns, view, { words }, now) {
    const f = forecastOf(view, columns, this.holdings, now);
    setText(node.querySelector('h2'), words.say('caches.forecast'));
    const params = { time: timeOfDay(f.last), left: Math.ceil(f.left - .001), count: f.old };
    setText(node.querySelector('.verdict'), words.say(!f.last ? 'caches.verdict.none' : f.old ? 'caches.verdict.old' : 'caches.verdict', params));
    const bars = keep(/** @type {HTMLElement} */ (node.querySelector('.bars')), f.copies.map(c => `${c.layer} ${c.row.key}`), () => {
      const li = make('li');
      li.append(make('span', 'who'), make('span', 'what mono'), draw('svg', { viewBox: '0 0 100 10', preserveAspectRatio: 'none', 'aria-hidden': 'true' }, draw('rect', { x: 0, y: 1, height: 8, width: 1 })), make('span', 'until'));
      return li;
    });
    f.copies.forEach((c, i) => {
      const li = bars[i];
      setAttr(li, 'data-role', onDevice(c.layer) ? 'stub' : 'resolver');
      setAttr(li, 'data-kind', c.row.kind);
      setAttr(li, 'data-old', c.old ? '' : null);
      setText(li.querySelector('.who'), layerName(c.layer, words));
      setText(li.querySelector('.what'), `${c.row.name} ${c.row.type}`);
      setAttr(/** @type {Element} */ (li.querySelector('rect')), 'width', String(c.width));
      setText(li.querySelector('.until'), words.say('caches.until', { time: timeOfDay(c.until) }));
    });
    const reasons = [...f.pending.map(h => words.say('caches.reason.pending', { server: short(h.server.name), serial: h.serial, ttl: h.ttlSec })),
      words.say('caches.reason.handed'), words.say('caches.reason.new'), ...(f.zone ? [words.say('caches.reason.negative', { ttl: f.zone.negativeSec, zone: short(f.zone.zone) })] : [])];
    const lis = keep(/** @type {HTMLElement} */ (node.querySelector('.reasons')), reasons.map((_, i) => String(i)), () => make('li'));
    reasons.forEach((r, i) => setText(lis[i], r));
  }

  /** @private @param {MouseEvent} e */
  pressed(e) {
    if (!/** @type {Element} */ (e.target).closest('[data-act="now"]')) return;
    this.now = !this.now;
    if (this.running()) this.tick.start();
    else this.tick.stop();
    this.show();
  }

  /** @private @param {SubmitEvent} e */
  flush(e) {
    if (this.last?.ctx.connection.state !== 'open') return; // the form itself still works
    e.preventDefault();
    tell(this, 'flush', { cache: new FormData(/** @type {HTMLFormElement} */ (e.target)).get('cache') });
    this.showNow();
  }
}

/** @param {string} layer @param {Words} words */
export const layerName = (layer, words) => onDevice(layer) ? words.say('caches.layer.' + layer) : words.say('caches.layer.resolver', { host: layer });

/** @param {number} ms lesson time */
const timeOfDay = ms => new Date(ms).toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });

/** Time left as a ring; a cross for what does not exist. */
const ring = () => draw('svg', { class: 'ttl-ring', viewBox: '0 0 20 20', 'aria-hidden': 'true' },
  draw('circle', { class: 'whole', cx: 10, cy: 10, r: 7 }), draw('circle', { class: 'rest', cx: 10, cy: 10, r: 7, pathLength: 100, 'stroke-dasharray': '100 100' }), draw('path', { class: 'cross', d: 'm7.5 7.5 5 5m0-5-5 5' }));

/** How a layer was found: empty and struck, half, full. */
const lamp = () => draw('svg', { class: 'lamp', viewBox: '0 0 20 20', 'aria-hidden': 'true' },
  draw('circle', { class: 'hull', cx: 10, cy: 10, r: 7.5 }), draw('path', { class: 'half', d: 'M10 2.5a7.5 7.5 0 0 1 0 15z' }), draw('circle', { class: 'full', cx: 10, cy: 10, r: 7.5 }), draw('path', { class: 'slash', d: 'm5 15 10-10' }));

customElements.define('cache-layers', CacheLayers);

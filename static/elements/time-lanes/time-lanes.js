// @ts-check
// <time-lanes>: what was measured, as dimension lines: one row for what the
// device waited, one for each zone that was asked. Real time; the play is not.

import { measured, timeScale } from '../../js/time-scale.js';
import { Parts, svg, set } from '../../js/svg.js';
import { fitText, textWidth } from '../../js/text-fit.js';
import { short } from '../../js/line.js';

/** @typedef {import('../../js/types.js').Context} Context */
/** @typedef {import('../../js/words.js').Words} Words */

/** Height of the axis with its numbers. */
const FOOT = 18;

class TimeLanes extends HTMLElement {
  constructor() {
    super();
    /** @type {Context | null} */ this.ctx = null;
    /** @private @type {Words | null} */ this.words = null;
    /** @private @type {Animation | null} */ this.motion = null;
    /** @private @type {{n: number, query: number, y: number, node: Element}[]} */ this.spans = [];
    /** Height of a row, and the step whose row was scrolled to. @private */ this.pitch = 25;
    /** @private */ this.shown = 0;
    /** Height of all rows. @private */ this.tall = 0;
    /** Place of an instant. @private @type {((us: number) => number) | null} */ this.x = null;
    /** @private */ this.scale = 1;
    /** CSS pixels of this element and of its root's type, read when the page has laid itself out anyway. @private */
    this.size = { width: 0, height: 0, scale: 1 };
    this.observer = new ResizeObserver(() => { this.measure(); this.draw(); this.settle(); });
    this.empty = document.createElement('p');
    this.empty.className = 'empty muted small-text';
    this.box = document.createElement('div');
    this.box.className = 'lanebox';
    this.svg = svg('svg', { 'aria-hidden': 'true' }, this.box);
    this.rows = svg('g', {}, this.svg);
    // The axis stays in sight when there are more rows than room.
    this.foot = svg('svg', { class: 'foot', 'aria-hidden': 'true' });
    this.axis = svg('g', { class: 'axis' }, this.foot);
    this.head = document.createElement('div');
    this.head.className = 'playhead';
    this.box.append(this.head);
    this.parts = new Parts();
    this.key = '';
  }

  connectedCallback() {
    if (!this.box.isConnected) this.replaceChildren(this.box, this.foot, this.empty);
    this.observer.observe(this);
  }

  disconnectedCallback() {
    this.observer.disconnect();
    this.motion?.cancel();
  }

  /** @param {import('../../js/types.js').View} view @param {Context} ctx */
  update(view, ctx) {
    this.ctx = ctx;
    if (!this.size.width) this.measure();
    this.draw();
  }

  /** Once the whole page is written. */
  settle() { if (this.ctx && this.size.width) this.reveal(this.ctx.story.n); }

  /** @private */
  measure() { this.size = { width: this.clientWidth, height: this.clientHeight, scale: parseFloat(getComputedStyle(document.documentElement).fontSize) / 16 || 1 }; }

  /** @private */
  draw() {
    const { ctx } = this;
    if (!ctx) return;
    const { scale } = this.size, width = Math.floor(this.size.width / scale), height = Math.floor(this.size.height / scale);
    if (!width) return;
    const key = `${width} ${height} ${scale} ${ctx.words.lang} ${ctx.trace} ${ctx.full.balloons.length} ${ctx.full.elapsedUs} ${ctx.ended}`;
    if (key !== this.key || ctx.words !== this.words) {
      this.key = key;
      this.words = ctx.words;
      this.lay(ctx, width, height, scale);
    }
    const { n, phase } = ctx.story;
    for (const { n: end, query, node } of this.spans) {
      node.classList.toggle('done', end < n || (end === n && phase === 'rest'));
      node.classList.toggle('begun', query <= n);
    }
    this.play();
  }

  /** Scrolls to the row of balloon n, where rows do not all fit. @private @param {number} n */
  reveal(n) {
    const room = this.size.height - FOOT * this.scale, more = this.tall * this.scale > room + 1, span = more ? this.spans.find(s => s.n === n) ?? this.spans.find(s => s.query === n) : undefined;
    this.toggleAttribute('data-more', more);
    if (more) { this.tabIndex = 0; this.setAttribute('role', 'group'); this.setAttribute('aria-label', this.words?.say('time.title') ?? ''); }
    else for (const a of ['tabindex', 'role', 'aria-label']) this.removeAttribute(a);
    if (!span || n === this.shown) return;
    this.shown = n;
    const at = span.y * this.scale, half = this.pitch * this.scale / 2, seen = Number(this.scrollTop);
    if (at - half < seen) this.scrollTo(0, at - half);
    else if (at + half > seen + room) this.scrollTo(0, at + half - room);
  }

  /** @private @param {Context} ctx @param {number} width @param {number} height @param {number} scale */
  lay(ctx, width, height, scale) {
    const { parts } = this, { full, words } = ctx, { rows, spans } = measured(full);
    const left = Math.min(118, width * .3), end = Math.max(1, full.elapsedUs, ...spans.map(s => s.to));
    const pitch = this.pitch = Math.max(15, Math.min(25, (height - FOOT - 2) / Math.max(1, rows.length))), axis = Math.max(height - FOOT, Math.ceil(rows.length * pitch + 2));
    const time = timeScale(spans, end, Math.max(3, Math.floor((width - 8 - left) / 90)));
    const valueOf = (/** @type {import('../../js/time-scale.js').Span} */ s) => words.say('time.value', { t: s.to - s.from });
    // a value stands inside its arrows or after them: the last one may need room there
    const late = spans.filter(s => s.to >= end - 1 || time.at(s.to) > .9).map(s => ({ at: time.at(s.to), long: (width - 8 - left) * (time.at(s.to) - time.at(s.from)), w: textWidth(valueOf(s), 12, 'bold') })).filter(s => s.long <= s.w + 30);
    const right = width - 8 - Math.max(0, ...late.map(s => s.w + 12 - (1 - s.at) * (width - left)));
    const x = this.x = (/** @type {number} */ us) => Math.round((left + (right - left) * time.at(us)) * 10) / 10;
    this.scale = scale;
    this.tall = axis;
    this.empty.hidden = spans.length > 0;
    this.empty.textContent = words.say(ctx.ended && full.balloons.length ? 'time.none' : 'time.empty');
    this.box.hidden = spans.length === 0;
    this.foot.toggleAttribute('hidden', spans.length === 0);
    set(this.svg, { viewBox: `0 0 ${width} ${axis}`, width: Math.floor(width * scale), height: axis * scale });
    set(this.foot, { viewBox: `0 0 ${width} ${FOOT}`, width: Math.floor(width * scale), height: FOOT * scale });
    this.head.style.setProperty('height', axis * scale + 'px');
    parts.begin();
    parts.put('axis', 'path', this.axis, { d: `M${left} .5H${right}` });
    let last = -Infinity;
    for (const t of time.ticks) {
      const at = x(t), text = t >= 1e6 ? words.say('time.tick.s', { t: t / 1e6 }) : t ? words.say('time.tick.ms', { t: t / 1000 }) : '0', half = textWidth(text, 12, 'sans') / 2;
      parts.put('tick ' + t, 'path', this.axis, { d: `M${at} .5v4` });
      if (at - half < last || at + half > width) continue;
      last = at + half + 10;
      parts.put('text ' + t, 'text', this.axis, { x: at, y: 15 }, text);
    }
    time.breaks.forEach((b, i) => {
      const at = (x(b.from) + x(b.to)) / 2;
      parts.put('break ' + i, 'path', this.axis, { class: 'break', d: `M${at - 5} 6.5l4 -6M${at + 1} 6.5l4 -6` });
    });
    const place = new Map(rows.map((r, i) => [r.id, (i + .5) * pitch]));
    for (const r of rows) {
      const text = r.id === 'device' ? words.say(ctx.full.plates[0]?.id === 'outside' ? 'time.outside' : 'time.device') : r.role === 'root' ? words.say('drawing.root') : short(r.zone);
      parts.put('row ' + r.id, 'text', this.rows, { class: 'label', x: 0, y: (place.get(r.id) ?? 0) + 4 }, fitText(text, left - 10, 12, 'sans'));
    }
    /** Where values stand already. @type {{y: number, from: number, to: number}[]} */
    const written = [];
    this.spans = spans.map(s => {
      // what goes on at the same time in one row lies apart, with the values where they do not meet
      const beside = spans.filter(o => o.row === s.row && o.from < s.to && o.to > s.from), rank = beside.indexOf(s);
      const k = 'span ' + s.n, y = (place.get(s.row) ?? 0) + (rank - (beside.length - 1) / 2) * Math.min(8, pitch / beside.length / 2), a = x(s.from), z = Math.max(x(s.to), a + 2), g = parts.put(k, 'g', this.rows, { class: s.lost ? 'span lost' : 'span', 'data-role': s.role });
      const text = valueOf(s), w = textWidth(text, 12, 'bold'), inside = z - a > w + 30;
      const mates = spans.filter(o => o.row === s.row && o !== s), clear = (/** @type {number} */ l, /** @type {number} */ r) => r < width && l > left && !mates.some(o => x(o.from) < r && x(o.to) > l);
      const after = clear(z, z + w + 10) || (z + w + 12 < width && !clear(a - w - 10, a));
      const tip = Math.min(8, (z - a) / 2), mid = a + (z - a) * (rank + 1) / (beside.length + 1);
      parts.put(k + ' ext', 'path', g, { class: 'ext', d: `M${a} ${y - 7}V${axis}M${z} ${y - 7}V${axis}` });
      parts.put(k + ' dim', 'path', g, { class: 'dim', d: inside ? `M${a} ${y}H${mid - w / 2 - 4}M${mid + w / 2 + 4} ${y}H${z}` : `M${a} ${y}H${z}` });
      parts.put(k + ' heads', 'path', g, { class: 'heads', d: s.lost ? `M${a} ${y}l${tip} -3v6z` : `M${a} ${y}l${tip} -3v6zM${z} ${y}l${-tip} -3v6z` });
      if (s.lost) parts.put(k + ' cross', 'path', g, { class: 'cross', d: `M${z - 4} ${y - 4}l8 8m0 -8l-8 8` });
      // Many short times in one row: a value that would stand on another, or on another's line, is told by pointing only.
      const from = inside ? mid - w / 2 : after ? z + 8 : a - 8 - w, room = inside || !mates.some(o => x(o.from) < from + w && x(o.to) > from) && !written.some(o => Math.abs(o.y - y) < 9 && o.from < from + w && o.to > from);
      if (room) {
        written.push({ y, from, to: from + w });
        parts.put(k + ' text', 'text', g, { class: 'value', x: inside ? mid : after ? z + 8 : a - 8, y: y + 4.3, 'text-anchor': inside ? 'middle' : after ? 'start' : 'end' }, text);
      } else parts.put(k + ' title', 'title', g, {}, text);
      return { n: s.n, query: s.query, y, node: g };
    });
    parts.end();
  }

  /** Real time when balloon n has landed. @private @param {number} n */
  instant(n) { return this.ctx?.full.balloons[n - 1]?.atUs ?? 0; }

  /** @private */
  play() {
    const { x, scale } = this, s = this.ctx?.story;
    if (!x || !s) return;
    const from = this.instant(s.n - 1), to = this.instant(s.n), k = s.phase === 'rest' ? 1 : s.phase === 'travel' && s.duration ? s.elapsed / s.duration : 0;
    const at = (/** @type {number} */ us) => `translateX(${(x(us) - 1) * scale}px)`;
    this.motion?.cancel();
    this.motion = null;
    this.head.style.setProperty('transform', at(from + (to - from) * k));
    this.head.hidden = s.n === 0;
    if (s.moving && s.phase === 'travel' && to !== from) {
      this.motion = this.head.animate([{ transform: at(from + (to - from) * k) }, { transform: at(to) }], { duration: Math.max(1, (s.duration - s.elapsed) / s.speed), fill: 'both', easing: 'linear' });
    }
  }
}

customElements.define('time-lanes', TimeLanes);

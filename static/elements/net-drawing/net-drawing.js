// @ts-check
// <net-drawing>: the lookup as a working drawing. Everything is laid out once
// from the whole trace; as the cursor moves, construction lines turn to ink.

import { along } from '../../js/lanes.js';
import { canonical } from '../../js/line.js';
import { setAttr } from '../../js/dom.js';
import { gridRefs, layOut, TALL_BELOW } from '../../js/geometry.js';
import { Parts, say, set, svg } from '../../js/svg.js';
import { stepTitle, stepWhy, tagOf } from '../../js/steps.js';
import { closest } from '../../js/zone-tree.js';
import { roleOfZone } from '../../js/fold-plates.js';
import { fitText, textWidth } from '../../js/text-fit.js';
import { drawPlate, fillPlate } from './plates.js';
import { FlyingTag } from './tag.js';

/** @typedef {import('../../js/types.js').View} View */
/** @typedef {import('../../js/types.js').Balloon} Balloon */
/** @typedef {import('../../js/types.js').Context} Context */
/** @typedef {import('../../js/words.js').Words} Words */
/** @typedef {import('../../js/geometry.js').Layout} Layout */
/** @typedef {import('../../js/lanes.js').Lane} Lane */

/** How each kind is drawn: line, head and tag. */
const STYLES = /** @type {Record<string, string>} */ ({
  query: 'query', referral: 'referral', answer: 'answer', alias: 'answer', nodata: 'negative', nxdomain: 'negative', truncation: 'referral',
  failure: 'failed', lame: 'failed', rejected: 'failed', timeout: 'lost', unreachable: 'lost',
});
const FAILED = new Set(['failed', 'lost']);
const SETTLED = new Set(['answer', 'alias', 'nodata', 'nxdomain']);

class NetDrawing extends HTMLElement {
  constructor() {
    super();
    /** @type {View | null} */ this.view = null;
    /** @type {Context | null} */ this.ctx = null;
    /** What was laid out last. @private @type {{full: View | null, words: Words | null, size: object | null}} */
    this.laid = { full: null, words: null, size: null };
    /** @private @type {Layout | null} */ this.layout = null;
    this.observer = new ResizeObserver(() => this.measure());
    this.box = document.createElement('div');
    this.box.className = 'svgbox';
    this.svg = svg('svg', { role: 'img', 'aria-labelledby': 'drawing-title drawing-desc' }, this.box);
    this.titleNode = svg('title', { id: 'drawing-title' }, this.svg);
    this.descNode = svg('desc', { id: 'drawing-desc' }, this.svg);
    const layer = (/** @type {string} */ name) => svg('g', { class: name }, this.svg);
    this.layers = { frame: layer('sheetframe'), name: layer('name'), tree: layer('tree'), guides: layer('guides'), lanes: layer('lanes'), plates: layer('plates'), marks: layer('marks') };
    const air = document.createElement('div');
    air.className = 'air';
    air.setAttribute('aria-hidden', 'true');
    this.air = air;
    this.box.append(air);
    this.tag = new FlyingTag(air);
    this.caption = document.createElement('p');
    this.caption.className = 'caption';
    this.captionTitle = document.createElement('b');
    this.captionText = document.createElement('span');
    this.caption.append(this.captionTitle, this.captionText);
    /** @type {Element} */ this.heading = document.createElement('h1');
    this.parts = new Parts();
    /** @type {{width: number, height: number, scale: number}} */ this.size = { width: 0, height: 0, scale: 1 };
    this.layoutKey = '';
    /** Grid reference of every balloon, by its number. @type {Record<number, string>} */
    this.refs = {};
  }

  connectedCallback() {
    if (!this.box.isConnected) {
      this.heading = this.querySelector('h1') ?? this.heading;
      this.heading.className = 'vh';
      this.replaceChildren(this.heading, this.box, this.caption);
    }
    // Sizes are read when the page has laid itself out anyway.
    this.observer.observe(this.box);
  }

  disconnectedCallback() {
    this.observer.disconnect();
    this.tag.hide();
  }

  /** @private */
  measure() {
    const root = document.documentElement, scale = (parseFloat(getComputedStyle(root).fontSize) / 16 || 1) * (root.dataset.mode === 'projector' ? 1.25 : 1);
    const width = Math.floor(this.box.clientWidth / scale), tall = width < TALL_BELOW, height = tall ? 0 : Math.floor(this.box.clientHeight / scale);
    if (!width || (width === this.size.width && height === this.size.height && scale === this.size.scale)) return;
    this.size = { width, height, scale };
    if (this.view) this.draw();
  }

  /**
   * @param {View} view what is known at the cursor
   * @param {Context} ctx
   */
  update(view, ctx) {
    this.view = view;
    this.ctx = ctx;
    if (!this.size.width) this.measure();
    this.draw();
  }

  /** @private */
  draw() {
    const { view, ctx, size } = this;
    if (!view || !ctx || !size.width) return;
    const { full, words } = ctx, { laid } = this;
    if (!this.layout || full !== laid.full || words !== laid.words || size !== laid.size) {
      this.laid = { full, words, size };
      this.layout = this.lay(full, words);
    }
    this.ink(view, ctx, this.layout);
  }

  /* ---------------------------------------------------------------- layout */

  /** @private @param {View} full @param {Words} words */
  lay(full, words) {
    const { size, parts } = this, L = layOut(full, size);
    this.layoutKey = `${L.width} ${L.height} ${full.balloons.length}`;
    set(this.svg, { viewBox: `0 0 ${L.width} ${L.height}`, width: Math.floor(L.width * size.scale), height: Math.floor(L.height * size.scale) });
    this.air.style.setProperty('transform', `scale(${size.scale})`);
    this.toggleAttribute('data-tall', L.tall);
    parts.begin();
    this.layFrame(L);
    this.layNames(L, full, words);
    this.layTree(L, full);
    this.layLanes(L, full, words);
    if (!L.plates.some(p => p.zone)) parts.put('none', 'text', this.layers.marks, { class: 'none', x: L.width * (L.tall ? .69 : .56), y: L.height * .55 }, words.say('drawing.noServers'));
    for (const p of L.plates) drawPlate(parts, this.layers.plates, p, L.tall);
    parts.end();
    const refs = gridRefs(full, L);
    if (JSON.stringify(refs) !== JSON.stringify(this.refs)) {
      this.refs = refs;
      this.dispatchEvent(new CustomEvent('rw:layout', { bubbles: true, detail: { refs } }));
    }
    return L;
  }

  /** @private @param {Layout} L */
  layFrame(L) {
    const f = L.frame, g = this.layers.frame, { parts } = this;
    if (!f) return;
    parts.put('frame', 'rect', g, { x: f.x, y: f.y, width: f.w, height: f.h });
    let ticks = '';
    for (let i = 0; i < f.cols; i++) {
      parts.put('col ' + i, 'text', g, { x: f.x + f.w * (i + .5) / f.cols, y: f.y - 5 }, String(i + 1));
      const x = Math.round(f.x + f.w * i / f.cols) + .5;
      if (i) ticks += `M${x} ${f.y - 12}V${f.y}M${x} ${f.y + f.h}v8`;
    }
    for (let i = 0; i < f.rows; i++) {
      const y = f.y + f.h * (i + .5) / f.rows + 4.5, line = Math.round(f.y + f.h * i / f.rows) + .5;
      parts.put('row ' + i, 'text', g, { x: f.x - 10, y }, 'ABCD'[i]);
      parts.put('row right ' + i, 'text', g, { x: f.x + f.w + 10, y }, 'ABCD'[i]);
      if (i) ticks += `M${f.x - 12} ${line}H${f.x}M${f.x + f.w} ${line}h12`;
    }
    parts.put('ticks', 'path', g, { d: ticks });
    const r = L.plates[1];
    if (L.leader && r) parts.put('leader', 'path', g, { d: `M${L.leader} ${r.y + r.h}V${L.height}` });
  }

  /** @private @param {Layout} L @param {View} full @param {Words} words */
  layNames(L, full, words) {
    const { parts } = this;
    const zones = full.plates.filter(p => p.zone);
    L.names.forEach((name, i) => {
      const k = 'name ' + i, g = parts.put(k, 'g', this.layers.name, {});
      for (const t of name.tiles) {
        const role = zones.find(z => z.id === closest(t.suffix, zones))?.role ?? roleOfZone(t.suffix), key = `${k} ${t.n}`;
        const tile = parts.put(key, 'g', g, { 'data-role': role, 'data-suffix': canonical(t.suffix), class: 'tile' });
        parts.put(key + ' text', 'text', tile, { class: 'label', x: t.x, y: t.y, 'font-size': name.size, textLength: Math.round(t.w * 10) / 10 }, t.text);
        if (t.text !== t.label) parts.put(key + ' title', 'title', tile, {}, t.label);
        const y = t.y + Math.max(7, name.size * .32), wide = Math.max(t.w - 2, 8), x = t.x + (t.w - wide) / 2;
        parts.put(key + ' brace', 'path', tile, { class: 'brace', d: `M${x} ${y}v5h${wide}v-5` });
        if (t.text !== '…' && textWidth(String(t.n), 12, 'sans') <= t.w + 6) parts.put(key + ' n', 'text', tile, { class: 'order', x: t.x + t.w / 2, y: y + 17 }, String(t.n));
      }
      name.dots.forEach((d, j) => parts.put(`${k} dot ${j}`, 'text', g, { class: 'dot', x: d.x, y: d.y, 'font-size': name.size }, '.'));
      if (L.tall || name.tiles.length < 2) return;
      const hint = i ? words.say('drawing.canonicalOf', { name: full.names[0]?.name.replace(/\.$/, '') ?? '' }) : words.say('drawing.readRight');
      const text = fitText(hint, L.textRoom - 50, 12, 'sans'), half = textWidth(text, 12, 'sans') / 2 + 6;
      const y = name.bottom + 11, width = Math.min(L.textRoom, Math.max(name.right - name.x, 2 * half + 40)), mid = name.x + width / 2;
      parts.put(k + ' hint', 'text', g, { class: 'hint', x: mid, y: y + 4 }, text);
      parts.put(k + ' way', 'path', g, { class: 'way', d: `M${name.x + width} ${y - 5}v10M${name.x + width} ${y}H${Math.min(mid + half, name.x + width)}M${Math.max(mid - half, name.x + 10)} ${y}H${name.x + 1}m9 -4 -9 4 9 4` });
    });
  }

  /** @private @param {Layout} L @param {View} full */
  layTree(L, full) {
    const { parts } = this, g = this.layers.tree;
    for (const e of L.edges) {
      parts.put('edge ' + e.name, 'path', g, { class: 'edge', d: e.path });
      if (e.cut) parts.put('cut ' + e.name, 'path', g, { class: 'cut', d: `M${e.cut[0] - e.half} ${e.cut[1] - 2}h${2 * e.half}m${-2 * e.half} 4h${2 * e.half}` });
    }
    /** @type {Element | null} */ let before = null;
    for (const n of L.nodes) {
      const role = full.plates.find(p => p.id === n.plate)?.role ?? roleOfZone(n.name), k = 'node ' + n.name;
      if (n.tick) parts.put(k + ' tick', 'path', g, { class: 'tick', d: `M${n.tick[0]} ${n.tick[1]}L${n.x - 6} ${n.y}` });
      const node = parts.put(k, 'g', g, { class: 'node', 'data-role': role });
      // Read in the order of the tree, whichever was drawn first.
      if (before && before.compareDocumentPosition(node) & Node.DOCUMENT_POSITION_PRECEDING) before.after(node);
      before = node;
      parts.put(k + ' dot', 'circle', node, { cx: n.x, cy: n.y, r: 6 });
      parts.put(k + ' seal', 'circle', node, { class: 'seal', cx: n.x, cy: n.y, r: 9.5 });
      parts.put(k + ' cross', 'path', node, { class: 'cross', d: `M${n.x - 5} ${n.y - 5}l10 10m0 -10l-10 10` });
      parts.put(k + ' label', 'text', node, { x: n.x + 15, y: n.y + 4.5 }, fitText((n.gap ? '⋯ ' : '') + n.label, L.labelRoom, 13, 'mono'));
    }
  }

  /** @private @param {Layout} L @param {View} full @param {Words} words */
  layLanes(L, full, words) {
    const { parts } = this, g = this.layers.lanes, marks = this.layers.marks;
    /** @type {Set<string>} */
    const pairs = new Set();
    for (const lane of L.lanes) {
      const b = full.balloons[lane.n - 1], style = STYLES[lane.kind] ?? 'local', k = 'lane ' + lane.n, role = FAILED.has(style) || bad(b) ? 'error' : b.role;
      if (lane.shape === 'lane') {
        const [a, z] = lane.kind === 'query' ? [lane.a, lane.b] : [lane.b, lane.a], pair = lane.slot.split('#')[0];
        if (!pairs.has(pair)) {
          pairs.add(pair);
          parts.put('guide ' + pair, 'path', this.layers.guides, { d: `M${a}L${z}` });
        }
        const e = parts.put(k, 'g', g, { class: `lane is-${style}${lane.tcp ? ' is-tcp' : ''}`, 'data-role': role });
        const length = Math.hypot(lane.b[0] - lane.a[0], lane.b[1] - lane.a[1]), end = along(lane.a, lane.b, 1 - (style === 'query' ? 1 : 9) / length);
        parts.put(k + ' line', 'path', e, { class: 'line', d: `M${fix(lane.a)}L${fix(end)}` });
        if (lane.tcp) parts.put(k + ' core', 'path', e, { class: 'core', d: `M${fix(lane.a)}L${fix(along(lane.a, lane.b, 1 - 11 / length))}` });
        const turn = Math.atan2(lane.b[1] - lane.a[1], lane.b[0] - lane.a[0]) * 180 / Math.PI, head = style === 'query' ? 'M-9 -4.5 0 0l-9 4.5' : style === 'negative' ? 'M-10 -4.5 0 0l-10 4.5z' : style === 'answer' ? 'M-11 -5 0 0l-11 5z' : 'M-10 -4.5 0 0l-10 4.5z';
        parts.put(k + ' head', 'path', e, { class: 'head', d: head, transform: `translate(${fix(lane.b)}) rotate(${turn.toFixed(2)})` });
        if (style === 'failed') this.hatch(k, e, lane, L, turn);
      }
      const m = parts.put(k + ' spot', 'g', marks, { class: 'spot', 'data-role': role });
      if (lane.shape === 'lost') {
        const [x, y] = lane.cross;
        parts.put(k + ' cross', 'path', m, { class: 'cross', d: `M${x - 6} ${y - 6}l12 12m0 -12l-12 12` });
        if (lane.words) parts.put(k + ' words', 'text', m, { class: 'words', x: lane.words.x, y: lane.words.y, 'text-anchor': lane.words.anchor }, words.say(lane.kind === 'timeout' ? 'drawing.noReply' : b.line.key.endsWith('.refused') ? 'drawing.refused' : 'drawing.unreachable', { waited: b.rttUs }));
      }
      parts.put(k + ' circle', 'circle', m, { cx: lane.balloon[0].toFixed(1), cy: lane.balloon[1].toFixed(1), r: 10.5 });
      parts.put(k + ' n', 'text', m, { class: 'n', x: lane.balloon[0].toFixed(1), y: (lane.balloon[1] + 4.3).toFixed(1) }, String(lane.n));
    }
  }

  /** A hatched tag on a lane that brought something unusable, clear of the balloons. @private @param {string} k @param {Element} e @param {Lane} lane @param {Layout} L @param {number} turn */
  hatch(k, e, lane, L, turn) {
    const free = (/** @type {[number, number]} */ [x, y]) => Math.min(...L.lanes.map(o => Math.hypot(o.balloon[0] - x, o.balloon[1] - y)));
    const at = [.5, .4, .6, .3, .7, .22].map(t => along(lane.a, lane.b, t)).reduce((a, b) => free(a) >= 30 || free(a) >= free(b) ? a : b);
    const g = this.parts.put(k + ' hatch', 'g', e, { class: 'hatch', transform: `translate(${fix(at)}) rotate(${turn.toFixed(2)})${free(at) < 27 ? ' scale(.7)' : ''}` });
    this.parts.put(k + ' hatch box', 'path', g, { class: 'hatchbox', d: 'M-15 -7H9L15 0L9 7H-15z' });
    this.parts.put(k + ' hatch strokes', 'path', g, { d: 'M-15 1l8 -8M-14 7l14 -14M-7 7l14 -14M0 7l10.6 -10.6M7 7l5.3 -5.3' });
  }

  /* ------------------------------------------------------------------- ink */

  /** @private @param {View} view @param {Context} ctx @param {Layout} L */
  ink(view, ctx, L) {
    const { parts } = this, { story, full, words } = ctx, n = story.n, landed = story.phase === 'rest';
    const b = n ? full.balloons[n - 1] : null;

    // lanes: the newest of each slot
    /** @type {Map<string, number>} */
    const newest = new Map();
    for (const lane of L.lanes) if (lane.n <= n && (lane.shape !== 'lost' || lane.n < n || landed)) newest.set(lane.slot, lane.n);
    /** @type {Set<number>} */
    const lost = new Set();
    const begun = new Set();
    for (const lane of L.lanes) {
      const on = newest.get(lane.slot) === lane.n;
      const line = parts.get('lane ' + lane.n);
      line?.classList.toggle('on', on);
      line?.classList.toggle('flying', lane.n === n && !landed);
      const mark = parts.get(`lane ${lane.n} spot`);
      mark?.classList.toggle('on', on);
      mark?.classList.toggle('now', lane.n === n);
      if (on && lane.shape === 'lost') lost.add(lane.query);
      if (lane.n <= n && lane.shape === 'lane') begun.add(lane.slot.split('#')[0]);
    }
    for (const lane of L.lanes) {
      if (lane.shape !== 'lane') continue;
      parts.get('lane ' + lane.n)?.classList.toggle('lost', lost.has(lane.n));
      const pair = lane.slot.split('#')[0];
      parts.get('guide ' + pair)?.classList.toggle('off', begun.has(pair));
    }

    // plates
    const many = L.plates.filter(p => p.role === 'resolver').length > 1;
    for (const p of L.plates) {
      fillPlate(parts, p, { view, full, words, tall: L.tall, many });
      const active = b !== null && (landed ? b.to === p.id || (FAILED.has(STYLES[b.kind] ?? '') && b.from === p.id && !b.to) : b.from === p.id);
      parts.get('plate ' + p.id)?.classList.toggle('active', active);
    }

    // the names and the tree: a label is known once a zone at or below it is, or once its name is settled
    const known = new Set(view.plates.filter(p => p.zone && (p.known || p.asked)).map(p => canonical(p.zone)));
    for (const z of view.zones) known.add(canonical(z.zone));
    const cuts = new Set(known);
    const denied = new Set();
    const told = new Set(); // names that are settled without a word about those above them
    view.names.forEach((name, i) => {
      const after = view.balloons.filter(o => o.step >= name.step);
      const end = i < view.names.length - 1 ? null : after.findLast(o => SETTLED.has(o.kind) || (o.kind === 'cache' && o.outcome === 'hit' && !o.line.key.endsWith('.failure')));
      const it = canonical(name.name), settled = i < view.names.length - 1 || (end && settles(end, it));
      if (!settled) return;
      if (end && (end.kind === 'nxdomain' || (end.line.key.endsWith('.denial') && view.outcome === 'nxdomain'))) denied.add(it);
      if (end?.kind === 'nxdomain' || end?.line.key.endsWith('.denial')) told.add(it);
      else known.add(it);
    });
    if (n > 0) known.add('.');
    const reached = (/** @type {string} */ suffix) => { for (const z of known) if (z === suffix || suffix === '.' || z.endsWith('.' + suffix)) return true; return false; };
    const lit = (/** @type {string} */ suffix) => told.has(suffix) || reached(suffix);
    const shown = Math.max(0, view.names.length - 1);
    L.names.forEach((name, i) => {
      parts.get('name ' + i)?.classList.toggle('off', i !== Math.min(shown, L.names.length - 1));
      for (const t of name.tiles) {
        const e = parts.get(`name ${i} ${t.n}`), suffix = canonical(t.suffix);
        e?.classList.toggle('on', lit(suffix));
        e?.classList.toggle('denied', denied.has(suffix));
      }
    });
    const trust = new Map(view.dnssec?.names.map(t => [canonical(t.name), t.state]));
    for (const node of L.nodes) {
      const e = parts.get('node ' + node.name);
      if (e) setAttr(e, 'data-trust', trust.get(node.name) ?? null);
      e?.classList.toggle('on', lit(node.name));
      e?.classList.toggle('denied', denied.has(node.name));
    }
    for (const e of L.edges) {
      parts.get('edge ' + e.name)?.classList.toggle('on', reached(canonical(e.name)));
      parts.get('cut ' + e.name)?.classList.toggle('on', cuts.has(canonical(e.name)));
    }

    parts.get('none')?.classList.toggle('on', n > 0 && n === story.count);
    this.describe(full, ctx, b);
    const lane = b ? L.lanes[n - 1] ?? null : null, style = b ? STYLES[b.kind] ?? 'local' : 'local';
    this.tag.show(lane, { n, text: b ? tagOf(b, words) : '', role: FAILED.has(style) && style !== 'lost' ? 'error' : b?.role ?? 'stub', style }, story, { width: L.width, key: this.layoutKey });
  }

  /** The step in words: for screen readers, and under the drawing on a phone. @private @param {View} full @param {Context} ctx @param {Balloon | null} b */
  describe(full, ctx, b) {
    const { words } = ctx, q = full.question;
    say(this.heading, q ? words.say('drawing.heading', { name: q.name.replace(/(.)\.$/, '$1'), type: q.type }) : words.say('drawing.heading.none'));
    say(this.titleNode, this.heading.textContent ?? '');
    const title = b ? stepTitle(b, full, words) : '', why = b ? stepWhy(b, full, words) : '';
    const text = b ? words.say('drawing.desc', { n: b.n, count: ctx.story.count, title, why }) : words.say(q ? 'drawing.ready' : 'drawing.empty');
    say(this.descNode, text);
    const style = b ? STYLES[b.kind] ?? '' : '';
    this.caption.dataset.role = FAILED.has(style) || (b && bad(b)) ? 'error' : b?.role ?? 'stub';
    say(this.captionTitle, b ? `${b.n}. ${title}` : '');
    say(this.captionText, b ? why : text);
  }
}

/** Whether the chain of trust is broken here. @param {Balloon} b */
const bad = b => b.outcome === 'broken' || b.outcome === 'bogus';

/** @param {[number, number]} p */
const fix = p => `${p[0].toFixed(1)} ${p[1].toFixed(1)}`;

/** Whether a balloon says what there is at this name. @param {Balloon} b @param {string} name */
function settles(b, name) {
  const said = b.line.params.name;
  return said === undefined || canonical(said.endsWith('.') ? said : said + '.') === name;
}

customElements.define('net-drawing', NetDrawing);

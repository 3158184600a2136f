// @ts-check
// The frame in which the browser really draws a page of the lab, and what it says
// of that: its performance timeline, where its boxes are, how long a change took.
// Everything heard from the frame is text and numbers of somebody else's.

import { draw, make, setText } from '../../js/dom.js';
import { Ear, heard } from './heard.js';

/** @typedef {import('../../js/types.js').Context} Context */
/** @typedef {import('../../js/words.js').Words} Words */
/** @typedef {import('./heard.js').Entry} Entry */
/** @typedef {import('./heard.js').Box} Box */
/** @typedef {Extract<import('./heard.js').Heard, {say: "changed"}>} Changed */

/** Boxes are where others are, if no edge is farther off: CSS px. */
const NEAR = 1;

/** A bar of a row, in thousandths. @param {...[from: number, to: number, className: string]} parts */
function bar(...parts) {
  const rects = parts.map(([from, to, className]) => draw('rect', { class: className, x: from.toFixed(1), width: Math.max(to - from, 2).toFixed(1), y: 1, height: 10 }));
  const cell = make('td', 'bar');
  cell.append(draw('svg', { viewBox: '0 0 1000 12', preserveAspectRatio: 'none', 'aria-hidden': 'true' }, ...rects));
  return cell;
}

/** A row of the time line. @param {string} name @param {string} className @param {HTMLElement} cell @param {string} said @param {string} note */
function row(name, className, cell, said, note) {
  const tr = make('tr'), head = make('th', className, name);
  head.scope = 'row';
  tr.append(head, cell, make('td', 'num', said), make('td', '', note));
  return tr;
}

/** The last part of an address, as far as it fits. @param {string} url */
function shortName(url) {
  const path = url.split(/[?#]/)[0].split('/').filter(Boolean);
  return (path.pop() ?? '').slice(0, 60);
}

export class PageFrame extends HTMLElement {
  constructor() {
    super();
    /** @private @type {Words | null} */ this.words = null;
    /** @private @type {Entry[]} */ this.entries = [];
    /** @private @type {Box[]} */ this.boxes = [];
    /** @private @type {Changed | null} */ this.changed = null;
    /** What the engine drew again. @private @type {{path: string, property: string, value: string}[]} */ this.changes = [];
    /** @private */ this.asked = false;
    /** @private */ this.planned = false;
    /** @private */ this.ear = new Ear();
    /** @private */ this.hear = (/** @type {MessageEvent} */ e) => this.take(e);
    /** @private */ this.redrawn = () => this.plan();
  }

  connectedCallback() {
    this.changes = JSON.parse(this.dataset.changes || '[]');
    window.addEventListener('message', this.hear);
    document.addEventListener('rw:drawn', this.redrawn);
    this.querySelector('iframe')?.addEventListener('load', () => this.ask());
    this.ask(); // it may have loaded before this did
  }

  disconnectedCallback() {
    window.removeEventListener('message', this.hear);
    document.removeEventListener('rw:drawn', this.redrawn);
  }

  /** @param {unknown} _view @param {Context} ctx */
  update(_view, ctx) {
    if (ctx.words === this.words) return;
    this.words = ctx.words;
    this.plan();
  }

  /** Sends the frame something to do. Its origin is opaque, so none can be named; nothing that is said is a secret. @private @param {object} m */
  tell(m) { this.querySelector('iframe')?.contentWindow?.postMessage({ rootwalk: 1, ...m }, '*'); }

  /** @private */
  ask() { this.tell({ do: 'report' }); }

  /** @private @param {MessageEvent} e */
  take(e) {
    const frame = this.querySelector('iframe');
    if (!frame || e.source !== frame.contentWindow || e.origin !== 'null' || !this.ear.hears(performance.now())) return;
    const m = heard(e.data);
    switch (m?.say) {
      case 'entries':
        this.entries = m.entries;
        this.tryChanges();
        break;
      case 'boxes': this.boxes = m.boxes; break;
      case 'changed': if (m.id === this.changes.length) this.changed = m; break;
      default: return;
    }
    this.plan();
  }

  /** Makes in the frame the changes that the form made with the engine, once and in order. @private */
  tryChanges() {
    if (this.asked || !this.entries.some(e => e.times.loaded)) return;
    this.asked = true;
    this.changes.forEach((c, i) => {
      if (c.property === 'window') this.querySelector('iframe')?.setAttribute('width', c.value);
      else this.tell({ do: 'change', id: i + 1, ...c });
    });
  }

  /** @private */
  plan() {
    if (this.planned) return;
    this.planned = true;
    requestAnimationFrame(() => { this.planned = false; this.draw(); });
  }

  /** @private */
  draw() {
    const { words } = this;
    if (!words) return;
    this.drawTimeline(words);
    this.drawBoxes(words);
    this.drawChange(words);
  }

  /** @private @param {Words} words */
  drawTimeline(words) {
    const place = this.querySelector('.browser-time');
    if (!place) return;
    const bars = this.entries.filter(e => e.type === 'navigation' || e.type === 'resource').sort((a, b) => a.at - b.at);
    /** @type {[number, string][]} */ const marks = [];
    for (const e of this.entries) {
      if (e.type === 'navigation') for (const t of ['parsed', 'ready', 'loaded']) if (e.times[t]) marks.push([e.times[t], words.say(`frame.mark.${t}`)]);
      if (e.type === 'paint') marks.push([e.at, words.say(e.name === 'first-paint' ? 'frame.mark.paint' : 'frame.mark.content')]);
      if (e.type === 'largest-contentful-paint') marks.push([e.at, words.say('frame.mark.largest', { name: e.name || '–' })]);
      if (e.type === 'layout-shift') marks.push([e.at, words.say('frame.mark.shift', { value: e.value.toFixed(3) })]);
    }
    marks.sort((a, b) => a[0] - b[0]);
    const span = Math.max(1, ...marks.map(m => m[0]), ...bars.map(e => e.at + e.for));
    const at = (/** @type {number} */ ms) => ms / span * 1000;
    const body = make('tbody');
    for (const e of bars) {
      const last = e.times.last ?? e.at + e.for, first = e.times.first ?? last;
      body.append(row(e.type === 'navigation' ? words.say('frame.document') : shortName(e.name), 'mono',
        bar([at(e.at), at(first), 'phase-wait'], [at(first), at(last), 'phase-receive']),
        words.say('frame.span', { from: e.at.toFixed(1), to: last.toFixed(1) }), e.blocking ? words.say('frame.blocking') : ''));
    }
    for (const [ms, name] of marks) {
      const x = Math.min(at(ms), 996);
      body.append(row(name, '', bar([x, x + 4, 'moment']), words.say('frame.at', { ms: ms.toFixed(1) }), ''));
    }
    place.querySelector('tbody')?.replaceWith(body);
    /** @type {HTMLElement} */ (place).hidden = bars.length === 0;
    const waiting = /** @type {HTMLElement | null} */ (this.querySelector('.browser-waiting'));
    if (waiting) waiting.hidden = bars.length > 0;
  }

  /** Says how far the browser's boxes are from those of the engine. @private @param {Words} words */
  drawBoxes(words) {
    const place = this.querySelector('.browser-boxes');
    if (!place || this.boxes.length === 0) return;
    let both = 0, near = 0;
    for (const mine of document.querySelectorAll('[data-box-path]')) {
      const { boxPath, box } = /** @type {SVGElement} */ (mine).dataset;
      const theirs = this.boxes.find(b => b.path === boxPath), [x, y, width, height] = (box ?? '').split(' ').map(Number);
      if (!theirs || !Number.isFinite(height)) continue;
      both++;
      if (Math.max(Math.abs(theirs.x - x), Math.abs(theirs.y - y), Math.abs(theirs.x + theirs.width - x - width), Math.abs(theirs.y + theirs.height - y - height)) <= NEAR) near++;
    }
    setText(place, both ? words.say('frame.boxes', { n: String(both), near: String(near) }) : '');
  }

  /** @private @param {Words} words */
  drawChange(words) {
    const place = document.querySelector('.browser-change'), m = this.changed, last = this.changes.at(-1);
    if (!place || !last) return;
    if (last.property === 'window') setText(place, words.say('frame.change.width', { width: last.value }));
    else if (m?.missing) setText(place, words.say('frame.change.missing'));
    else if (m) setText(place, words.say(m.frame ? 'frame.change' : 'frame.change.unseen', { rounds: String(m.rounds), style: (m.style * 1000).toFixed(0), layout: (m.layout * 1000).toFixed(0), frame: m.frame.toFixed(1) }));
  }
}

customElements.define('page-frame', PageFrame);

// @ts-check
// Everything that has happened up to the cursor, in words: each balloon's
// sentence and those of the facts that belong to it. Says each new step once
// to screen readers.

import { lineOf } from '../../js/line.js';
import { keep, make, setAttr, setText } from '../../js/dom.js';
import { stepTitle } from '../../js/steps.js';

/** @typedef {import('../../js/types.js').View} View */
/** @typedef {import('../../js/types.js').Balloon} Balloon */
/** @typedef {import('../../js/types.js').Context} Context */

export class TraceTranscript extends HTMLElement {
  constructor() {
    super();
    /** @private @type {HTMLOListElement | null} */ this.items = null;
    /** @private @type {HTMLElement | null} */ this.live = null;
    /** @private @type {WeakMap<HTMLElement, {balloon: Balloon, words: any}>} */ this.said = new WeakMap();
    /** Trace and step last spoken. @private */ this.spoken = '';
  }

  /** @param {View} _view @param {Context} ctx */
  update(_view, ctx) {
    this.adopt();
    const { full, story, words } = ctx;
    const nodes = keep(/** @type {HTMLElement} */ (this.items), full.balloons.map(b => String(b.n)), key => this.item(key));
    full.balloons.forEach((b, i) => {
      const li = nodes[i], before = this.said.get(li);
      li.hidden = b.n > story.n;
      if (li.hidden || (before?.balloon === b && before.words === words)) return;
      this.said.set(li, { balloon: b, words });
      setAttr(li, 'data-role', b.role);
      setText(li.querySelector('.line'), words.line(b.line));
      const details = /** @type {HTMLElement} */ (li.querySelector('.details'));
      const wayOf = (/** @type {number} */ seq) => ctx.connection.state === 'offline' ? '' : originOf(ctx.events[seq]), way = wayOf(b.message);
      li.querySelector(':scope > div > .origin')?.remove(); // another trace's, or the server's
      if (way) details.before(mark(way, b.message));
      const lines = keep(details, b.detail.map(seq => `${seq} ${wayOf(seq)}`), key => detail(key));
      b.detail.forEach((seq, k) => setText(lines[k].firstElementChild, ctx.events[seq] ? words.line(lineOf(ctx.events[seq])) : ''));
      for (const a of li.querySelectorAll('.origin')) setAttr(a, 'aria-label', words.say(/** @type {HTMLElement} */ (a).dataset.tLabel ?? ''));
    });
    this.speak(ctx);
  }

  /** @private */
  adopt() {
    if (this.items) return;
    this.items = this.querySelector('ol.items') ?? this.appendChild(Object.assign(document.createElement('ol'), { className: 'items' }));
    for (const li of this.items.children) {
      /** @type {HTMLElement} */ (li).dataset.key = /** @type {HTMLElement} */ (li).dataset.n ?? '';
      li.querySelector('.details')?.replaceChildren();
    }
    this.live = make('p', 'vh');
    this.live.setAttribute('role', 'status');
    this.append(this.live);
  }

  /** One polite sentence a step, none for arrivals and ticks. @private @param {Context} ctx */
  speak({ full, story, words, trace }) {
    const key = `${trace} ${story.n} ${words.lang}`;
    if (key === this.spoken || story.moving && story.phase !== 'rest' && story.reduced) return;
    const first = this.spoken === '';
    this.spoken = key;
    if (first) return; // the page itself has just been read
    const b = full.balloons[story.n - 1];
    setText(this.live, b ? words.say('transcript.step', { n: b.n, count: full.balloons.length, title: stepTitle(b, full, words) }) : words.say('step.ready'));
  }

  /** @private @param {string} n */
  item(n) {
    const li = make('li'), text = make('div');
    li.dataset.n = n;
    text.append(make('p', 'line'), make('ul', 'details'));
    li.append(make('span', 'balloon is-done', n), text);
    return li;
  }
}

/** The word for where the records come from that a fact tells of, '' where it tells of none; the server says the same (originLink). @param {any} e */
function originOf(e) {
  const { kind = '', fact } = e ?? {};
  if (kind === 'cache.stored' || kind === 'cache.hit' || kind === 'lookup.finished' && fact.records?.length) return 'transcript.source';
  return kind.endsWith('.received') && fact.spans?.some((/** @type {any} */ s) => s.name === 'TYPE' && s.section !== 'question' && s.text !== 'OPT') ? 'bytes.records' : '';
}

/** The place for a fact's sentence. @param {string} key its seq, and the label of the way to its records */
function detail(key) {
  const li = make('li'), [seq, label] = key.split(' ');
  li.append(make('span'));
  if (label) li.append(mark(label, Number(seq)));
  return li;
}

/** What leads to where records come from. @param {string} label @param {number} seq */
function mark(label, seq) {
  const a = make('a', 'origin');
  // As the server's links: the sheet of caches says it of an event.
  const sheet = new URL(/** @type {HTMLAnchorElement | null} */ (document.querySelector('a[data-detail="caches"]'))?.href ?? location.href);
  sheet.searchParams.set('of', String(seq));
  sheet.hash = 'source';
  a.href = sheet.href;
  Object.assign(a.dataset, { tLabel: label, need: 'provenance', needWords: 'provenance', seq });
  return a;
}

customElements.define('trace-transcript', TraceTranscript);

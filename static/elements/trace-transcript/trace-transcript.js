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
      const lines = keep(details, b.detail.map(String), () => make('li'));
      b.detail.forEach((seq, k) => setText(lines[k], ctx.events[seq] ? words.line(lineOf(ctx.events[seq])) : ''));
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

customElements.define('trace-transcript', TraceTranscript);

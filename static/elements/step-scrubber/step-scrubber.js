// @ts-check
// <step-scrubber>: one stop a balloon, evenly. Dragging shows any instant.
// The browser's own range input takes hands, keys and screen readers; what is
// seen of it is a thumb that the compositor moves while the story runs.

import { make, setAttr, tell } from '../../js/dom.js';
import { stepTitle } from '../../js/steps.js';

/** @typedef {import('../../js/types.js').Context} Context */
/** @typedef {import('../../js/types.js').Balloon} Balloon */
/** @typedef {import('../../js/story.js').StoryState} StoryState */
/** @typedef {import('../../js/words.js').Words} Words */

class StepScrubber extends HTMLElement {
  constructor() {
    super();
    /** @type {Context | null} */ this.ctx = null;
    /** @private @type {Words | null} */ this.words = null;
    /** @private @type {Animation | null} */ this.motion = null;
    /** @private */ this.dragging = false;
    this.observer = new ResizeObserver(() => { this.width = 0; this.place(); });
    this.input = make('input');
    this.input.type = 'range';
    this.input.min = '0';
    this.input.step = 'any';
    this.input.addEventListener('input', () => this.drag());
    this.input.addEventListener('keydown', e => this.key(e));
    this.ticks = make('div', 'ticks');
    this.ticks.setAttribute('aria-hidden', 'true');
    this.thumb = make('div', 'thumb');
    this.thumb.setAttribute('aria-hidden', 'true');
    this.width = 0;
    this.count = -1;
  }

  connectedCallback() {
    if (!this.input.isConnected) this.replaceChildren(this.input, this.ticks, this.thumb);
    this.observer.observe(this);
  }

  disconnectedCallback() {
    this.observer.disconnect();
    this.motion?.cancel();
  }

  /** @param {import('../../js/types.js').View} view @param {Context} ctx */
  update(view, ctx) {
    const { story, words, full } = ctx, { input } = this;
    this.ctx = ctx;
    if (story.count !== this.count) this.mark(full.balloons);
    [...this.ticks.children].forEach((t, i) => t.classList.toggle('done', i < story.n));
    if (words !== this.words) {
      this.words = words;
      input.setAttribute('aria-label', words.say('time.position'));
    }
    input.disabled = story.count === 0;
    const b = full.balloons[story.n - 1];
    setAttr(input, 'aria-valuetext', b ? words.say('time.stop', { n: b.n, count: story.count, title: stepTitle(b, full, words) }) : words.say('drawing.ready'));
    this.place();
  }

  /** @private @param {Balloon[]} balloons */
  mark(balloons) {
    this.count = balloons.length;
    this.input.max = String(Math.max(1, balloons.length));
    while (this.ticks.children.length > balloons.length) this.ticks.lastChild?.remove();
    while (this.ticks.children.length < balloons.length) this.ticks.append(document.createElement('span'));
    balloons.forEach((b, i) => {
      const t = /** @type {HTMLElement} */ (this.ticks.children[i]);
      t.dataset.role = b.role;
      t.textContent = String(b.n);
      t.style.setProperty('left', `calc(7px + (100% - 14px) * ${(i + 1) / balloons.length})`);
    });
    this.thin();
  }

  /** Numbers that would touch are left out; their ticks stay. @private */
  thin() {
    const room = (this.width || 600) / Math.max(1, this.count), every = Math.max(1, Math.ceil((this.count > 99 ? 26 : this.count > 9 ? 19 : 12) / room));
    [...this.ticks.children].forEach((t, i) => t.classList.toggle('mute', (i + 1) % every !== 0));
  }

  /** Stops from 0 to count at this moment of the story. @private @param {StoryState} s */
  position(s) {
    if (s.phase === 'rest' || s.n === 0) return s.n;
    return s.n - 1 + (s.phase === 'travel' && s.duration > 0 ? s.elapsed / s.duration : 0);
  }

  /** @private */
  place() {
    const { ctx, input } = this;
    if (!ctx) return;
    if (!this.width) {
      this.width = this.clientWidth;
      this.thin();
    }
    const s = ctx.story, at = this.position(s), x = (/** @type {number} */ p) => `translateX(${(p / Math.max(1, s.count)) * (this.width - 14)}px)`;
    if (!this.dragging && input.value !== String(at)) input.value = String(at);
    this.motion?.cancel();
    this.motion = null;
    this.thumb.style.setProperty('transform', x(at));
    if (s.moving && s.phase === 'travel') {
      this.motion = this.thumb.animate([{ transform: x(at) }, { transform: x(s.n) }], { duration: Math.max(1, (s.duration - s.elapsed) / s.speed), fill: 'both', easing: 'linear' });
    }
  }

  /** @private */
  drag() {
    if (!this.ctx) return;
    const { stops, story } = this.ctx, p = Number(this.input.value), n = Math.ceil(p), stop = stops[n];
    this.dragging = true;
    if (!stop || story.reduced || stop.rest === stop.travel || Math.abs(p - Math.round(p)) < .04) tell(this, 'seek', { n: Math.round(p) });
    else tell(this, 'scrub', { ms: stop.travel + (1 - (n - p)) * (stop.rest - stop.travel) });
    this.dragging = false;
  }

  /** @private @param {KeyboardEvent} e */
  key(e) {
    const what = /** @type {Record<string, string>} */ ({ ArrowRight: 'step', ArrowUp: 'step', ArrowLeft: 'back', ArrowDown: 'back', PageUp: 'back', PageDown: 'step', Home: 'first', End: 'last', ' ': 'toggle' })[e.key];
    if (!what || e.ctrlKey || e.metaKey || e.altKey) return;
    e.preventDefault();
    tell(this, what);
  }
}

customElements.define('step-scrubber', StepScrubber);

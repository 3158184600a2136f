// @ts-check
// <play-bar>: first, back, play, next; speed and motion; the keys of the page,
// whose list comes by need.
// Next is the main button: nothing moves until a person says so.

import { make, tell } from '../../js/dom.js';
import { say, svg } from '../../js/svg.js';
import { plateLabel } from '../../js/steps.js';
import { Keys } from './keys.js';

const SHAPES = /** @type {Record<string, string>} */ ({
  first: 'M5 4v12M15.5 4.5 7.5 10l8 5.5z', back: 'M14.5 4 6 10l8.5 6z', play: 'M6 3.5 16 10 6 16.5z', pause: 'M6.5 4v12M13.5 4v12', next: 'm5.5 4 9 6-9 6z', again: 'M15.5 10a5.5 5.5 0 1 1-2-4.2M13.8 2.2v3.8H10',
});
const WAIT_MS = 1000;

/** @typedef {import('../../js/types.js').Context} Context */
/** @typedef {import('../../js/words.js').Words} Words */

class PlayBar extends HTMLElement {
  constructor() {
    super();
    /** @type {Context | null} */ this.ctx = null;
    /** @private @type {Words | null} */ this.words = null;
    /** @private @type {ReturnType<typeof setInterval> | undefined} */ this.timer = undefined;
    /** At the end of a finished trace. @private */ this.again = false;
    this.keys = new Keys(this, () => this.list.click());
    this.row = make('div', 'buttons');
    const { row } = this;
    this.first = this.button(row, 'first', 'icon', () => this.tell('first'));
    this.back = this.button(row, 'back', 'icon', () => this.tell('back'));
    this.play = this.button(row, 'play', 'icon', () => this.tell('toggle'));
    this.next = this.button(row, 'next', 'primary next', () => this.goOn());
    this.nextText = document.createElement('span');
    this.next.prepend(this.nextText);
    this.status = make('p', 'status');
    const options = this.options = make('div', 'options');
    const speed = part(options, 'label', 'speed');
    this.speedText = part(speed, 'span', '');
    this.speed = document.createElement('select');
    for (const [value, text] of [['0.5', '½×'], ['1', '1×'], ['2', '2×']]) this.speed.append(new Option(text, value, value === '1', value === '1'));
    this.speed.addEventListener('change', () => this.tell('speed', { speed: Number(this.speed.value) }));
    speed.append(this.speed);
    const motion = part(options, 'label', 'motion');
    this.motion = document.createElement('input');
    this.motion.type = 'checkbox';
    this.motion.addEventListener('change', () => this.tell('motion', { motion: this.motion.checked ? 'on' : 'reduced' }));
    motion.append(this.motion);
    this.motionText = part(motion, 'span', '');
    this.list = /** @type {HTMLButtonElement} */ (part(options, 'button', 'small keys'));
    this.list.type = 'button';
    Object.assign(this.list.dataset, { need: 'key-list', needWords: 'keys' });
  }

  connectedCallback() {
    if (!this.row.isConnected) this.replaceChildren(this.row, this.status, this.options);
    this.keys.listen();
  }

  disconnectedCallback() {
    this.keys.stop();
    clearInterval(this.timer);
    this.timer = undefined;
  }

  /** @private @param {Element} row @param {string} shape @param {string} name @param {() => void} act */
  button(row, shape, name, act) {
    const b = /** @type {HTMLButtonElement} */ (part(row, 'button', name));
    b.type = 'button';
    const icon = svg('svg', { viewBox: '0 0 20 20', 'aria-hidden': 'true' }, b);
    svg('path', { d: SHAPES[shape] }, icon);
    b.addEventListener('click', act);
    return b;
  }

  /** @param {import('../../js/types.js').View} view @param {Context} ctx */
  update(view, ctx) {
    const { words, story } = ctx, again = story.count > 0 && story.n === story.count && story.phase === 'rest' && ctx.ended;
    this.ctx = ctx;
    this.again = again;
    if (words !== this.words) this.label(words);
    this.set(this.first, story.n === 0);
    this.set(this.back, story.n === 0);
    this.set(this.play, story.count === 0);
    this.set(this.next, story.count === 0 || (story.n === story.count && story.phase === 'rest' && !ctx.ended && !ctx.held));
    this.shape(this.play, story.playing ? 'pause' : 'play');
    label(this.play, words.say(story.playing ? 'play.pause' : 'play.play'));
    this.shape(this.next, again ? 'again' : 'next');
    say(this.nextText, words.say(again ? 'play.again' : 'play.next'));
    if (this.speed.value !== String(story.speed)) this.speed.value = String(story.speed);
    this.motion.checked = !story.reduced;
    this.tellStatus();
  }

  /** Where the reader is, or whom everything waits for. @private */
  tellStatus() {
    if (!this.ctx) return;
    const { words, story, full, asking, heardAt } = this.ctx, now = performance.now();
    const waited = asking ? now - Math.max(asking.since, heardAt) : 0;
    // A slow answer is counted in tenths of a second; a quick one shows no clock at all.
    if (asking && !this.timer) this.timer = setInterval(() => this.tellStatus(), 100);
    else if (!asking && this.timer) { clearInterval(this.timer); this.timer = undefined; }
    let text;
    if (asking && waited >= WAIT_MS) {
      const last = full.balloons.at(-1), who = last?.kind === 'query' ? plateLabel(full.plates.find(p => p.id === last.to), words) : '';
      text = who ? words.say('play.waiting', { who, waited: Math.floor(waited / 100) * 100_000 }) : words.say('play.waiting.any');
    } else if (!story.count) text = words.say('drawing.empty');
    else if (!story.n) text = words.say('drawing.ready');
    else text = words.say('play.at', { n: story.n, count: story.count });
    say(this.status, text);
  }

  /** @private */
  goOn() {
    const { ctx } = this;
    if (this.again) this.tell('first');
    else if (ctx?.held && ctx.story.n === ctx.story.count) this.tell('release');
    else this.tell('step');
  }

  /** A disabled button would drop the focus of whoever pressed it last. @private @param {HTMLButtonElement} b @param {boolean} off */
  set(b, off) {
    if (off && document.activeElement === b) this.next.focus({ preventScroll: true });
    b.disabled = off;
  }

  /** @private @param {HTMLButtonElement} b @param {string} name */
  shape(b, name) {
    if (b.dataset.shape === name) return;
    b.dataset.shape = name;
    b.querySelector('path')?.setAttribute('d', SHAPES[name]);
  }

  /** @private @param {import('../../js/words.js').Words} words */
  label(words) {
    this.words = words;
    label(this.first, words.say('play.first'));
    label(this.back, words.say('play.back'));
    say(this.speedText, words.say('play.speed'));
    say(this.motionText, words.say('play.motion'));
    say(this.list, '?');
    label(this.list, words.say('play.keys'));
  }

  /** @param {string} what @param {object} [detail] */
  tell(what, detail) { tell(this, what, detail); }
}

/** @param {Element} parent @param {keyof HTMLElementTagNameMap} tag @param {string} name */
function part(parent, tag, name) {
  const e = make(tag, name);
  parent.append(e);
  return e;
}

/** @param {Element} e @param {string} text */
function label(e, text) {
  if (e.getAttribute('aria-label') === text) return;
  e.setAttribute('aria-label', text);
  e.setAttribute('title', text);
}

customElements.define('play-bar', PlayBar);

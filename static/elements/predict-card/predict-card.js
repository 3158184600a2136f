// @ts-check
// <predict-card>: at a decision the server holds the rest back until it has been
// said what comes next, and how surely. Then the step is played, the card asks
// what was just seen, and only then says why it was so.

import { make } from '../../js/dom.js';

/** @typedef {import('../../js/types.js').View} View */
/** @typedef {import('../../js/types.js').Context} Context */
/** @typedef {{key: string, params?: Record<string, string>, plate?: string}} Option */
/** @typedef {{kind: string, key: string, params: Record<string, string>, options: Option[]}} Ask */
/**
 * @typedef {object} Verdict what the server says once the prediction is made
 * @property {string} decision
 * @property {number} right
 * @property {number} shown seq of the event that shows it
 * @property {string} why
 * @property {Record<string, string>} params
 * @property {string} wrong misconception behind what was predicted, "" for none
 * @property {{option: number, sure: boolean}} choice
 * @property {number} [observed]
 * @property {Ask} ask
 */

/** The page's means to act. @type {any} */
let session = null;

/** @param {any} s */
export function wire(s) { session = s; }

/** Plays to a balloon; where nothing may move, goes there. @param {number} n */
function playTo(n) {
  if (session.story.state.reduced) session.story.seek(n);
  else session.story.playUntil((/** @type {{n: number}} */ b) => b.n >= n);
}

class PredictCard extends HTMLElement {
  constructor() {
    super();
    /** @private @type {Context | null} */ this.ctx = null;
    /** @private */ this.trace = '';
    /** "", "asked", "watch", "seen", "why". @private */ this.mode = '';
    /** @private @type {Verdict | null} */ this.verdict = null;
    /** @private */ this.chosen = -1;
    /** What is on the card, as one text: drawn anew only when it changes. @private */ this.drawn = '';
    /** @private */ this.played = false;
    /** @private */ this.busy = false;
    /** @private @type {Ask | null} */ this.ask = null;
    /** @private */ this.heard = (/** @type {KeyboardEvent} */ e) => this.key(e);
    /** @private */ this.pressed = (/** @type {Event} */ e) => this.plate(e);
    /** @private */ this.wanted = () => { if (this.mode) /** @type {HTMLElement | null} */ (this.querySelector('button'))?.focus(); };
  }

  connectedCallback() {
    document.addEventListener('keydown', this.heard, true);
    document.addEventListener('click', this.pressed);
    document.addEventListener('rw:release', this.wanted);
  }

  disconnectedCallback() {
    document.removeEventListener('keydown', this.heard, true);
    document.removeEventListener('click', this.pressed);
    document.removeEventListener('rw:release', this.wanted);
  }

  /** @param {View} view @param {Context} ctx */
  update(view, ctx) {
    this.ctx = ctx;
    const { story, full } = ctx;
    if (ctx.trace !== this.trace) {
      this.trace = ctx.trace;
      this.mode = '';
      this.verdict = null;
    }
    const landed = story.phase === 'rest';
    if (this.mode === 'watch' && this.verdict) {
      const { shown } = this.verdict, at = full.balloons.find(b => b.seqs[0] <= shown && shown <= b.seqs[1]);
      if (at && story.n >= at.n && landed) this.mode = 'seen';
      else if (at && !this.played && landed) {
        this.played = true;
        queueMicrotask(() => playTo(at.n));
      }
    }
    if (this.mode === '' || this.mode === 'asked') {
      const held = /** @type {any} */ (ctx.held)?.predict ?? null;
      this.mode = held && story.n >= full.balloons.length && landed ? 'asked' : '';
      this.ask = held;
    }
    this.draw();
  }

  /** @private */
  draw() {
    const { ctx, mode, verdict, ask } = this;
    if (!ctx) return;
    const { words } = ctx, sign = [mode, ctx.trace, words.lang, ask && ctx.held?.decision, verdict?.decision, verdict?.observed, this.busy].join(' ');
    if (mode === 'asked' || mode === 'seen') this.markPlates();
    if (sign === this.drawn) return;
    const moved = !this.drawn.startsWith(mode + ' ');
    const inside = this.contains(document.activeElement);
    this.drawn = sign;
    this.chosen = -1;
    this.hidden = mode === '';
    this.unmark();
    if (mode === '') { this.replaceChildren(); return; }
    const card = make('div', 'card');
    card.setAttribute('role', 'group');
    if (mode === 'asked' && ask) this.question(card, words.say('predict.title'), words.say('predict.ask.' + ask.key, ask.params), ask.options, true);
    else if (mode === 'watch') card.append(make('p', 'watch', words.say('predict.watch')));
    else if (mode === 'seen' && verdict) this.question(card, words.say('predict.saw'), words.say('predict.saw.' + verdict.ask.key, verdict.ask.params), verdict.ask.options, false);
    else if (mode === 'why' && verdict) this.reason(card, verdict);
    this.replaceChildren(card);
    this.markPlates();
    if (moved) {
      if (inside) /** @type {HTMLElement | null} */ (card.querySelector('button'))?.focus({ preventScroll: true });
      this.show();
    }
  }

  /** Brings the card into sight, on narrow pages its panel too. @private */
  show() {
    if (this.mode === 'watch') return;
    if (this.offsetParent === null) /** @type {HTMLElement | null} */ (document.querySelector('panel-tabs [data-tab="steps"]'))?.click();
    requestAnimationFrame(() => {
      const box = this.closest('.panel');
      if (box && box.scrollHeight > box.clientHeight && getComputedStyle(box).overflowY !== 'visible') box.scrollTop = box.scrollHeight;
      else if (this.getBoundingClientRect().bottom > innerHeight) this.scrollIntoView({ block: 'center' });
    });
  }

  /** @private @param {HTMLElement} card @param {string} title @param {string} text @param {Option[]} options @param {boolean} predicting */
  question(card, title, text, options, predicting) {
    const { words } = /** @type {Context} */ (this.ctx);
    const head = make('h3', 'q', text);
    head.id = 'predict-q';
    card.setAttribute('aria-labelledby', head.id);
    const small = make('p', 'small-text muted', title), list = make('ol', 'options');
    list.setAttribute('aria-label', words.say('predict.options'));
    options.forEach((o, i) => {
      const li = make('li'), b = make('button', 'option');
      b.type = 'button';
      b.append(make('kbd', '', String(i + 1)), make('span', '', words.say('predict.option.' + o.key, o.params)));
      b.setAttribute('aria-pressed', 'false');
      b.addEventListener('click', () => this.choose(i));
      li.append(b);
      list.append(li);
    });
    card.append(small, head, list);
    const row = make('div', 'row');
    if (predicting) {
      for (const [key, sure] of /** @type {[string, boolean][]} */ ([['predict.sure', true], ['predict.unsure', false]])) {
        const b = make('button', sure ? 'primary send' : 'send', words.say(key));
        b.type = 'button';
        b.disabled = true;
        b.addEventListener('click', () => this.send(sure));
        row.append(b);
      }
    }
    const leave = make('button', 'quiet small', words.say('predict.leave'));
    leave.type = 'button';
    leave.addEventListener('click', () => this.leave());
    const foot = make('div', 'row foot');
    foot.append(make('span', 'keys small-text muted', words.say('predict.keys', { count: options.length })), leave);
    if (predicting) card.append(row);
    card.append(foot);
    const said = make('p', 'vh', text);
    said.setAttribute('role', 'status');
    card.append(said);
  }

  /** @private @param {HTMLElement} card @param {Verdict} v */
  reason(card, v) {
    const { words, full } = /** @type {Context} */ (this.ctx), right = v.choice.option === v.right, o = v.ask.options[v.right];
    const result = make('p', 'result', words.say(`predict.${right ? 'right' : 'missed'}.${v.choice.sure ? 'sure' : 'unsure'}`));
    result.setAttribute('role', 'status');
    card.dataset.right = String(right);
    card.append(result);
    const n = full.balloons.find(b => b.seqs[0] <= v.shown && v.shown <= b.seqs[1])?.n ?? 0;
    if (v.observed !== v.right) card.append(make('p', 'missed', words.say(n ? 'predict.observed.missed' : 'predict.observed.other', { n })));
    card.append(make('p', 'was', words.say('predict.was', { option: words.say('predict.option.' + o.key, o.params) })), make('p', 'because', words.say('predict.why.' + v.why, v.params)));
    if (v.wrong) {
      const p = make('p', 'refuted', words.say('predict.wrong.' + v.wrong) + ' ');
      p.append(make('span', 'mono small-text', v.wrong));
      card.append(p);
    }
    const row = make('div', 'row'), go = make('button', 'primary', words.say('predict.go')), look = make('button', '', words.say('predict.look'));
    go.type = look.type = 'button';
    go.addEventListener('click', () => this.goOn());
    look.addEventListener('click', () => {
      session.story.seek(Math.max(0, n - 1));
      playTo(n);
    });
    row.append(go, look);
    card.append(row);
  }

  /** @private @param {number} i */
  choose(i) {
    const options = this.options();
    if (this.busy || i < 0 || i >= options.length) return;
    if (this.mode === 'seen') {
      this.observe(i);
      return;
    }
    this.chosen = i;
    this.querySelectorAll('.option').forEach((b, k) => b.setAttribute('aria-pressed', String(k === i)));
    const send = /** @type {NodeListOf<HTMLButtonElement>} */ (this.querySelectorAll('.send'));
    for (const b of send) b.disabled = false;
    send[0]?.focus({ preventScroll: true });
    this.markPlates();
  }

  /** @private @returns {Option[]} */
  options() { return (this.mode === 'asked' ? this.ask?.options : this.mode === 'seen' ? this.verdict?.ask.options : null) ?? []; }

  /** @private @param {boolean} sure */
  async send(sure) {
    const held = this.ctx?.held;
    if (!held || this.busy || this.chosen < 0) return;
    this.busy = true;
    const reply = await session.command('predict', { trace: this.trace, decision: held.decision, option: this.chosen, sure });
    this.busy = false;
    if (reply?.result) {
      this.verdict = reply.result;
      this.played = false;
      this.mode = 'watch';
    }
    session.plan();
  }

  /** @private @param {number} option */
  async observe(option) {
    const v = this.verdict;
    if (!v) return;
    this.busy = true;
    const reply = await session.command('observe', { trace: this.trace, decision: v.decision, option });
    this.busy = false;
    this.verdict = { ...v, observed: reply?.result?.observed ?? option };
    this.mode = 'why';
    session.plan();
  }

  /** @private */
  goOn() {
    const { ctx } = this;
    this.mode = '';
    this.verdict = null;
    if (ctx && ctx.story.n < ctx.full.balloons.length) playTo(ctx.full.balloons.length);
    session.plan();
  }

  /** @private */
  async leave() {
    const box = /** @type {HTMLInputElement | null} */ (document.querySelector('input[name="predict"]'));
    if (box) box.checked = false;
    await session.command('leave', { trace: this.trace });
    this.mode = '';
    this.verdict = null;
    session.plan();
  }

  /** 1 to 5 choose, Escape leaves; nothing is taken from a field in which somebody types. @private @param {KeyboardEvent} e */
  key(e) {
    if (this.mode !== 'asked' && this.mode !== 'seen' || e.defaultPrevented || e.ctrlKey || e.metaKey || e.altKey || e.isComposing || document.querySelector('dialog[open]')) return;
    const at = /** @type {Element} */ (e.target);
    if (at.matches('input:not([type="checkbox"], [type="range"]), select, textarea')) return;
    const n = Number(e.key);
    if (e.key === 'Escape') this.leave();
    else if (Number.isInteger(n) && n >= 1 && n <= this.options().length) this.choose(n - 1);
    else return;
    e.preventDefault();
    e.stopPropagation();
  }

  /** A plate of the drawing stands for an option, if only one has it. @private @param {string} id */
  optionOf(id) {
    const all = this.options().map((o, i) => ({ o, i })).filter(x => x.o.plate === id);
    return all.length === 1 ? all[0].i : -1;
  }

  /** @private @param {Event} e */
  plate(e) {
    const g = e.target instanceof Element ? e.target.closest('net-drawing [data-plate]') : null;
    const i = g ? this.optionOf(/** @type {HTMLElement} */ (/** @type {any} */ (g)).dataset.plate ?? '') : -1;
    if (i >= 0) this.choose(i);
  }

  /** @private */
  markPlates() {
    for (const g of document.querySelectorAll('net-drawing [data-plate]')) {
      const i = this.optionOf(g.getAttribute('data-plate') ?? '');
      g.classList.toggle('choosable', i >= 0);
      g.classList.toggle('chosen', i >= 0 && i === this.chosen);
    }
  }

  /** @private */
  unmark() { for (const g of document.querySelectorAll('net-drawing .choosable')) g.classList.remove('choosable', 'chosen'); }
}

customElements.define('predict-card', PredictCard);

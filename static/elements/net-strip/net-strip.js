// @ts-check
// One strip for what stands between the page and its server: reconnecting,
// out of reach, a limit, the rest held back, a command that was refused.
// Nothing is shown while all is well.

import { draw, make, SecondTick, setAttr, setText, tell } from '../../js/dom.js';

/** @typedef {import('../../js/types.js').View} View */
/** @typedef {import('../../js/types.js').Context} Context */
/** @typedef {{kind: string, key: string, params?: Record<string, string | number>, action?: [key: string, say: string], ticks?: boolean}} Notice */

/** A blip shorter than this is nobody's business: ms. */
const PATIENCE = 800;

const SIGNS = /** @type {Record<string, string>} */ ({
  reconnecting: 'M1 8h4m6 0h4M5 4v8m6-8v8', offline: 'm3 3 10 10m0-10L3 13', limit: 'M8 1.5a6.5 6.5 0 1 0 0 13 6.5 6.5 0 1 0 0-13M8 4.5V8l2.5 2',
  held: 'M5 3v10M11 3v10', refused: 'm3 3 10 10m0-10L3 13',
});

export class NetStrip extends HTMLElement {
  constructor() {
    super();
    /** @private @type {Context | null} */ this.ctx = null;
    /** When the connection was last lost; 0 while it stands. @private */ this.lostAt = 0;
    /** Error that was dismissed. @private @type {any} */ this.dismissed = null;
    /** @private */ this.tick = new SecondTick(() => this.show());
    /** @private @type {any} */ this.patience = null;
    this.addEventListener('click', e => this.pressed(e));
  }

  disconnectedCallback() {
    this.tick.stop();
    clearTimeout(this.patience);
  }

  /** @param {View} _view @param {Context} ctx */
  update(_view, ctx) {
    this.ctx = ctx;
    const { state } = ctx.connection;
    if (state === 'open' || state === 'connecting') this.lostAt = 0;
    else if (this.lostAt === 0) {
      this.lostAt = performance.now();
      clearTimeout(this.patience);
      this.patience = setTimeout(() => this.show(), PATIENCE + 20);
    }
    this.show();
  }

  /** @private @returns {Notice | null} */
  notice() {
    const { connection, held, limitedUntil, error, full, story } = /** @type {Context} */ (this.ctx), now = performance.now();
    const wait = Math.max(0, Math.ceil((connection.retryAt - now) / 1000));
    if (connection.state === 'offline') return { kind: 'offline', key: 'strip.offline', params: { wait }, action: ['strip.now', 'reconnect'], ticks: true };
    if (connection.state === 'reconnecting' && now - this.lostAt >= PATIENCE) {
      return { kind: 'reconnecting', key: full.balloons.length ? 'strip.reconnecting' : 'strip.reconnecting.empty', params: { n: full.balloons.length, wait }, action: ['strip.now', 'reconnect'], ticks: true };
    }
    if (held && !held.predict && story.n >= full.balloons.length) return { kind: 'held', key: 'strip.held', action: ['strip.release', 'release'] };
    if (limitedUntil > now) return { kind: 'limit', key: 'strip.limit', params: { seconds: Math.ceil((limitedUntil - now) / 1000) }, ticks: true };
    if (error && error !== this.dismissed && !error.field && error.command !== 'lookup') {
      return { kind: 'refused', key: 'error.' + error.code, params: error.params, action: ['strip.close', ''] };
    }
    return null;
  }

  /** @private */
  show() {
    if (!this.ctx) return;
    const notice = this.notice(), { words, error } = this.ctx;
    if (notice?.ticks && this.isConnected) this.tick.start();
    else this.tick.stop();
    this.hidden = !notice;
    if (!notice) return;
    if (!this.firstChild) {
      const text = make('p', 'text'), action = make('button', 'small');
      text.setAttribute('role', 'status');
      action.type = 'button';
      this.append(draw('svg', { viewBox: '0 0 16 16', 'aria-hidden': 'true' }, draw('path', { d: '' })), text, make('span', 'wait'), action);
    }
    setAttr(this, 'data-kind', notice.kind);
    setAttr(/** @type {Element} */ (this.querySelector('path')), 'd', SIGNS[notice.kind]);
    const known = words.has(notice.key) || notice.kind !== 'refused';
    setText(this.querySelector('.text'), known ? words.say(notice.key, notice.params) : error?.text || words.say('error.unknown'));
    // Seconds count beside the sentence: a status that changes each second would be read out each second.
    setText(this.querySelector('.wait'), notice.ticks && notice.params?.wait ? words.say('strip.wait', notice.params) : '');
    const button = /** @type {HTMLButtonElement} */ (this.querySelector('button'));
    button.hidden = !notice.action;
    button.value = notice.action?.[1] ?? '';
    if (notice.action) setText(button, words.say(notice.action[0]));
  }

  /** @private @param {MouseEvent} e */
  pressed(e) {
    const button = /** @type {Element} */ (e.target).closest('button');
    if (!button) return;
    if (button.value) tell(this, button.value);
    else {
      this.dismissed = this.ctx?.error;
      this.show();
    }
  }
}

customElements.define('net-strip', NetStrip);

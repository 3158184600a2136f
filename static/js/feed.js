// @ts-check
// The feed is the page's one WebSocket. Commands get an id of ours and a
// promise; traces that are followed are followed again after every
// reconnection, after the last event that the store has.

/** @typedef {'connecting' | 'open' | 'reconnecting' | 'offline'} Connection */
/** @typedef {{code: string, field?: string, params?: Record<string, string>, text?: string}} CommandError */
/**
 * @typedef {object} Surroundings what tests replace
 * @property {(url: string) => WebSocket} connect
 * @property {(fn: () => void, ms: number) => any} set
 * @property {(id: any) => void} clear
 * @property {() => number} now ms
 * @property {() => number} random
 */

/** @type {Surroundings} */
const browser = {
  connect: url => new WebSocket(url), set: (fn, ms) => setTimeout(fn, ms), clear: id => clearTimeout(id), now: () => performance.now(), random: Math.random,
};

/** Waits between attempts double from the first to the last; after so many in vain the server counts as out of reach. */
const FIRST_WAIT = 500, LAST_WAIT = 30_000, GIVE_UP = 6;

/** A connection that has not been made by then will not be: ms. Between a page and its server may be one who takes it and says nothing. */
export const CONNECT_WAIT = 9_000;

/** A reply that has not come by then will not come: ms. */
const REPLY_WAIT = 40_000;

export class Feed extends EventTarget {
  /**
   * @param {string} url
   * @param {(trace: string) => number} lastSeq seq of the last event of a trace, -1 for none
   * @param {Partial<Surroundings>} [surroundings]
   */
  constructor(url, lastSeq, surroundings) {
    super();
    /** @private */ this.url = url;
    /** @private */ this.lastSeq = lastSeq;
    /** @private */ this.around = { ...browser, ...surroundings };
    /** @type {Connection} */ this.state = 'connecting';
    /** Failed attempts since the connection stood. */ this.attempt = 0;
    /** When the next attempt comes, ms of now(); 0 for none planned. */ this.retryAt = 0;
    /** Frames that made no sense. */ this.malformed = 0;
    /** @private @type {WebSocket | null} */ this.socket = null;
    /** @private @type {any} */ this.timer = null;
    /** @private */ this.serial = 0;
    /** @private @type {Set<string>} */ this.following = new Set();
    /** @private @type {Map<string, {resolve: (v: any) => void, reject: (e: CommandError) => void, timer: any}>} */ this.pending = new Map();
    /** @private */ this.closed = true;
  }

  /** Connects, and keeps connecting until close. */
  open() {
    if (!this.closed) return;
    this.closed = false;
    this.dial();
  }

  /** Ends the connection for good. */
  close() {
    this.closed = true;
    this.drop();
  }

  /** "Now": does not wait for the next attempt. */
  reconnect() {
    if (this.closed || this.state === 'open' || this.socket) return;
    this.around.clear(this.timer);
    this.dial();
  }

  /**
   * Sends a command. The promise is that of its reply, and is rejected with
   * the server's error, or with connection.lost.
   * @param {string} what "lookup", "skip", …
   * @param {Record<string, unknown>} [fields]
   * @returns {Promise<any>}
   */
  send(what, fields) {
    const { socket } = this;
    if (this.state !== 'open' || !socket) return Promise.reject({ code: 'connection.lost' });
    const id = `c${++this.serial}`;
    return new Promise((resolve, reject) => {
      const timer = this.around.set(() => this.settle(id, null, { code: 'connection.lost' }), REPLY_WAIT);
      this.pending.set(id, { resolve, reject, timer });
      socket.send(JSON.stringify({ id, do: what, ...fields }));
    });
  }

  /** @param {{name: string, type: string, network: string, gate?: boolean, dnssec?: boolean, cd?: boolean}} ask @returns {Promise<string>} id of the trace */
  async lookup(ask) {
    const { trace } = await this.send('lookup', ask);
    if (typeof trace !== 'string') throw { code: 'command.malformed' };
    this.following.add(trace); // the server follows it for us from the first event
    return trace;
  }

  /**
   * Follows a trace from where the store is, now and after every reconnection.
   * @param {string} trace
   */
  async follow(trace) {
    this.following.add(trace);
    if (this.state !== 'open') return;
    try {
      await this.send('follow', { trace, after: this.lastSeq(trace) });
    } catch (e) {
      if (/** @type {CommandError} */ (e).code === 'trace.unknown') this.following.delete(trace);
      throw e;
    }
  }

  /** @param {string} trace */
  unfollow(trace) {
    if (this.following.delete(trace) && this.state === 'open') this.send('unfollow', { trace }).catch(() => {});
  }

  /** Asks again for what is missing after a gap. @param {string} trace */
  async refollow(trace) {
    this.unfollow(trace);
    await this.follow(trace);
  }

  /** @private */
  dial() {
    this.timer = null;
    this.retryAt = 0;
    let socket;
    try {
      socket = this.around.connect(this.url);
    } catch {
      this.lost();
      return;
    }
    this.socket = socket;
    this.timer = this.around.set(() => this.lost(), CONNECT_WAIT);
    this.tell();
    socket.onopen = () => {
      if (socket !== this.socket) return;
      this.around.clear(this.timer);
      this.timer = null;
      this.attempt = 0;
      this.state = 'open';
      this.tell();
      for (const trace of this.following) {
        this.follow(trace).catch(error => { if (error.code === 'trace.unknown') this.dispatchEvent(new CustomEvent('unknown', { detail: { trace } })); });
      }
    };
    socket.onmessage = m => { if (socket === this.socket) this.frame(m.data); };
    socket.onclose = () => { if (socket === this.socket) this.lost(); };
  }

  /** @private */
  drop() {
    const { socket } = this;
    this.socket = null;
    this.around.clear(this.timer);
    this.timer = null;
    if (socket) {
      socket.onopen = socket.onmessage = socket.onclose = null;
      socket.close();
    }
    for (const id of [...this.pending.keys()]) this.settle(id, null, { code: 'connection.lost' });
  }

  /** @private */
  lost() {
    this.drop();
    if (this.closed) return;
    this.attempt++;
    this.state = this.attempt >= GIVE_UP ? 'offline' : 'reconnecting';
    // Half of each wait is chance, so that a class does not come back in one instant.
    const wait = Math.min(LAST_WAIT, FIRST_WAIT * 2 ** (this.attempt - 1)) * (0.5 + this.around.random() / 2);
    this.retryAt = this.around.now() + wait;
    this.timer = this.around.set(() => this.dial(), wait);
    this.tell();
  }

  /** @private */
  tell() { this.dispatchEvent(new Event('connection')); }

  /** @private @param {string} id @param {any} value @param {CommandError | null} error */
  settle(id, value, error) {
    const p = this.pending.get(id);
    if (!p) return;
    this.pending.delete(id);
    this.around.clear(p.timer);
    if (error) p.reject(error);
    else p.resolve(value);
  }

  /** @private @param {unknown} text */
  frame(text) {
    let f;
    try {
      f = JSON.parse(/** @type {string} */ (text));
    } catch { /* counted below */ }
    if (typeof f !== 'object' || f === null || Array.isArray(f)) {
      this.malformed++;
      return;
    }
    const send = (/** @type {string} */ type, /** @type {any} */ detail) => this.dispatchEvent(new CustomEvent(type, { detail }));
    if (typeof f.id === 'string') this.settle(f.id, f, f.error && typeof f.error.code === 'string' ? f.error : null);
    else if (typeof f.trace === 'string' && Array.isArray(f.events) && f.events.every(isEvent)) send('events', { trace: f.trace, events: f.events });
    else if (typeof f.trace === 'string' && f.end === true) send('end', { trace: f.trace, seq: f.seq });
    else if (typeof f.trace === 'string' && typeof f.held?.decision === 'string' && Number.isInteger(f.held.after)) send('held', { trace: f.trace, held: f.held });
    else if (isRoom(f.room)) send('room', f.room);
    else if (f.error && typeof f.error.code === 'string') send('refused', f.error);
    else this.malformed++;
  }
}

/** @param {any} e */
export const isEvent = e => typeof e === 'object' && e !== null && Number.isInteger(e.seq) && e.seq >= 0 && typeof e.atUs === 'number'
  && Number.isInteger(e.step) && Number.isInteger(e.parent) && typeof e.kind === 'string' && typeof e.fact === 'object' && e.fact !== null;

/** @param {any} r */
const isRoom = r => typeof r === 'object' && r !== null && typeof r.clock?.lesson === 'string' && !Number.isNaN(Date.parse(r.clock.lesson))
  && Number.isFinite(r.clock.rate) && Array.isArray(r.caches) && r.caches.every((/** @type {any} */ c) => typeof c?.cache === 'string' && Array.isArray(c.entries));

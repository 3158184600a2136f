// @ts-check
// The store keeps what has arrived: one log a trace, and the cursor into the
// trace on show. Views are folded once, on arrival; the view at every balloon
// is kept, so that going to a balloon costs nothing and equals playing to it.

import { emptyView, reduce } from './reduce.js';

/** @typedef {import('./types.js').TraceEvent} TraceEvent */
/** @typedef {import('./types.js').View} View */
/** @typedef {{n: number, phase: 'pause' | 'travel' | 'rest'}} Cursor n: balloon; "rest" once it has landed */

/** Traces kept besides the one on show. */
const KEPT = 16;

export class Log {
  /** @param {string} trace */
  constructor(trace) {
    this.trace = trace;
    /** @type {TraceEvent[]} */ this.events = [];
    /** All events so far. @type {View} */ this.full = emptyView();
    /** views[n] is the view once balloon n has landed. @type {View[]} */ this.views = [this.full];
    /** No more events will come. */ this.ended = false;
    /** The server holds the rest back. @type {import('./types.js').Held | null} */ this.held = null;
    /** Events that the fold could not read. */ this.unreadable = 0;
  }

  /** Seq of the last event, -1 before the first: what to follow after. */
  get seq() { return this.events.length - 1; }

  /**
   * Adds events. Those already here are left out; after a gap nothing is
   * added, so that the log stays without gaps.
   * @param {TraceEvent[]} events
   * @returns {{added: number, gap: boolean}}
   */
  append(events) {
    let added = 0;
    for (const e of events) {
      if (e.seq < this.events.length) continue;
      if (e.seq > this.events.length) return { added, gap: true };
      this.events.push(e);
      added++;
      try {
        this.full = reduce(this.full, e);
      } catch {
        this.unreadable++; // a fact of another shape than ours: kept in the log, drawn by nobody
      }
      this.views[this.full.balloons.length] = this.full;
    }
    if (added && this.held && this.seq > this.held.after) this.held = null;
    return { added, gap: false };
  }

  /** The view once balloon n has landed; 0 is the ready drawing. @param {number} n */
  viewAt(n) { return this.views[Math.max(0, Math.min(n, this.views.length - 1))]; }
}

/** Dispatches "change" after every change; listeners read what they need. */
export class Store extends EventTarget {
  constructor() {
    super();
    /** @private @type {Map<string, Log>} */ this.logs = new Map();
    /** The trace on show. @type {Log} */ this.log = new Log('');
    /** @type {Cursor} */ this.cursor = { n: 0, phase: 'rest' };
    /** The last state of the room that the server told. @type {any} */ this.room = null;
  }

  /** The log of a trace, made if there is none. @param {string} trace */
  open(trace) {
    let log = this.logs.get(trace);
    if (!log) {
      log = new Log(trace);
      this.logs.set(trace, log);
      for (const [id, old] of this.logs) {
        if (this.logs.size <= KEPT + 1) break;
        if (old !== this.log && old !== log) this.logs.delete(id);
      }
    }
    return log;
  }

  /** @param {string} trace */
  has(trace) { return this.logs.has(trace); }

  /** Shows another trace, from its beginning. @param {string} trace */
  show(trace) {
    const log = this.open(trace);
    if (log === this.log) return log;
    this.log = log;
    this.cursor = { n: 0, phase: 'rest' };
    this.changed();
    return log;
  }

  /**
   * @param {string} trace
   * @param {TraceEvent[]} events
   */
  append(trace, events) {
    const log = this.open(trace), result = log.append(events);
    if (result.added && log === this.log) this.changed();
    return result;
  }

  /** @param {string} trace */
  end(trace) {
    const log = this.open(trace);
    log.ended = true;
    log.held = null;
    if (log === this.log) this.changed();
  }

  /** @param {string} trace @param {import('./types.js').Held | null} held */
  hold(trace, held) {
    const log = this.open(trace);
    log.held = held;
    if (log === this.log) this.changed();
  }

  /** @param {any} room */
  enter(room) {
    this.room = room;
    this.changed();
  }

  /** Moves the cursor. @param {number} n @param {Cursor['phase']} [phase] */
  seek(n, phase = 'rest') {
    n = Math.max(0, Math.min(n, this.full.balloons.length));
    if (n === 0) phase = 'rest';
    if (n === this.cursor.n && phase === this.cursor.phase) return;
    this.cursor = { n, phase };
    this.changed();
  }

  /** Every event so far. */
  get full() { return this.log.full; }

  /** What is known at the cursor: a balloon under way has not yet taught anything. */
  get view() { return this.log.viewAt(this.cursor.phase === 'rest' ? this.cursor.n : this.cursor.n - 1); }

  /** @private */
  changed() { this.dispatchEvent(new Event('change')); }
}

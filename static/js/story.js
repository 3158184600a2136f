// @ts-check
// Story time: when each balloon of a trace is played on the screen. It is not
// to scale: every message travels as long as every other. One timer waits for
// the next boundary; between boundaries the elements animate by themselves
// (WAAPI) from what a "change" event tells.

/** Screen milliseconds at speed 1. */
export const TRAVEL = 1100, LOOK = 900, REST = 500, PAUSE = 900, REDUCED_REST = 3000;

/** A balloon this much later than the one before is announced by a pause. */
const GAP_US = 5_000_000;

export const SPEEDS = Object.freeze([0.5, 1, 2]);

/** Kinds of balloons at which nothing is sent. */
const LOCAL = new Set(['cache', 'sidewalk', 'restart', 'limit', 'errand', 'check', 'verdict']);

/** @typedef {{kind: string, atUs: number}} Playable a balloon, as far as the story minds */
/** @typedef {{pause: number, travel: number, rest: number, end: number}} Stop begin of each phase, and the end, in story ms */
/** @typedef {'pause' | 'travel' | 'rest'} Phase */
/**
 * @typedef {object} StoryState
 * @property {number} n balloon being played or last played, 0 before the first
 * @property {Phase} phase of balloon n; "rest" once it has landed
 * @property {number} at story ms
 * @property {number} elapsed story ms in this phase
 * @property {number} duration of this phase, story ms
 * @property {boolean} moving story time runs now
 * @property {boolean} playing goes on after this step
 * @property {boolean} leading plays by itself up to a balloon, then waits for steps
 * @property {boolean} waiting playing, but the next balloon has not arrived
 * @property {number} speed
 * @property {boolean} reduced nothing travels
 * @property {number} count balloons that have arrived
 * @property {number} total story ms of all that have arrived
 */
/**
 * @typedef {object} Timers
 * @property {() => number} now ms
 * @property {(fn: () => void, ms: number) => any} set
 * @property {(id: any) => void} clear
 */

/** @type {Timers} */
const realTimers = { now: () => performance.now(), set: (fn, ms) => setTimeout(fn, ms), clear: id => clearTimeout(id) };

/**
 * The stops of a trace: stops[n] for balloon n, stops[0] the ready drawing.
 * @param {Playable[]} balloons
 * @param {boolean} [reduced] reduced motion: no travel, a longer rest
 * @returns {Stop[]}
 */
export function schedule(balloons, reduced = false) {
  let t = 0, before = 0;
  const stops = [{ pause: 0, travel: 0, rest: 0, end: 0 }];
  for (const b of balloons) {
    const pause = t, travel = pause + (!reduced && stops.length > 1 && b.atUs - before >= GAP_US ? PAUSE : 0);
    const rest = travel + (reduced ? 0 : LOCAL.has(b.kind) ? LOOK : TRAVEL);
    t = rest + (reduced ? REDUCED_REST : REST);
    stops.push({ pause, travel, rest, end: t });
    before = b.atUs;
  }
  return stops;
}

export class Story extends EventTarget {
  /** @param {Partial<Timers>} [timers] */
  constructor(timers) {
    super();
    /** @private */ this.timers = { ...realTimers, ...timers };
    /** @private @type {any} */ this.timer = null;
    /** @private @type {Playable[]} */ this.balloons = [];
    /** @type {Stop[]} */ this.stops = schedule([]);
    /** @private */ this.n = 0;
    /** @private @type {Phase} */ this.phase = 'rest';
    /** Story ms at the last boundary, seek or pause. @private */ this.at = 0;
    /** Real ms at that moment. @private */ this.since = 0;
    /** @private */ this.moving = false;
    /** @private */ this.playing = false;
    /** Where playing stops by itself. @private @type {((b: Playable) => boolean) | null} */ this.until = null;
    /** @private */ this.ended = false;
    /** @private */ this.speed = 1;
    /** @private */ this.reduced = false;
  }

  /** @returns {StoryState} */
  get state() {
    const stop = this.stops[this.n], from = stop[this.phase], at = this.position();
    return {
      n: this.n, phase: this.phase, at, elapsed: at - from, duration: this.phaseEnd() - from, moving: this.moving, playing: this.playing, leading: this.until !== null,
      waiting: this.playing && !this.moving, speed: this.speed, reduced: this.reduced, count: this.stops.length - 1, total: this.stops[this.stops.length - 1].end,
    };
  }

  /** Another trace: everything from the beginning. @param {Playable[]} balloons @param {boolean} ended @param {boolean} [play] */
  reset(balloons, ended, play = false) {
    this.stop();
    this.until = null;
    this.balloons = balloons;
    this.stops = schedule(balloons, this.reduced);
    this.ended = ended;
    this.place(0, 'rest');
    this.playing = play;
    if (play) this.resume();
    this.tell('reset');
  }

  /**
   * More of the same trace has arrived. What plays goes on; at the end of what
   * there was, a playing story continues.
   * @param {Playable[]} balloons all of them
   * @param {boolean} ended
   */
  extend(balloons, ended) {
    const more = balloons.length !== this.balloons.length || balloons[balloons.length - 1]?.kind !== this.balloons[this.balloons.length - 1]?.kind;
    const end = ended !== this.ended;
    this.balloons = balloons;
    this.ended = ended;
    if (more) this.stops = schedule(balloons, this.reduced);
    if (this.n >= this.stops.length) { // one trace never shrinks; whatever this is, the end of it is on show
      this.stop();
      this.moving = false;
      this.rest();
      this.place(this.stops.length - 1, 'rest');
    }
    if (this.playing && !this.moving && this.n < this.stops.length - 1) this.resume();
    else if (end && this.playing && !this.moving) this.rest();
    if (more || end) this.tell('arrival');
  }

  /** Plays on from here; from the beginning if everything was played. */
  play() {
    if (this.playing) return;
    if (this.atEnd() && this.ended) this.place(0, 'rest');
    this.playing = true;
    if (!this.moving) this.resume();
    this.tell('play');
  }

  /**
   * Plays until a balloon has landed, or to the end: so that something happens
   * when it was asked for. Then it waits for steps. Whatever a person does
   * meanwhile ends it.
   * @param {(b: any) => boolean} until
   */
  playUntil(until) {
    this.until = until;
    this.playing = true;
    if (!this.moving) this.resume();
    this.tell('play');
  }

  /** Stops here, even between two boundaries. */
  pause() {
    if (!this.playing && !this.moving) return;
    this.freeze();
    this.playing = false;
    this.tell('pause');
  }

  toggle() { if (this.playing) this.pause(); else this.play(); }

  /** Plays the next balloon and stops; one under way lands at once. */
  step() {
    const under = this.phase !== 'rest';
    this.freeze();
    this.playing = false;
    if (under) this.place(this.n, 'rest');
    // Pressed while a balloon travels: that one lands and the next one leaves.
    // At a pause in mid-travel, landing is the step.
    if (!under || this.wasMoving) {
      if (this.n < this.stops.length - 1) this.leave(this.n + 1);
    }
    this.tell('step');
  }

  /** The drawing as it was one balloon earlier. */
  back() { this.seek(this.n - 1); }

  first() { this.seek(0); }

  last() { this.seek(this.stops.length - 1); }

  /** Balloon n landed, nothing moving. @param {number} n */
  seek(n) {
    this.freeze();
    this.playing = false;
    this.place(Math.max(0, Math.min(Math.trunc(n) || 0, this.stops.length - 1)), 'rest');
    this.tell('seek');
  }

  /** Any instant of the story, nothing moving: dragging the scrubber. @param {number} ms story ms */
  seekTime(ms) {
    this.freeze();
    this.playing = false;
    ms = Math.max(0, Math.min(ms, this.stops[this.stops.length - 1].end));
    let n = this.stops.findIndex(s => ms < s.end);
    if (n < 0) n = this.stops.length - 1;
    const s = this.stops[n];
    this.place(n, ms < s.travel ? 'pause' : ms < s.rest ? 'travel' : 'rest');
    this.at = ms;
    this.tell('scrub');
  }

  /** @param {number} speed one of SPEEDS */
  setSpeed(speed) {
    if (!SPEEDS.includes(speed) || speed === this.speed) return;
    const { moving, until } = this;
    this.freeze();
    this.until = until;
    this.speed = speed;
    if (moving) this.run();
    this.tell('speed');
  }

  /** Reduced motion: Next lands at once, Play rests three seconds a balloon. @param {boolean} reduced */
  setReduced(reduced) {
    if (reduced === this.reduced) return;
    const { playing, until } = this;
    this.freeze();
    this.until = until;
    this.reduced = reduced;
    this.stops = schedule(this.balloons, reduced);
    this.place(this.n, 'rest');
    if (playing) this.resume();
    this.tell('motion');
  }

  /** No timer is left behind. */
  close() { this.stop(); }

  /** @private */
  atEnd() { return this.n === this.stops.length - 1 && this.phase === 'rest'; }

  /** @private */
  position() {
    const end = this.phaseEnd();
    if (!this.moving) return Math.min(this.at, end);
    return Math.min(end, this.at + (this.timers.now() - this.since) * this.speed);
  }

  /** @private */
  phaseEnd() {
    const s = this.stops[this.n];
    return this.phase === 'pause' ? s.travel : this.phase === 'travel' ? s.rest : s.end;
  }

  /** @private @param {number} n @param {Phase} phase */
  place(n, phase) {
    this.n = n;
    this.phase = phase;
    this.at = this.stops[n][phase];
  }

  /** Balloon n leaves: a pause first where one is declared. @private @param {number} n */
  leave(n) {
    const s = this.stops[n];
    this.place(n, s.pause < s.travel ? 'pause' : s.travel < s.rest ? 'travel' : 'rest');
    if (this.phase === 'rest') this.arrived();
    if (this.phase !== 'rest' || this.playing) this.run();
    else this.moving = false;
  }

  /** Playing up to a balloon ends when that one has landed. @private */
  arrived() {
    if (this.until?.(this.balloons[this.n - 1])) {
      this.until = null;
      this.playing = false;
    }
  }

  /** Goes on with what was begun, or with the next balloon. @private */
  resume() {
    if (this.phase !== 'rest' || this.position() < this.phaseEnd()) this.run();
    else if (this.n < this.stops.length - 1) this.leave(this.n + 1);
    else {
      this.moving = false;
      if (this.ended) this.rest();
    }
  }

  /** Playing is over. @private */
  rest() {
    this.playing = false;
    this.until = null;
  }

  /** @private */
  run() {
    this.stop();
    this.moving = true;
    this.since = this.timers.now();
    this.timer = this.timers.set(() => this.boundary(), Math.max(0, (this.phaseEnd() - this.at) / this.speed));
  }

  /**
   * A phase is over. Time is taken anew from here, so that a tab that slept
   * goes on where it was instead of jumping.
   * @private
   */
  boundary() {
    this.timer = null;
    this.moving = false;
    this.at = this.phaseEnd();
    if (this.phase === 'pause') {
      this.place(this.n, 'travel');
      this.run();
    } else if (this.phase === 'travel') {
      this.place(this.n, 'rest');
      this.arrived();
      if (this.playing) this.run();
    } else this.resume();
    this.tell(this.phase === 'rest' && this.position() === this.stops[this.n].rest ? 'land' : 'travel');
  }

  /** @private */
  freeze() {
    this.until = null;
    this.at = this.position();
    /** @private */ this.wasMoving = this.moving;
    this.stop();
    this.moving = false;
  }

  /** @private */
  stop() {
    if (this.timer !== null) this.timers.clear(this.timer);
    this.timer = null;
  }

  /** @private @param {string} cause reset arrival play pause step seek scrub speed motion travel land */
  tell(cause) { this.dispatchEvent(new CustomEvent('change', { detail: { cause, ...this.state } })); }
}

/** The step and the field that the page's address names: #s=6&f=ttl. @returns {{n: number, field: string}} */
export function addressed() {
  const m = /^#s=(\d{1,4})(?:&f=([\w.]{1,60}))?/.exec(location.hash);
  return { n: Number(m?.[1] ?? 0), field: m?.[2] ?? '' };
}

/** The end of an address for a place, "" for the beginning. @param {number} n @param {string} [field] */
export const hashOf = (n, field) => n ? `#s=${n}${field ? `&f=${field}` : ''}` : '';

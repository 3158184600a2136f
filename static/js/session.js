// @ts-check
// One page's session: feed → store → story → elements.update(view, ctx).
// Elements say what a person did by "rw:…" events; nobody else listens to them.

import { Feed, isEvent } from './feed.js';
import { Prefs } from './prefs.js';
import { Store } from './store.js';
import { addressed, hashOf, Story } from './story.js';
import { partsOf } from './word-parts.js';

/** @typedef {import('./types.js').Context} Context */
/** @typedef {HTMLElement & {update?: (view: import('./types.js').View, ctx: Context) => void, settle?: () => void}} Drawn */

const { body } = document;
/** Elements that are drawn, by name. @type {Set<string>} */
const drawn = new Set();

const room = body.dataset.room || 'main';
export const store = new Store(), story = new Story(), prefs = new Prefs(body.dataset.words?.split(' ').filter(Boolean));
export const feed = new Feed(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/live?room=${encodeURIComponent(room)}`, trace => store.has(trace) ? store.open(trace).seq : -1);

/** Traces that the server of this room knows; others are recordings. @type {Set<string>} */
const live = new Set();
/** @type {Context['asking']} */ let asking = null;
/** @type {Context['error']} */ let error = null;
let limitedUntil = 0, heardAt = 0;
/** Where each balloon is on the drawing's grid. @type {Record<number, string>} */ let refs = {};
/** The step and field that the address names, or that were chosen last. */ let place = addressed();
/** Lesson time when the last room frame came. */
const clock = { lesson: 0, real: 0, at: 0, rate: 1, known: false, now() { return this.lesson + (performance.now() - this.at) * this.rate; } };

/* ------------------------------------------------------------ one render -- */

/** Something is to be drawn: from the start, until the words are there. */
let planned = true;
/** How many fetches of words are under way: nothing is drawn before they are there. */
let unspoken = 0;

/** Takes events in, and the words that they need besides the common ones. @param {string} trace @param {import('./types.js').TraceEvent[]} events */
function take(trace, events) {
  const parts = partsOf(events);
  if (!prefs.has(parts) && (!body.dataset.detail || body.dataset.trace === trace)) { // a detail sheet says nothing of other traces
    unspoken++;
    prefs.add(parts).catch(e => console.error(e)).finally(() => { unspoken--; plan(); });
  }
  return store.append(trace, events);
}
/** Draws everything anew, soon. */
export function plan() {
  if (planned || unspoken) return;
  planned = true;
  queueMicrotask(() => { planned = false; render(); });
}

/** Draws everything at once. */
function render() {
  const steps = drawing();
  while (!steps.next().done);
}

/** The rest of the page's work goes on in a task of its own: at once, where a browser lets it, since timers of a page in the background wait for seconds. */
const breath = () => /** @type {any} */ (globalThis).scheduler?.yield?.() ?? new Promise(done => setTimeout(done));

/** Draws everything, an element a task: on a slow phone the first drawing would otherwise hold up fingers and scrolling. */
async function renderSlowly() {
  for (const _ of drawing()) await breath();
}

/** Draws one element after the other. */
function* drawing() {
  const { log, full, view, cursor } = store;
  body.dataset.trace = log.trace; // for style sheets, tests and curious people
  body.toggleAttribute('data-ended', log.ended);
  body.dataset.connection = feed.state;
  body.toggleAttribute('data-dnssec', full.dnssec !== null);
  /** @type {Context} */
  const ctx = {
    words: prefs.words, lang: prefs.lang, theme: prefs.theme, projector: document.documentElement.dataset.mode === 'projector',
    full, viewAt: n => log.viewAt(n), story: story.state, stops: story.stops, events: log.events, trace: log.trace, ended: log.ended, held: log.held,
    recorded: !live.has(log.trace), room: store.room, clock, heardAt,
    atEnd: log.ended && cursor.phase === 'rest' && cursor.n === full.balloons.length && live.has(log.trace) && store.room !== null,
    connection: { state: feed.state, attempt: feed.attempt, retryAt: feed.retryAt },
    asking, error, limitedUntil, refs, field: place.n === story.state.n ? place.field : '',
  };
  const elements = /** @type {Drawn[]} */ ([...document.querySelectorAll([...drawn].join(','))]);
  // First everything is written, then places are read: the page is laid out once, not once an element.
  for (const act of /** @type {((el: Drawn) => void)[]} */ ([el => el.update?.(view, ctx), el => el.settle?.()])) {
    for (const el of elements) {
      try {
        act(el);
      } catch (e) {
        console.error(el.localName, e); // one element's mistake must not blank the others
      }
      yield;
    }
  }
}

/* ----------------------------------------------------------------- traces -- */

/** The log that the story plays. */
let told = store.log;

/** Shows a trace from its beginning, or at a step. @param {string} trace @param {number} [step] @param {boolean} [play] */
export function show(trace, step = 0, play = false) {
  const log = told = store.show(trace);
  story.reset(log.full.balloons, log.ended, play);
  if (step > 0) story.seek(step);
}

/** Where a trace is shown on the sheet that this page is. @param {string} trace */
const placeOf = trace => `/lookups/${encodeURIComponent(trace)}${body.dataset.detail ? `/${body.dataset.detail}` : ''}${room === 'main' ? '' : `?room=${room}`}`;

/**
 * Shows a trace that this page began, under its own address. A detail sheet is
 * made by the server, so there the page is left for that of the trace.
 * @param {string} trace
 * @param {boolean} [play]
 */
export function go(trace, play = false) {
  live.add(trace);
  if (body.dataset.detail) { location.assign(placeOf(trace)); return; }
  show(trace, 0, play);
  history.pushState({ trace }, '', placeOf(trace));
  for (const a of document.querySelectorAll('a[data-detail]')) {
    const key = /** @type {HTMLElement} */ (a).dataset.detail;
    a.setAttribute('href', `/lookups/${encodeURIComponent(trace)}${key ? `/${key}` : ''}${room === 'main' ? '' : `?room=${room}`}`);
  }
}

/**
 * Reads a trace file, and follows the trace if this room has it.
 * @param {string} trace
 * @param {string} url
 * @param {number} step
 */
async function read(trace, url, step) {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`trace: ${response.status}`);
  receive(trace, await response.json());
  show(trace, step);
}

/** @param {string} trace @param {any} file a trace file */
function receive(trace, file) {
  if (!Array.isArray(file?.events) || !file.events.every(isEvent)) throw new Error('not a trace file');
  take(trace, file.events);
  if (store.open(trace).full.state === 'finished') store.end(trace);
}

/** @param {string} trace */
async function follow(trace) {
  try {
    await feed.follow(trace);
    live.add(trace);
    plan();
  } catch { /* trace.unknown: a recording, complete as it is */ }
}

/**
 * How to ask, as the form has it: on which network (the lab where there is no
 * switch), whether the learner wants to say first what comes next, and what is
 * asked of DNSSEC. What is out of sight is not asked for.
 */
function manner() {
  const form = /** @type {HTMLFormElement} */ (document.querySelector('#ask')), f = new FormData(form);
  return { network: String(f.get('network') ?? 'lab'), gate: f.has('predict'), dnssec: f.has('dnssec'), cd: f.has('cd') && form.querySelector('.cd')?.checkVisibility() === true };
}

/** @param {{name: string, type: string}} q */
async function lookup({ name, type }) {
  if (asking) return;
  const play = story.state.playing && !story.state.leading;
  const request = asking = { name, type, since: performance.now() };
  error = null;
  plan();
  try {
    const trace = feed.state === 'open' ? await feed.lookup({ name, type, ...manner() }) : await post(name, type);
    go(trace, play);
    // Something visible follows from "Look up": the device's own query leaves.
    if (!play) story.playUntil(b => b.kind === 'query' && b.host === 'device');
    if (store.log.ended) asking = null;
  } catch (e) {
    refuse(/** @type {any} */ (e), 'lookup');
    if (asking === request) asking = null;
  }
  plan();
}

/** Where no WebSocket gets through, plain HTTP still does. @param {string} name @param {string} type @returns {Promise<string>} */
async function post(name, type) {
  let response;
  try {
    response = await fetch('/lookups', { method: 'POST', headers: { 'content-type': 'application/json', accept: 'application/json' }, body: JSON.stringify({ name, type, room, ...manner() }) });
  } catch {
    throw { code: 'connection.lost' };
  }
  const answer = await response.json().catch(() => null);
  if (answer?.error) throw answer.error;
  if (!response.ok || typeof answer?.id !== 'string') throw { code: 'connection.lost' };
  receive(answer.id, answer);
  return answer.id;
}

/** Shows what was wrong. @param {import('./feed.js').CommandError} e @param {string} [command] */
export function refuse(e, command = '') {
  error = { command, code: e?.code ?? 'connection.lost', field: e?.field ?? '', params: e?.params ?? {}, text: e?.text ?? '' };
  const seconds = Number(error.params.seconds);
  if (error.code === 'busy' && seconds > 0) limitedUntil = performance.now() + seconds * 1000;
  plan();
}

/**
 * Sends a command; a refusal is shown on the page. The promise is of the reply,
 * null where it was refused.
 * @param {string} what
 * @param {Record<string, unknown>} fields
 */
export const command = (what, fields) => feed.send(what, fields).then(reply => { error = null; plan(); return reply; }, e => { refuse(e, what); return null; });

/* ---------------------------------------------------------------- wiring -- */

store.addEventListener('change', () => {
  const { log } = store;
  if (log.ended && asking) asking = null;
  if (log === told) story.extend(log.full.balloons, log.ended);
  plan();
});

story.addEventListener('change', e => {
  const { n, phase, playing, moving, cause } = /** @type {CustomEvent} */ (e).detail;
  store.seek(n, phase);
  if (!playing && !moving && phase === 'rest' && ['land', 'step', 'seek', 'pause'].includes(cause)) {
    // A place to come back to. Browsers limit how often this may be done.
    keepPlace(n);
  }
  plan();
});

/** @param {number} n */
function keepPlace(n) {
  try { history.replaceState(history.state, '', hashOf(n, place.n === n ? place.field : '') || location.pathname + location.search); } catch { /* the next step tries again */ }
}

prefs.addEventListener('change', () => { story.setReduced(prefs.reduced); plan(); });

feed.addEventListener('connection', plan);
feed.addEventListener('events', e => {
  const { trace, events } = /** @type {CustomEvent} */ (e).detail;
  live.add(trace);
  heardAt = performance.now();
  if (take(trace, events).gap) feed.refollow(trace).catch(() => {});
});
feed.addEventListener('end', e => {
  const { trace, seq } = /** @type {CustomEvent} */ (e).detail;
  if (Number.isInteger(seq) && store.open(trace).seq < seq) feed.refollow(trace).catch(() => {});
  else {
    store.end(trace);
    feed.unfollow(trace);
  }
});
feed.addEventListener('held', e => { const { trace, held } = /** @type {CustomEvent} */ (e).detail; store.hold(trace, held); if (held.predict) { asking = null; need('predict-card', ['predict']).catch(() => {}); } });
feed.addEventListener('refused', e => refuse(/** @type {CustomEvent} */ (e).detail));
feed.addEventListener('unknown', () => { asking = null; plan(); });
feed.addEventListener('room', e => {
  const room = /** @type {CustomEvent} */ (e).detail;
  Object.assign(clock, { lesson: Date.parse(room.clock.lesson), real: Date.parse(room.clock.real), at: performance.now(), rate: room.clock.rate, known: true });
  store.enter(room);
});

/** @type {Record<string, (detail: any) => void>} */
const said = {
  step: () => story.step(), back: () => story.back(), first: () => story.first(), last: () => story.last(),
  play: () => story.play(), pause: () => story.pause(), toggle: () => story.toggle(),
  seek: d => story.seek(d.n), scrub: d => story.seekTime(d.ms), speed: d => story.setSpeed(d.speed),
  lookup: d => { lookup(d); },
  skip: d => command('skip', { seconds: d.seconds }), rate: d => command('rate', { rate: d.rate }),
  flush: d => command('flush', { cache: d.cache, ...(d.name ? { name: d.name, type: d.type } : {}) }),
  release: () => { if (store.log.held && !store.log.held.predict) command('release', { trace: store.log.trace, decision: store.log.held.decision }); },
  reconnect: () => feed.reconnect(),
  lang: d => { prefs.setLang(d.lang).catch(() => refuse({ code: 'connection.lost' })); },
  theme: d => prefs.setTheme(d.theme), motion: d => prefs.setMotion(d.motion),
  field: d => { place = { n: story.state.n, field: d.field }; keepPlace(place.n); },
  layout: d => { refs = d.refs ?? {}; plan(); },
  projector: () => {
    const { dataset } = document.documentElement;
    if (dataset.mode === 'projector') delete dataset.mode;
    else dataset.mode = 'projector';
    plan();
  },
};
/** Does something when an element says "rw:…". @param {string} what @param {(detail: any) => void} act */
export function on(what, act) { document.addEventListener(`rw:${what}`, e => act(/** @type {CustomEvent} */ (e).detail ?? {})); }
for (const [what, act] of Object.entries(said)) on(what, act);

/* ---------------------------------------------------------------- by need -- */

/** What has been loaded by need. @type {Map<string, Promise<any>>} */
const loaded = new Map();

/**
 * Loads an element that is not part of the page from the start: its module, its
 * styles, and its words where they are a part of their own. From then on it is
 * drawn like any other. A module that exports wire(session) is given the means
 * to act, once.
 * @param {string} name
 * @param {string[]} [parts] families of words
 * @returns {Promise<any>} the module
 */
export function need(name, parts = []) {
  let module = loaded.get(name);
  if (!module) {
    const base = `/static/elements/${name}/${name}`;
    module = Promise.all([import(`${base}.js`), styles(`${base}.css`), prefs.add(parts)]).then(([m]) => {
      m.wire?.({ store, story, prefs, feed, command, refuse, show, go, on, plan, need, clock, place: () => place });
      drawn.add(name);
      plan();
      return m;
    });
    module.catch(() => loaded.delete(name)); // a later attempt may succeed
    loaded.set(name, module);
  }
  return module;
}

/** @param {string} href @returns {Promise<void>} once the styles apply */
const styles = href => new Promise((done, failed) => {
  const link = document.createElement('link');
  link.rel = 'stylesheet';
  link.href = href;
  link.onload = () => done();
  link.onerror = failed;
  document.head.append(link);
});

/** A control with data-need="share" brings that element; data-need-words names its words. */
document.addEventListener('click', e => {
  const control = e.target instanceof Element ? /** @type {HTMLElement | null} */ (e.target.closest('[data-need]')) : null;
  if (!control) return;
  e.preventDefault();
  const { need: name = '', needWords = '' } = control.dataset;
  need(name, needWords.split(' ').filter(Boolean)).then(m => m.open?.(control), () => refuse({ code: 'connection.lost' }));
});

addEventListener('online', () => feed.reconnect());
addEventListener('pagehide', () => feed.close());
addEventListener('pageshow', e => { if (e.persisted) feed.open(); });
addEventListener('popstate', () => {
  const trace = /^\/lookups\/([^/.]+)(?:\/|$)/.exec(location.pathname)?.[1] ?? (body.dataset.recorded !== undefined ? body.dataset.trace : '');
  place = addressed(); // before anything is sought: that keeps the place in the address
  if (!trace || trace === store.log.trace) story.seek(place.n);
  else if (store.has(trace)) show(trace, place.n);
  else location.reload();
});
addEventListener('hashchange', () => { place = addressed(); if (place.n !== story.state.n) story.seek(place.n); plan(); });

async function begin() {
  const { trace, traceUrl } = body.dataset;
  story.setReduced(prefs.reduced);
  await Promise.all([prefs.load(), trace && traceUrl ? read(trace, traceUrl, place.n).catch(e => console.error(e)) : null]);
  // What the server says meanwhile is in the first whole drawing.
  feed.open();
  if (trace && body.dataset.recorded === undefined) follow(trace);
  await breath();
  await renderSlowly();
  planned = false;
  plan();
  if (document.readyState === 'complete') linkTerms();
  else addEventListener('load', linkTerms);
}

/** Terms become links when there is nothing else to do, and not before the page is written: texts that change later say so. */
const linkTerms = () => (window.requestIdleCallback ?? setTimeout)(() => { need('term-links', ['terms']).catch(() => { /* then they stay words */ }); });

/** Begins the page. @param {string[]} elements names of the elements that it draws */
export function start(...elements) {
  // On a narrow screen the row of sheets scrolls: the one on show is in sight.
  const tab = /** @type {HTMLElement | null} */ (document.querySelector('.detail-index [aria-current]')), row = tab?.closest('nav');
  if (tab && row) row.scrollLeft = tab.offsetLeft + (tab.offsetWidth - row.clientWidth) / 2;
  for (const e of elements) drawn.add(e);
  if (body.dataset.reach !== undefined) need('network-choice', ['reach']).catch(e => console.error(e));
  begin().catch(e => console.error(e));
}

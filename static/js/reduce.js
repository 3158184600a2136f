// @ts-check
// reduce folds one event into the view of a trace: what is known after it.
// It is pure: it never changes the view it is given, and shares with it what
// stayed the same, so that a view of every step can be kept. The same fold
// exists in templates/fold.go; golden files hold the two together.

import { changeCache, hostOf, row, rowIndex } from './fold-caches.js';
import { enclosing, hostPlate, learnZone, listServers, markServer, newZonePlate, plateIndex, serverPlate, setPlate, withServer, zonePlate } from './fold-plates.js';
import { trustRules } from './fold-trust.js';
import { canonical, last, lineOf, PLAIN, resultOf, short, tells } from './line.js';

/** @typedef {import('./types.js').TraceEvent} TraceEvent */
/** @typedef {import('./types.js').View} View */
/** @typedef {import('./types.js').Balloon} Balloon */
/** @typedef {import('./types.js').Row} Row */

/**
 * What the fold must remember but nobody draws: kept under a symbol, so that
 * the view's JSON is only what the specification names.
 */
const MEMORY = Symbol('memory');

/**
 * @typedef {object} Memory
 * @property {boolean} fresh some cache row is "new" or "hit"
 * @property {Record<number, boolean>} side steps seen; true for those of side walks
 * @property {number} opening step in which an address was just wanted, 0 for none
 * @property {boolean} journey the trace goes on after its lookup
 * @property {number} rank how much the line of a cache balloon tells
 */

/** @type {View & {[MEMORY]: Memory}} */
const EMPTY = Object.freeze({
  title: '', network: '', state: 'empty', truncated: false,
  question: null, outcome: '', rcode: '', records: [], lesson: null,
  startedUs: 0, elapsedUs: 0, counts: { stub: 0, resolver: 0 },
  names: [], plates: [], balloons: [], caches: [], zones: [], dnssec: null,
  [MEMORY]: { fresh: false, side: {}, opening: 0, rank: 0, journey: false },
});

/** The view before anything is known. @returns {View} */
export const emptyView = () => EMPTY;

/**
 * @param {View} view
 * @param {TraceEvent} event
 * @returns {View}
 */
export function reduce(view, event) {
  // What a journey has besides lookups, connecting for example, has drawings of
  // its own.
  if (/** @type {Draft} */ (view)[MEMORY].journey && !tells(event.kind)) return view;
  // The copy is private until it is returned; only its top level may be set.
  const v = owned ? /** @type {Draft} */ (view) : draft(/** @type {Draft} */ (view));
  if (/** @type {string} */ (event.kind) === 'journey.started') {
    v[MEMORY] = { ...v[MEMORY], journey: true };
    return v;
  }
  if (event.atUs > v.elapsedUs) v.elapsedUs = event.atUs;
  remember(v, event);
  const rule = Object.hasOwn(RULES, event.kind) ? /** @type {(v: Draft, f: any, e: TraceEvent) => Opening | null | void} */ (RULES[event.kind]) : null;
  const opens = rule?.(v, event.fact, event) ?? null;
  if (!opens) join(v, event);
  else if (opens !== DONE) open(v, event, opens);
  return v;
}

/**
 * The view after every event with a seq of at most upto.
 * @param {TraceEvent[]} events in order
 * @param {number} [upto]
 * @returns {View}
 */
export function fold(events, upto = Infinity) {
  // Nobody sees the views in between, so the list of balloons and what is in
  // it need not be copied for each of them: they are this fold's own.
  let view = draft(EMPTY);
  view.balloons = [];
  owned = true;
  try {
    for (const e of events) {
      if (e.seq > upto) break;
      view = /** @type {Draft} */ (reduce(view, e));
    }
  } finally { owned = false; }
  return view;
}

/** The balloons of the view at hand may be changed: see fold. */
let owned = false;

/** Kinds of facts the fold draws something from; all others join a balloon. */
export const FOLDED_KINDS = () => Object.keys(RULES);

/** @typedef {View & {[MEMORY]: Memory}} Draft */

/** A copy, written out because that is several times as fast as spreading. @param {Draft} v @returns {Draft} */
const draft = v => ({
  title: v.title, network: v.network, state: v.state, truncated: v.truncated,
  question: v.question, outcome: v.outcome, rcode: v.rcode, records: v.records, lesson: v.lesson,
  startedUs: v.startedUs, elapsedUs: v.elapsedUs, counts: v.counts,
  names: v.names, plates: v.plates, balloons: v.balloons, caches: v.caches, zones: v.zones, dnssec: v.dnssec,
  [MEMORY]: v[MEMORY],
});

/** @param {Balloon} b @returns {Balloon} */
const copyBalloon = b => ({
  n: b.n, kind: b.kind, role: b.role, host: b.host, from: b.from, to: b.to, zone: b.zone,
  step: b.step, seqs: b.seqs, atUs: b.atUs, rttUs: b.rttUs, transport: b.transport,
  tagText: b.tagText, tagKey: b.tagKey, message: b.message, seq: b.seq, line: b.line, detail: b.detail, outcome: b.outcome,
});
/** @typedef {Partial<Balloon> & {kind: string}} Opening */

/* ------------------------------------------------------------- balloons -- */

/**
 * Numbers a new balloon. What was new or hit in the one before is now held.
 * @param {Draft} v
 * @param {TraceEvent} e
 * @param {Opening} o
 */
function open(v, e, o) {
  const n = v.balloons.length + 1;
  /** @type {Balloon} */
  const b = {
    n, kind: o.kind, role: o.role ?? '', host: o.host ?? '', from: o.from ?? '', to: o.to ?? '', zone: o.zone ?? '',
    step: e.step, seqs: [e.seq, e.seq], atUs: e.atUs, rttUs: o.rttUs ?? 0, transport: o.transport ?? '',
    tagText: shorten(o.tagText ?? ''), tagKey: o.tagKey ?? '', message: o.message ?? -1, seq: e.seq, line: lineOf(e), detail: NONE, outcome: o.outcome ?? '',
  };
  const balloons = owned ? v.balloons : v.balloons.slice();
  balloons.push(b);
  v.balloons = balloons;
}

/** @type {number[]} */
const NONE = [];

/** Adds an event to the current balloon. @param {Draft} v @param {TraceEvent} e */
function join(v, e) {
  const i = v.balloons.length - 1;
  if (i < 0) return;
  const b = v.balloons[i];
  if (owned) {
    b.seqs[1] = e.seq;
    if (b.detail === NONE) b.detail = [e.seq];
    else b.detail.push(e.seq);
    return;
  }
  const next = copyBalloon(b);
  next.seqs = [b.seqs[0], e.seq];
  const detail = b.detail.slice();
  detail.push(e.seq);
  next.detail = detail;
  const balloons = v.balloons.slice();
  balloons[i] = next;
  v.balloons = balloons;
}

/** What a tag can hold. @param {string} text */
function shorten(text) {
  if (text.length <= MAX_TAG) return text;
  const r = [...text.slice(0, 2 * MAX_TAG)]; // a character is at most two UTF-16 units
  return r.length > MAX_TAG ? r.slice(0, MAX_TAG - 1).join('') + '…' : text;
}

const MAX_TAG = 40;

/**
 * A connection opens a balloon where it is for a question that went to the same server before.
 * @param {Draft} v @param {any} f
 * @param {TraceEvent} e @returns {Opening | void}
 */
function connected(v, f, e) {
  if (unsent(v, e)) return;
  settle(v);
  const host = hostPlate(v, f.host, f.by), before = v.balloons.findLast(b => b.kind === 'query' && b.host === host);
  const last = current(v), zone = before?.zone ?? (last?.kind === 'edited' ? last.zone : '');
  const to = before?.to ?? (f.by === 'stub' ? serverPlate(v, { ...f, zone }) : '');
  return { kind: 'query', role: f.by, host, from: host, to, zone, transport: 'tcp' };
}

/** @param {Draft} v */
const current = v => v.balloons.length ? v.balloons[v.balloons.length - 1] : null;

/** @param {Draft} v @param {number} i @param {Partial<Balloon>} changes */
function amend(v, i, changes) {
  if (owned) {
    Object.assign(v.balloons[i], changes);
    return;
  }
  const balloons = v.balloons.slice();
  balloons[i] = Object.assign(copyBalloon(balloons[i]), changes);
  v.balloons = balloons;
}

/**
 * The balloon of a query, by the seq of its query.sent.
 * @param {Draft} v @param {number} seq
 */
function queryIndex(v, seq) {
  for (let i = v.balloons.length - 1; i >= 0; i--) {
    const b = v.balloons[i];
    if (b.kind === 'query' && b.message === seq) return i;
    if (b.seqs[1] < seq) break;
  }
  return -1;
}

/** What was new or hit is held once the next balloon opens. @param {Draft} v */
function settle(v) {
  if (!v[MEMORY].fresh) return;
  v[MEMORY] = { ...v[MEMORY], fresh: false };
  v.caches = v.caches.map(c => c.rows.some(r => r.state === 'new' || r.state === 'hit')
    ? { ...c, rows: c.rows.map(r => r.state === 'new' || r.state === 'hit' ? { ...r, state: 'held' } : r) }
    : c);
}

/* ---------------------------------------------------------------- steps -- */

/**
 * Keeps which steps of the trace's tree are side walks: names found there are
 * not names that the learner asked for. A side walk begins with address.wanted,
 * in a step of its own or just before it.
 * @param {Draft} v @param {TraceEvent} e
 */
function remember(v, e) {
  const m = v[MEMORY], seen = e.step in m.side;
  if (e.kind === 'address.wanted') {
    v[MEMORY] = seen ? { ...m, opening: e.step } : { ...m, side: { ...m.side, [e.step]: true } };
  } else if (!seen) {
    const side = m.side[e.parent] === true || (m.opening !== 0 && m.opening === e.parent);
    v[MEMORY] = { ...m, side: { ...m.side, [e.step]: side }, opening: side ? 0 : m.opening };
  } else if (m.opening !== 0 && (e.kind === 'address.found' || e.kind === 'address.missing')) {
    v[MEMORY] = { ...m, opening: 0 };
  }
}

/* ---------------------------------------------------------------- facts -- */

/**
 * A look into a host's memory: its hosts file, its cache. A run of looks is
 * one balloon, headed by the one that decides: a hit before an expired entry
 * before what the walk starts from before a miss.
 * @param {Draft} v @param {TraceEvent} e @param {string} host @param {number} rank @param {string} outcome
 * @returns {Opening | null}
 */
function look(v, e, host, rank, outcome) {
  const b = current(v);
  if (b?.kind === 'check' && b.host === host && rank === 3) { // what a check needs is at hand
    join(v, e);
    return DONE;
  }
  if (b && b.kind === 'cache' && b.host === host) {
    if (rank > v[MEMORY].rank) head(v, e, rank, { outcome });
    else join(v, e);
    return DONE;
  }
  const role = host === 'device' ? 'stub' : 'resolver';
  settle(v);
  hostPlate(v, host, role);
  setRank(v, rank);
  return { kind: 'cache', role, host, from: host, to: host, outcome };
}

/** @param {Draft} v @param {number} rank */
function setRank(v, rank) {
  const m = v[MEMORY];
  if (m.rank !== rank) v[MEMORY] = { fresh: m.fresh, side: m.side, opening: m.opening, rank, journey: m.journey };
}

/** Returned by rules that have already placed their event. */
const DONE = /** @type {Opening} */ ({ kind: '' });

/** The event joins the current balloon and gives it its line. @param {Draft} v @param {TraceEvent} e @param {number} rank @param {Partial<Balloon>} changes */
function head(v, e, rank, changes) {
  setRank(v, rank);
  const i = v.balloons.length - 1, b = v.balloons[i];
  amend(v, i, { ...changes, seqs: [b.seqs[0], e.seq], seq: e.seq, line: lineOf(e), detail: [...b.detail, b.seq].sort((x, y) => x - y) });
}

/** @param {Draft} v @param {any} f @param {string} kind @param {import('./types.js').PlateServer['state']} state @param {TraceEvent} e @param {Partial<Opening>} more @returns {Opening} */
function reply(v, f, kind, state, e, more) {
  settle(v);
  const host = hostPlate(v, f.host, f.by), from = serverPlate(v, f);
  markServer(v, from, f.server, state);
  const q = queryIndex(v, f.query);
  if (q >= 0) amend(v, q, { outcome: kind });
  return {
    kind, role: f.server.role, host, from, to: host, zone: f.zone, rttUs: f.rttUs, transport: f.transport,
    message: f.message ? e.seq : -1, outcome: f.by === 'stub' && f.message && atob(f.message.slice(0, 8)).charCodeAt(3) & 0x20 ? 'ad' : '', ...more,
  };
}

/** A query came to nothing. @param {Draft} v @param {any} f @param {string} kind @returns {Opening} */
function nothing(v, f, kind) {
  settle(v);
  const host = hostPlate(v, f.host, f.by), q = queryIndex(v, f.query), b = q >= 0 ? v.balloons[q] : current(v);
  const lane = b && b.kind === 'query' && b.host === host ? b : null;
  const to = lane ? lane.to : f.by === 'stub' ? serverPlate(v, f) : '';
  if (to) markServer(v, to, f.server, 'failed');
  if (q >= 0) amend(v, q, { outcome: kind });
  return {
    kind, role: f.by, host, from: host, to, zone: lane?.zone ?? '', rttUs: f.waitedUs, transport: f.transport ?? lane?.transport ?? '', tagText: lane?.tagText ?? '',
  };
}

/** @param {Draft} v @param {any} f @param {string} kind @returns {Opening} */
function local(v, f, kind) {
  settle(v);
  const role = f.host === 'device' ? 'stub' : 'resolver', host = hostPlate(v, f.host, role);
  return { kind, role, host, from: host, to: host };
}

/** A query balloon still waiting for its packet, opened in this step. @param {Draft} v @param {TraceEvent} e */
function unsent(v, e) {
  const b = current(v);
  return b && b.kind === 'query' && b.message < 0 && b.step === e.step ? b : null;
}

/** "A 203.0.113.10 +1": what an answer gives for the type asked. @param {any[] | null} records */
function answerTag(records) {
  const group = last(records);
  if (group.length === 0) return '';
  const tag = shorten(`${group[0].type} ${group[0].data}`);
  return group.length > 1 ? shorten(`${tag} +${group.length - 1}`) : tag;
}

/** What a trace is about. @param {Draft} v @param {any} f @param {TraceEvent} e */
function begin(v, f, e) {
  v.state = 'running';
  v.question = f.question;
  v.title = lineOf(e).params.question;
  v.network = f.network;
  v.lesson = f.lesson;
  v.startedUs = e.atUs;
  v.names = [{ name: f.question.name, step: e.step, via: '' }];
}

/** What came of it. @param {Draft} v @param {any} f */
function finish(v, f) {
  v.state = 'finished';
  v.outcome = f.outcome;
  v.rcode = f.rcode;
  v.records = f.records ?? [];
  v.elapsedUs = f.elapsedUs;
}

/**
 * One rule a kind. A rule may change the draft's top level, and returns what
 * balloon the event opens, null if it joins the current one, DONE if it has
 * seen to that itself.
 * @type {{[K in import('./types.js').Kind]?: (v: Draft, f: import('./types.js').FactOf<K>, e: TraceEvent) => Opening | null | void}}
 */
const RULES = {
  'lookup.started'(v, f, e) {
    begin(v, f, e);
    hostPlate(v, f.host, 'stub');
  },
  'lookup.finished'(v, f) { finish(v, f); },
  // a program outside asks in the place of the learner's device
  'query.arrived'(v, f, e) {
    begin(v, f, e);
    v.counts = { ...v.counts, stub: v.counts.stub + 1 };
    settle(v);
    const from = hostPlate(v, 'outside', 'stub'), to = hostPlate(v, f.host, 'resolver');
    return { kind: 'query', role: 'stub', host: from, from, to, transport: f.transport, tagText: f.question.type + '?', message: f.message ? e.seq : -1 };
  },
  'response.sent'(v, f, e) {
    finish(v, f);
    settle(v);
    const to = hostPlate(v, 'outside', 'stub'), from = hostPlate(v, f.host, 'resolver'), kind = resultOf(f);
    v.balloons = v.balloons.map(b => b.kind === 'query' && b.host === to ? { ...copyBalloon(b), outcome: kind } : b);
    const tag = kind === 'answer' ? { tagText: answerTag(f.records) || f.question.type } : kind === 'nodata' ? { tagKey: 'tag.nodata', tagText: f.question.type }
      : { tagText: kind === 'nxdomain' ? 'NXDOMAIN' : kind === 'truncation' ? 'TC' : f.rcode };
    return { kind, role: 'resolver', host: to, from, to, rttUs: f.elapsedUs, transport: f.transport, message: f.message ? e.seq : -1, ...tag };
  },
  'trace.truncated'(v) { v.truncated = true; },

  'cache.opened'(v, f, e) {
    const s = f.snapshot;
    changeCache(v, s.cache, () => (s.entries ?? []).map((/** @type {any} */ x) => row(x, e.seq, v.balloons.length, 'held')).reverse(), s.at);
  },
  'hosts.searched'(v, f, e) { return f.found?.length ? look(v, e, f.host, 3, 'found') : look(v, e, f.host, 0, 'miss'); },
  'cache.missed'(v, f, e) { return look(v, e, hostOf(f.cache), 0, 'miss'); },
  'cache.hit'(v, f, e) {
    const decides = f.use === 'answer' || f.use === 'alias' || f.use === 'denial' || f.use === 'failure' || f.use === 'stale';
    const opened = look(v, e, hostOf(f.cache), decides ? 3 : 0, decides ? 'hit' : f.use === 'servers' ? 'known' : 'miss');
    const n = v.balloons.length + (opened === DONE ? 0 : 1);
    changeCache(v, f.cache, rows => {
      const i = rowIndex(rows, f.entry);
      const hit = { ...(i < 0 ? row(f.entry, e.seq, n, 'hit') : rows[i]), seq: e.seq, balloon: n, state: /** @type {Row['state']} */ ('hit') };
      return i < 0 ? [hit, ...rows] : rows.with(i, hit);
    });
    v[MEMORY] = { ...v[MEMORY], fresh: true };
    return opened;
  },
  'cache.expired'(v, f, e) {
    const opened = look(v, e, hostOf(f.cache), 2, 'expired');
    const n = v.balloons.length + (opened === DONE ? 0 : 1);
    changeCache(v, f.cache, rows => {
      const i = rowIndex(rows, f);
      return i < 0 ? rows : rows.with(i, { ...rows[i], seq: e.seq, balloon: n, state: 'expired' });
    });
    return opened;
  },
  'cache.stored'(v, f, e) {
    changeCache(v, f.cache, rows => {
      const i = rowIndex(rows, f.entry), fresh = row(f.entry, e.seq, v.balloons.length, 'new');
      return [fresh, ...(i < 0 ? rows : rows.toSpliced(i, 1))];
    });
    if (!v[MEMORY].fresh) v[MEMORY] = { ...v[MEMORY], fresh: true };
  },
  'cache.evicted'(v, f) {
    changeCache(v, f.cache, rows => {
      const i = rowIndex(rows, f);
      return i < 0 ? rows : rows.toSpliced(i, 1);
    });
  },

  'servers.listed'(v, f, e) {
    listServers(v, f.zone, f.servers);
    if (f.source === 'hints') learnZone(v, f.zone, '', zonePlate(f.zone), e.step);
    else if (f.source === 'cache') learnZone(v, f.zone, enclosing(v, f.zone), zonePlate(f.zone), e.step);
    const b = current(v);
    if (f.source !== 'referral' && b && b.kind === 'cache' && b.host === f.host && v[MEMORY].rank < 1) {
      head(v, e, 1, { outcome: f.source === 'hints' ? 'hints' : 'known' });
      return DONE;
    }
  },
  'server.chosen'(v, f) {
    settle(v);
    const host = hostPlate(v, f.host, 'resolver'), to = serverPlate(v, { by: 'resolver', zone: f.zone });
    return { kind: 'query', role: 'resolver', host, from: host, to, zone: f.zone };
  },
  'connection.opened': connected,
  'connection.reused': connected,
  'query.sent'(v, f, e) {
    const waiting = unsent(v, e);
    if (!waiting) settle(v);
    const host = hostPlate(v, f.host, f.by), to = serverPlate(v, f);
    markServer(v, to, f.server, 'asked');
    if (f.host === 'device') v.counts = { ...v.counts, stub: v.counts.stub + 1 };
    else v.counts = { ...v.counts, resolver: v.counts.resolver + 1 };
    const sent = { kind: 'query', role: f.by, host, from: host, to, zone: f.zone, transport: f.transport, tagText: f.question.type + '?', message: e.seq };
    if (!waiting) return sent;
    head(v, e, 0, { ...sent, atUs: e.atUs });
    return DONE;
  },

  'referral.received'(v, f, e) {
    const o = reply(v, f, 'referral', 'answered', e, { tagText: 'NS ' + short(f.child), outcome: (f.servers ?? []).some((/** @type {any} */ s) => s.addrs?.length) ? '' : 'noglue' });
    listServers(v, f.child, f.servers);
    learnZone(v, f.child, f.zone, zonePlate(f.child), e.step);
    return o;
  },
  'answer.received': (v, f, e) => reply(v, f, 'answer', 'answered', e, { tagText: answerTag(f.records) || f.question.type }),
  'alias.received': (v, f, e) => reply(v, f, 'alias', 'answered', e, { tagText: `${f.via} ${short(f.target)}` }),
  'nodata.received': (v, f, e) => reply(v, f, 'nodata', 'answered', e, { tagKey: 'tag.nodata', tagText: f.question.type }),
  'nxdomain.received': (v, f, e) => reply(v, f, 'nxdomain', 'answered', e, { tagText: 'NXDOMAIN' }),
  'truncation.received': (v, f, e) => reply(v, f, 'truncation', 'answered', e, { tagText: 'TC' }),
  'failure.received': (v, f, e) => reply(v, f, 'failure', 'failed', e, { tagText: f.rcode }),
  'lame.received': (v, f, e) => reply(v, f, 'lame', 'lame', e, { tagKey: 'tag.lame', tagText: f.rcode }),

  'response.rejected'(v, f, e) {
    settle(v);
    const host = hostPlate(v, f.host, f.by), q = queryIndex(v, f.query), lane = q >= 0 ? v.balloons[q] : null;
    const from = lane?.to ?? '', plate = v.plates.find(p => p.id === from);
    return {
      kind: 'rejected', role: plate?.role ?? '', host, from, to: host, zone: lane?.zone ?? '', transport: lane?.transport ?? '',
      tagKey: 'tag.rejected', message: f.message ? e.seq : -1,
    };
  },
  'query.timedOut': (v, f) => nothing(v, f, 'timeout'),
  'query.failed': (v, f) => nothing(v, f, 'unreachable'),

  // no packet, no line: the query that was about to leave becomes something inside its host
  'query.blocked'(v, f, e) {
    const waiting = unsent(v, e), far = waiting?.to;
    if (!waiting) settle(v);
    const host = hostPlate(v, f.host, f.by), to = far ?? (f.by === 'stub' ? serverPlate(v, f) : '');
    if (to) markServer(v, to, f.server, 'failed');
    const blocked = { kind: 'blocked', role: f.by, host, from: host, to: host };
    if (!waiting) return blocked;
    head(v, e, 0, { ...blocked, atUs: e.atUs });
    return DONE;
  },

  'alias.followed'(v, f, e) {
    if (!v[MEMORY].side[e.step]) v.names = [...v.names, { name: f.to, step: e.step, via: f.via }];
    return local(v, f, 'restart');
  },
  'message.edited': (v, f) => ({ ...local(v, f, 'edited'), zone: f.zone }),
  'limit.reached': (v, f) => local(v, f, 'limit'),
  'address.wanted'(v, f) {
    const i = plateIndex(v, zonePlate(f.zone)), name = canonical(f.server), p = i < 0 ? newZonePlate(f.zone) : v.plates[i];
    if (!p.servers.some(s => canonical(s.name) === name)) {
      setPlate(v, i, withServer(p, { name: f.server, addr: '', state: 'nameless' }));
    }
    return { ...local(v, f, 'sidewalk'), zone: f.zone };
  },
  'address.found'(v, f) {
    const name = canonical(f.server), addr = f.addrs?.[0] ?? '';
    if (!addr) return;
    v.plates = v.plates.map(p => p.servers.some(s => s.state === 'nameless' && canonical(s.name) === name)
      ? { ...p, known: true, servers: p.servers.map(s => s.state === 'nameless' && canonical(s.name) === name ? { ...s, addr, state: 'listed' } : s) }
      : p);
  },
};
Object.assign(RULES, trustRules({ local, current, head, DONE }));
// what a device does between two questions is drawn inside it
for (const kind of Object.keys(PLAIN)) if (!/missed|found/.test(kind)) RULES[/** @type {import('./types.js').Kind} */ (kind)] = (v, /** @type {any} */ f) => local(v, f, 'errand');

// @ts-check
// A line is a fact as a sentence to be: a key of the word files and what fills
// its blanks. The rules are those of lookup/line.go; test/lines.json, written
// from the Go side, holds the two together. Values are raw strings: units and
// particles are the language's.

/** @typedef {import('./words.js').Line} Line */
/** @typedef {import('./types.js').Kind} Kind */
/** @typedef {[key: string, params: Record<string, string>]} Told */

/** A name without its final dot. @param {string | undefined} name */
export const short = name => !name || name === '.' ? '.' : name.endsWith('.') ? name.slice(0, -1) : name;

/** The address of "192.0.2.1:53" or "[2001:db8::1]:53". @param {string | undefined} addrPort */
export function addrOf(addrPort) {
  if (!addrPort) return 'invalid IP';
  if (addrPort[0] === '[') return addrPort.slice(1, addrPort.indexOf(']'));
  const colon = addrPort.lastIndexOf(':');
  return colon < 0 ? addrPort : addrPort.slice(0, colon);
}

/** The port of "address:port", "0" if there is none. @param {string} addrPort */
const portOf = addrPort => addrPort?.match(/:(\d+)$/)?.[1] ?? '0';

/** What a server is called in a sentence: its name, or its address. @param {{name: string, addr: string}} s */
export const serverLabel = s => s.name === '' ? addrOf(s.addr) : short(s.name);

/** "www.example.co.kr A". @param {{name: string, type: string, class: string}} q */
export const questionText = q => `${short(q.name)} ${q.type}${q.class === 'IN' ? '' : ' ' + q.class}`;

/** Bytes in a base64 text. @param {string | null | undefined} b64 */
export function byteLength(b64) {
  if (!b64) return 0;
  return b64.length / 4 * 3 - (b64.endsWith('==') ? 2 : b64.endsWith('=') ? 1 : 0);
}

/** Letters fold in ASCII only (RFC 4343 §3). @param {string} name */
export function canonical(name) {
  for (let i = 0; i < name.length; i++) {
    const c = name.charCodeAt(i);
    if (c >= 65 && c <= 90) return name.replace(/[A-Z]+/g, m => m.toLowerCase());
  }
  return name;
}

/** The same name, whatever the letter case. @param {string} a @param {string} b */
export const sameName = (a, b) => a === b || (a.length === b.length && canonical(a) === canonical(b));

/**
 * Past four the rest are counted: "+3".
 * @template T
 * @param {T[] | null} items @param {(item: T) => string} [text]
 */
function list(items, text = String) {
  if (!items) return '';
  const first = (items.length > 4 ? items.slice(0, 4) : items).map(text).join(', ');
  return items.length > 4 ? `${first} +${items.length - 4}` : first;
}

/** How much of one record's data a sentence takes: a TXT record may have 64 KiB. */
const MAX_SHOWN = 80;

/** @param {string} data */
function shown(data) {
  if (data.length <= MAX_SHOWN) return data;
  const r = [...data.slice(0, 2 * MAX_SHOWN)]; // a character is at most two UTF-16 units
  return r.length > MAX_SHOWN ? r.slice(0, MAX_SHOWN - 1).join('') + '…' : data;
}

/** @param {any[] | null} records */
const data = records => list(records, r => shown(r.data));

/** @param {any[] | null} servers */
const serverNames = servers => list(servers, s => short(s.name));

/**
 * The part of an answer that has the type asked for: what a person wants to
 * see of a chain.
 * @template {{name: string, type: string}} R
 * @param {R[] | null} records
 * @returns {R[]}
 */
export function last(records) {
  if (!records || records.length === 0) return [];
  const end = records[records.length - 1];
  let from = records.length - 1;
  while (from > 0 && records[from - 1].type === end.type && canonical(records[from - 1].name) === canonical(end.name)) from--;
  return records.slice(from);
}

/** Key tags, for one blank. @param {number[] | null} keys */
const tags = keys => list((keys ?? []).map(String));

/** The beginning of a long hexadecimal text, enough to compare two by eye. @param {string} hex */
const head = hex => hex.length > 12 ? hex.slice(0, 12) + '…' : hex;

/** A time as a sentence shows it: UTC, to the second. @param {string} time */
const moment = time => new Date(time).toISOString().slice(0, 19).replace('T', ' ');

/** What every response sentence may use. @param {any} f */
const reply = f => ({
  host: f.host, server: serverLabel(f.server), rtt: String(f.rttUs),
  question: questionText(f.question), name: short(f.question.name), type: f.question.type,
  rcode: f.rcode, zone: short(f.zone), bytes: String(byteLength(f.message)),
});

/** A program outside and what it asked. @param {any} f */
const outside = f => ({
  host: f.host, client: f.client, question: questionText(f.question), name: short(f.question.name), type: f.question.type,
  transport: f.transport === 'https' ? 'DoH' : f.transport.toUpperCase(), bytes: String(byteLength(f.message)),
});

/** What kind of response went to a program outside: ResponseSent.Result of lookup/fact_outside.go. @param {any} f @returns {string} */
export const resultOf = f => f.truncated ? 'truncation' : ['answer', 'nodata', 'nxdomain'].includes(f.outcome) ? f.outcome : 'failure';

/** @param {any} f */
const cacheKey = f => ({ cache: f.cache, name: short(f.name), type: f.type });

/**
 * Facts whose sentence takes their members as they are, each with the member that
 * chooses between sentences.
 * @type {Record<string, string>}
 */
export const PLAIN = {
  'address.reversed': '', 'mode.chosen': 'mode', 'search.planned': 'reason', 'search.tried': '', 'search.missed': '', 'targets.ordered': 'rule', 'target.wanted': '', 'target.found': '',
  'race.begun': '', 'race.paused': '', 'race.decided': 'reason', 'experiment.prepared': '',
};

/** @param {string} kind @param {any} f @returns {Told} */
const plain = (kind, f) => [PLAIN[kind] ? `${kind}.${f[PLAIN[kind]]}` : kind, Object.fromEntries(Object.entries(f).map(([k, v]) => [
  k, Array.isArray(v) || v === null ? list(v, x => x.name ? `${x.priority} ${short(x.name)}` : short(x)) : v === '' ? { addr: 'invalid IP', name: '.', owner: '.', target: '.', typed: '.' }[k] ?? '' : short(String(v)),
]))];

/** One rule a kind. @type {{[K in Kind]?: (f: import('./types.js').FactOf<K>) => Told}} */
const RULES = {
  'lookup.started': f => ['lookup.started', { host: f.host, question: questionText(f.question), network: f.network }],
  'lookup.finished': f => [`lookup.finished.${f.outcome}`, {
    host: f.host, question: questionText(f.question), name: short(f.question.name), type: f.question.type,
    data: data(last(f.records)), rcode: f.rcode, stub: String(f.stubQueries), resolver: String(f.resolverQueries), elapsed: String(f.elapsedUs),
  }],
  'query.arrived': f => ['query.arrived', outside(f)],
  'response.sent': f => [`response.sent.${resultOf(f)}`, { ...outside(f), data: data(last(f.records)), rcode: f.rcode, queries: String(f.queries), elapsed: String(f.elapsedUs) }],
  'message.edited': f => [f.edits?.length || f.prefix >= 0 ? 'message.edited' : 'message.edited.same', {
    host: f.host, server: serverLabel(f.server), count: String((f.edits?.length ?? 0) + f.omitted), transport: f.transport.toUpperCase(),
    field: list((f.edits ?? []).map(x => x.field).filter(Boolean).filter((x, i, all) => x !== all[i - 1])),
  }],
  'hosts.searched': f => f.found?.length
    ? ['hosts.searched.found', { host: f.host, name: short(f.name), data: data(f.found) }]
    : ['hosts.searched.empty', { host: f.host, name: short(f.name) }],
  'resolution.started': f => f.client === '' ? ['resolution.started.hidden', { host: f.host, question: questionText(f.question) }] : ['resolution.started', { host: f.host, client: f.client, question: questionText(f.question) }],
  'resolution.finished': f => [`resolution.finished.${f.outcome}`, {
    host: f.host, question: questionText(f.question), name: short(f.question.name), type: f.question.type,
    data: data(last(f.records)), rcode: f.rcode, queries: String(f.queries), elapsed: String(f.elapsedUs),
  }],
  'resolution.joined': f => ['resolution.joined', { host: f.host, question: questionText(f.question) }],
  'limit.reached': f => [`limit.reached.${f.limit}`, { host: f.host, max: String(f.max), name: short(f.name) }],
  'trace.truncated': f => [`trace.truncated.${f.limit}`, { max: String(f.max) }],

  'cache.opened': f => {
    const n = (f.snapshot.entries?.length ?? 0) + f.snapshot.dropped, cache = f.snapshot.cache;
    if (n === 0) return ['cache.opened.empty', { cache }];
    if (n === 1) return ['cache.opened.one', { cache }];
    return ['cache.opened.many', { cache, count: String(n) }];
  },
  'cache.missed': f => ['cache.missed', cacheKey(f)],
  'cache.hit': f => [`cache.hit.${f.use}`, {
    cache: f.cache, name: short(f.entry.name), type: f.entry.type, data: data(f.entry.records),
    left: String(f.leftSec), age: String(f.ageSec), from: serverLabel(f.entry.from),
  }],
  'cache.expired': f => ['cache.expired', { ...cacheKey(f), ttl: String(f.ttlSec), age: String(f.ageSec) }],
  'cache.stored': f => [`cache.stored.${f.entry.kind}`, {
    cache: f.cache, name: short(f.entry.name), type: f.entry.type, data: data(f.entry.records),
    ttl: String(f.entry.ttlSec), rank: f.entry.credibility, from: serverLabel(f.entry.from),
  }],
  'cache.kept': f => ['cache.kept', { ...cacheKey(f), have: f.have, offered: f.offered }],
  'cache.evicted': f => ['cache.evicted', { ...cacheKey(f), max: String(f.max) }],
  'prefetch.started': f => ['prefetch.started', { host: f.host, question: questionText(f.question), left: String(f.leftSec) }],

  'servers.listed': f => [`servers.listed.${f.source}`, {
    host: f.host, name: short(f.name), zone: short(f.zone), count: String(f.servers?.length ?? 0), servers: serverNames(f.servers),
  }],
  'root.primed': f => ['root.primed', { host: f.host, count: String(f.servers?.length ?? 0), servers: serverNames(f.servers), ttl: String(f.ttlSec) }],
  'question.minimised': f => ['question.minimised', { host: f.host, zone: short(f.zone), question: questionText(f.question), asked: questionText(f.asked) }],
  'edns.dropped': f => [`edns.dropped.${f.reason}`, { host: f.host, server: serverLabel(f.server) }],
  'server.chosen': f => {
    const addr = addrOf(f.server.addr), name = canonical(f.server.name);
    let srtt = 0;
    for (const c of f.candidates ?? []) if ((c.addr || 'invalid IP') === addr && canonical(c.name) === name) srtt = c.srttUs;
    return [`server.chosen.${f.reason}`, {
      host: f.host, zone: short(f.zone), server: serverLabel(f.server), addr, count: String(f.candidates?.length ?? 0), srtt: String(srtt),
    }];
  },

  'query.sent': f => [`query.sent.${f.by}${f.try > 1 ? '.again' : f.by === 'stub' && (f.zone || !(atob(f.message?.slice(0, 4) ?? '').charCodeAt(2) & 1)) ? '.plain' : ''}`, {
    host: f.host, server: serverLabel(f.server), addr: addrOf(f.server.addr), question: questionText(f.question), name: short(f.question.name),
    type: f.question.type, zone: short(f.zone), transport: f.transport.toUpperCase(), try: String(f.try), bytes: String(byteLength(f.message)),
  }],
  'query.timedOut': f => ['query.timedOut', { host: f.host, server: serverLabel(f.server), try: String(f.try), waited: String(f.waitedUs) }],
  'query.failed': f => [`query.failed.${f.reason}`, {
    host: f.host, server: serverLabel(f.server), transport: f.transport.toUpperCase(), waited: String(f.waitedUs),
  }],
  'query.blocked': f => [`query.blocked.${f.reason}`, {
    host: f.host, server: serverLabel(f.server), addr: addrOf(f.server.addr), port: portOf(f.server.addr), text: shown(f.text),
  }],
  'connection.reused': f => ['connection.reused', { host: f.host, server: serverLabel(f.server), idle: String(f.idleUs) }],
  'connection.opened': f => ['connection.opened', { host: f.host, server: serverLabel(f.server), elapsed: String(f.elapsedUs) }],

  'referral.received': f => ['referral.received', { child: short(f.child), servers: serverNames(f.servers), ...reply(f) }],
  'answer.received': f => [`answer.received.${f.by}`, { data: data(last(f.records)), ...reply(f) }],
  'alias.received': f => ['alias.received', { owner: short(f.owner), target: short(f.target), via: f.via, ...reply(f) }],
  'nodata.received': f => ['nodata.received', { negative: String(f.negativeSec), ...reply(f) }],
  'nxdomain.received': f => ['nxdomain.received', { denied: short(f.denied), negative: String(f.negativeSec), ...reply(f) }],
  'truncation.received': f => ['truncation.received', reply(f)],
  'failure.received': f => ['failure.received', reply(f)],
  'lame.received': f => [`lame.received.${f.reason}`, reply(f)],
  'response.rejected': f => [`response.rejected.${f.reason}`, {
    host: f.host, from: f.from || 'invalid AddrPort', bytes: String(byteLength(f.message)),
  }],
  'record.discarded': f => [`record.discarded.${f.reason}`, {
    host: f.host, server: serverLabel(f.server), name: short(f.record.name), type: f.record.type, data: shown(f.record.data),
  }],

  'alias.followed': f => ['alias.followed', { host: f.host, from: short(f.from), to: short(f.to), via: f.via }],
  'address.wanted': f => ['address.wanted', { host: f.host, zone: short(f.zone), server: short(f.server), type: f.type }],
  'address.found': f => ['address.found', { host: f.host, server: short(f.server), addrs: (f.addrs ?? []).join(', ') }],
  'address.missing': f => ['address.missing', { host: f.host, server: short(f.server), outcome: f.outcome }],

  'validation.asked': f => [`validation.asked.${f.cd ? 'unchecked' : 'checked'}`, { host: f.host }],
  'anchor.chosen': f => [`anchor.chosen.${f.use}`, { host: f.host, name: short(f.name), zone: short(f.zone), tags: tags(f.keys) }],
  'digest.compared': f => [`digest.compared.${f.result}`, {
    host: f.host, zone: short(f.zone), tag: String(f.keyTag), algorithm: f.algorithm, digest: f.digestType, expected: head(f.expected), computed: head(f.computed),
  }],
  'key.matched': f => [`key.matched.${f.source}`, { host: f.host, zone: short(f.zone), tag: String(f.key.keyTag), algorithm: f.key.algorithm }],
  'keys.trusted': f => [`keys.trusted.${f.known ? 'known' : 'signed'}`, {
    host: f.host, zone: short(f.zone), by: String(f.by), tags: tags((f.keys ?? []).map(k => k.keyTag)),
  }],
  'signature.checked': f => [`signature.checked.${f.result}`, {
    host: f.host, name: short(f.name), type: f.type, signer: short(f.signer), tag: String(f.keyTag), algorithm: f.algorithm,
    inception: moment(f.inception), expiration: moment(f.expiration), at: moment(f.at),
  }],
  'signature.missing': f => ['signature.missing', { host: f.host, zone: short(f.zone), name: short(f.name), type: f.type }],
  'denial.checked': f => [`denial.checked.${f.result}${f.result === 'proved' ? '.' + f.claim : ''}`, {
    host: f.host, zone: short(f.zone), name: short(f.name), type: f.type, method: f.method, iterations: String(f.iterations),
  }],
  'denial.synthesised': f => [`denial.synthesised.${f.outcome}`, {
    host: f.host, question: questionText(f.question), zone: short(f.zone), left: String(f.leftSec),
  }],
  'delegation.judged': f => [`delegation.judged.${f.result}`, { host: f.host, zone: short(f.zone), child: short(f.child) }],
  'chain.judged': f => [`chain.judged.${f.verdict}${f.reason ? '.' + f.reason : ''}`, { host: f.host, name: short(f.name), type: f.type, at: short(f.at) }],
};

/** Whether there is a rule for a kind. @param {string} kind */
export const tells = kind => Object.hasOwn(RULES, kind) || Object.hasOwn(PLAIN, kind);

/** Every kind of fact that has a rule. */
export const LINE_KINDS = Object.freeze([...Object.keys(RULES), ...Object.keys(PLAIN)]);

/**
 * Which sentence tells this event. An unknown kind, from a newer server, tells
 * itself by its name.
 * @param {{kind: string, fact: any}} event
 * @returns {Line}
 */
export function lineOf(event) {
  if (!tells(event.kind)) return { key: event.kind, params: {} };
  const rule = Object.hasOwn(RULES, event.kind) ? RULES[/** @type {Kind} */ (event.kind)] : null;
  const [key, params] = rule ? rule(/** @type {any} */ (event.fact)) : plain(event.kind, event.fact);
  return { key, params };
}

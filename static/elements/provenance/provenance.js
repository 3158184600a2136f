// @ts-check
// Where a record comes from: which server said so, in which message and bytes,
// how far it is to be believed, when it came, what is left of its TTL, and which
// question paid for it. Loaded by need; open(control) shows it for a control
// with data-cache and data-key (a row of a cache), data-seq and data-at (the
// record at that byte of a message), data-seq alone (the records that a fact
// tells of: those of a message, the copy of a cache, the answer), or data-answer (the answer of the trace).

import { draw, make } from '../../js/dom.js';
import { addrOf, byteLength, canonical, questionText, short } from '../../js/line.js';
import { isReply, originOf, recordsOf, storedIn } from './origin.js';

/** @typedef {import('../../js/types.js').TraceEvent} TraceEvent */
/** @typedef {import('../../js/types.js').View} View */
/** @typedef {import('./origin.js').MessageRecord} MessageRecord */
/** @typedef {{store: import('../../js/store.js').Store, prefs: import('../../js/prefs.js').Prefs, clock: import('../../js/types.js').LessonClock}} Session */

const RANKS = ['hint', 'additional', 'referral', 'answer', 'authorityAA', 'answerAA'];
const MOST_BYTES = 48, MOST_RECORDS = 60;

/** @type {Session} */ let session;
/** @type {HTMLDialogElement | null} */ let dialog = null;
/** Traces that were read for this. @type {Map<string, Promise<TraceEvent[]>>} */
const read = new Map();

/** @param {Session} s */
export function wire(s) { session = s; }

/** @param {string} key @param {Record<string, string | number>} [params] */
const say = (key, params) => session.prefs.words.say('provenance.' + key, params);

/**
 * The events of a trace: of the one on show, or as the server keeps them.
 * @param {string} trace
 * @returns {Promise<TraceEvent[]>} none where it is no longer kept
 */
function eventsOf(trace) {
  const { log } = session.store;
  if (!trace || trace === log.trace) return Promise.resolve(log.events);
  let events = read.get(trace);
  if (!events) {
    events = fetch(`/lookups/${encodeURIComponent(trace)}.json`).then(r => r.ok ? r.json() : { events: [] }, () => ({ events: [] })).then(f => Array.isArray(f.events) ? f.events : []);
    read.set(trace, events);
  }
  return events;
}

/** Whether what was pressed showed the room's present, not a step. */
let present = false;

/** Lesson time now: of the room where that is what is shown, else of the step. @returns {number} ms */
function lessonNow() {
  const { view } = session.store;
  return present ? session.clock.now() : view.lesson ? Date.parse(view.lesson.lesson) + view.elapsedUs / 1000 * view.lesson.rate : 0;
}

/** @param {HTMLElement} control */
export async function open(control) {
  const { cache, key, seq, at, answer } = control.dataset, box = show();
  present = control.closest('[data-now]') !== null || cache === undefined && document.querySelector('[data-now]') !== null;
  if (cache && key) await tellRow(box, cache, key);
  else if (seq !== undefined && at !== undefined) await tellRecord(box, Number(seq), Number(at));
  else if (seq !== undefined) await tellFact(box, Number(seq));
  else if (answer !== undefined) await tellAnswer(box);
}

/** The empty ribbon, open. */
function show() {
  if (!dialog) {
    dialog = make('dialog', 'provenance');
    dialog.setAttribute('aria-labelledby', 'provenance-title');
    dialog.addEventListener('click', e => { // beside it, or on a link that leads to what it told about
      if (e.target === dialog || /** @type {Element} */ (e.target).closest('a')) dialog?.close();
    });
    document.body.append(dialog);
  }
  const body = make('div', 'body'), close = make('button', 'quiet small close', say('close'));
  close.type = 'button';
  close.addEventListener('click', () => dialog?.close());
  const title = make('h2');
  title.id = 'provenance-title';
  body.append(title, close);
  dialog.replaceChildren(body);
  if (!dialog.open) dialog.showModal();
  return body;
}

/** What the records come from that a fact tells of. @param {HTMLElement} box @param {number} seq */
async function tellFact(box, seq) {
  const { kind, fact } = /** @type {any} */ (session.store.log.events[seq] ?? {});
  if (fact?.entry) await tellCopy(box, fact.cache, fact.entry, has(fact.cache, fact.entry));
  else if (kind === 'lookup.finished') await tellAnswer(box);
  else listRecords(box, seq);
}

/** Whether a cache on show still has this very copy; undefined for one that is not on show. @param {string} cache @param {any} entry */
function has(cache, entry) {
  const { view, room } = session.store, rows = (present ? (room?.caches ?? []).find((/** @type {any} */ c) => c.cache === cache)?.entries : null) ?? view.caches.find(c => c.cache === cache)?.rows;
  return rows?.some((/** @type {any} */ r) => r.type === entry.type && canonical(r.name) === canonical(entry.name) && Date.parse(r.storedAt) === Date.parse(entry.storedAt));
}

/** What a cache keeps. @param {HTMLElement} box @param {string} cache @param {string} key */
async function tellRow(box, cache, key) {
  const { view, room } = session.store, is = (/** @type {any} */ r) => `${canonical(r.name)} ${r.type}` === key;
  const shown = view.caches.find(c => c.cache === cache)?.rows.find(is), held = (room?.caches ?? []).find((/** @type {any} */ c) => c.cache === cache)?.entries.find(is);
  const row = /** @type {any} */ (present ? held ?? shown : shown ?? held);
  if (row) await tellCopy(box, cache, row, true);
  else missing(box);
}

/** A copy in a cache. @param {HTMLElement} box @param {string} cache @param {any} row @param {boolean | undefined} held whether it is still there, where that is known */
async function tellCopy(box, cache, row, held) {
  // A recording has a name of its own: what its events stored is its own, whatever it was called then.
  const { log } = session.store, trace = storedIn(log.events, cache, row) >= 0 ? log.trace : row.trace, events = await eventsOf(trace), origin = originOf(events, cache, row);
  const event = origin ? events[origin.seq] : undefined;
  const record = event ? recordsOf(event.fact).find(r => r.section === origin?.section && r.index === origin.record) : undefined;
  tell(box, {
    title: `${short(row.name)} ${row.type}`, data: row.kind === 'positive' ? (row.records ?? []).map((/** @type {any} */ r) => r.data).join(', ') : session.prefs.words.say('cache.' + row.kind, { type: row.type }),
    where: say('in', { layer: ['browser', 'device'].includes(cache) ? session.prefs.words.say('host.' + cache) : cache }), server: row.from, event, events, record, aa: origin?.aa ?? null,
    credibility: row.credibility, received: Date.parse(row.storedAt), ttl: row.ttlSec, left: row.ttlSec - Math.max(0, lessonNow() - Date.parse(row.storedAt)) / 1000, paidBy: row.paidBy, trace, gone: events.length === 0, held,
  });
}

/** A record of a message of the trace on show. @param {HTMLElement} box @param {number} seq @param {number} at byte */
async function tellRecord(box, seq, at) {
  const { log } = session.store, event = log.events[seq], fact = /** @type {any} */ (event?.fact), record = recordsOf(fact).find(r => at >= r.at && at < r.at + r.len);
  if (!event || !record) { missing(box); return; }
  if (record.type === 'OPT') { // RFC 6891 §6.1.1: it says something about the message, not about a name
    title(box, 'OPT');
    box.append(make('p', 'muted', say('opt')));
    return;
  }
  // If a cache took it, that cache knows its rank and its end.
  const stored = /** @type {any} */ (log.events.slice(seq + 1).find(e => e.kind === 'cache.stored' && /** @type {any} */ (e.fact).entry.from.addr === fact.server?.addr
    && canonical(/** @type {any} */ (e.fact).entry.name) === canonical(record.name) && /** @type {any} */ (e.fact).entry.type === record.type)?.fact);
  const ttl = Number(record.ttl), since = lessonAtEvent(event);
  tell(box, {
    title: `${record.name === '.' ? '.' : short(record.name)} ${record.type}`, data: record.data, where: '', server: fact.server ?? { name: '', addr: fact.from ?? '' }, event, events: log.events, record, aa: fact.aa ?? null,
    credibility: stored?.entry.credibility ?? (isReply(event) ? rankOf(record.section, fact.aa, event.kind) : ''), kept: stored ? stored.cache : isReply(event) ? '' : null,
    received: since, ttl, left: ttl - Math.max(0, lessonNow() - since) / 1000, paidBy: log.full.question, trace: log.trace, gone: false,
  });
}

/** The rank that data has by where it stood (RFC 2181 §5.4.1). @param {string} section @param {boolean} aa @param {string} kind */
const rankOf = (section, aa, kind) => section === 'answer' ? aa ? 'answerAA' : 'answer' : section === 'additional' ? 'additional' : aa ? 'authorityAA' : kind === 'referral.received' ? 'referral' : 'additional';

/** @param {TraceEvent} e @returns {number} lesson ms */
function lessonAtEvent(e) {
  const { lesson } = session.store.log.full;
  return lesson ? Date.parse(lesson.lesson) + e.atUs / 1000 * lesson.rate : 0;
}

/** What the trace found in the end. @param {HTMLElement} box */
async function tellAnswer(box) {
  const { log, view } = session.store, last = view.records[view.records.length - 1];
  const reply = log.events.findLast(e => e.kind === 'answer.received' && ['stub', 'outside'].includes(/** @type {any} */ (e.fact).by));
  if (reply) {
    const records = recordsOf(reply.fact).filter(r => r.section === 'answer');
    const r = records.find(r => r.type === last?.type && canonical(r.name) === canonical(last.name)) ?? records[records.length - 1];
    if (r) { await tellRecord(box, reply.seq, r.at); return; }
  }
  const from = /** @type {any} */ (log.events.findLast(e => e.kind === 'lookup.finished')?.fact)?.fromCache;
  if (from && last) await tellRow(box, from, `${canonical(last.name)} ${last.type}`);
  else missing(box);
}

/** The records of a message, to choose from. @param {HTMLElement} box @param {number} seq */
function listRecords(box, seq) {
  const records = recordsOf(session.store.log.events[seq]?.fact).filter(r => r.type !== 'OPT');
  title(box, say('records', { count: records.length }));
  const ul = make('ul', 'records');
  for (const r of records.slice(0, MOST_RECORDS)) {
    const li = make('li'), button = make('button', 'record');
    button.type = 'button';
    button.append(make('span', 'section', session.prefs.words.say('bytes.section.' + r.section)), make('span', 'mono', `${short(r.name)} ${r.type} ${r.data}`));
    button.addEventListener('click', () => { tellRecord(show(), seq, r.at); });
    li.append(button);
    ul.append(li);
  }
  box.append(ul);
  /** @type {HTMLElement | null} */ (ul.querySelector('button'))?.focus();
}

/** @param {HTMLElement} box @param {string} text */
function title(box, text) { /** @type {HTMLElement} */ (box.querySelector('h2')).textContent = text; }

/** @param {HTMLElement} box */
function missing(box) {
  title(box, say('unknown'));
  box.append(make('p', 'muted', say('unknown.why')));
}

/**
 * @param {HTMLElement} box
 * @param {{title: string, data: string, where: string, server: any, event: TraceEvent | undefined, events: TraceEvent[], record: MessageRecord | undefined, aa: boolean | null, credibility: string, kept?: string | null, held?: boolean,
 *   received: number, ttl: number, left: number, paidBy: any, trace: string, gone: boolean}} o
 */
function tell(box, o) {
  const { words } = session.prefs, head = /** @type {HTMLElement} */ (box.querySelector('h2'));
  head.replaceChildren(make('span', 'mono', o.title), ' ', make('span', 'mono data', o.data), ...(o.where ? [' ', make('span', 'where', o.where)] : []));
  const dl = make('dl');
  /** @param {string} key @param {string} text @param {...(Node | string)} more */
  const add = (key, text, ...more) => {
    const div = make('div', key), dd = make('dd');
    dd.append(...(text ? [text] : []), ...more);
    div.append(make('dt', '', say(key)), dd);
    dl.append(div);
    return dd;
  };
  add('server', `${o.server.name ? short(o.server.name) + ', ' : ''}${o.server.addr ? addrOf(o.server.addr) : ''}`);
  if (o.event && o.record) {
    const message = /** @type {any} */ (o.event.fact).message, same = o.trace === session.store.log.trace;
    const n = same ? session.store.log.full.balloons.findLast(b => b.seqs[0] <= /** @type {TraceEvent} */ (o.event).seq)?.n ?? 0 : 0;
    const text = n ? say('message.text', { step: n, bytes: byteLength(message) }) : say('message.other', { bytes: byteLength(message) });
    add('message', '', link(drawing(o.trace, n, o.record.at), text));
    add('bytes', '', bytes(/** @type {any} */ (o.event.fact), o.record));
    add('section', words.say('bytes.section.' + o.record.section));
  } else add('message', say('message.gone'));
  if (o.aa !== null) add('aa', say('aa.' + (o.aa ? 1 : 0)));
  if (o.credibility) {
    const ladder = make('ol', 'ranks');
    RANKS.forEach((r, i) => {
      const li = make('li', '', say('rank.' + r));
      li.value = i + 1;
      if (r === o.credibility) li.setAttribute('aria-current', 'true');
      ladder.prepend(li);
    });
    ladder.reversed = true;
    add('rank', '', ladder);
  }
  add('received', new Date(o.received).toLocaleTimeString('en-GB'));
  const left = Math.max(0, Math.ceil(o.left - .001)), share = o.ttl > 0 ? Math.round(Math.max(0, o.left) / o.ttl * 100) : 0;
  add('ttl', '', ring(share), make('span', '', left > 0 ? say('ttl.text', { ttl: o.ttl, left }) : say('ttl.over', { ttl: o.ttl })));
  if (o.kept !== undefined && o.kept !== null) add('kept', o.kept ? say('kept.by', { cache: o.kept }) : say('kept.no'));
  if (o.held === false) add('kept', say('kept.gone'));
  if (o.paidBy) add('paid', '', o.trace && !o.gone ? link(drawing(o.trace, 0, -1), questionText(o.paidBy)) : questionText(o.paidBy));
  box.append(dl);
}

/** @param {string} href @param {string} text */
function link(href, text) {
  const a = make('a', '', text);
  a.href = href;
  return a;
}

/** The drawing of a trace, at a step and the byte of a field. @param {string} trace @param {number} step @param {number} at -1 for none */
function drawing(trace, step, at) {
  const room = document.body.dataset.room ?? 'main', own = trace === session.store.log.trace;
  const place = own && !document.body.dataset.detail ? location.pathname + location.search : `/lookups/${encodeURIComponent(trace)}${room === 'main' ? '' : `?room=${encodeURIComponent(room)}`}`;
  return place + (step > 0 ? `#s=${step}${at >= 0 ? `&f=b${at}` : ''}` : '');
}

/** The bytes of a record, field by field. @param {any} fact @param {MessageRecord} record */
function bytes(fact, record) {
  const all = Uint8Array.from(atob(fact.message), c => c.charCodeAt(0)), out = make('span', 'hex mono');
  out.append(make('span', 'at', `0x${record.at.toString(16).padStart(2, '0')} `));
  let shown = 0;
  for (const s of fact.spans ?? []) {
    if (s.at < record.at || s.at >= record.at + record.len) continue;
    const part = [...all.slice(s.at, s.at + Math.min(s.len, MOST_BYTES - shown))].map(b => b.toString(16).padStart(2, '0')).join(' ');
    shown += s.len;
    const field = make('span', 'field', part + (shown > MOST_BYTES ? ' …' : ''));
    field.title = s.name;
    out.append(field, ' ');
    if (shown >= MOST_BYTES) break;
  }
  return out;
}

/** @param {number} share percent */
const ring = share => draw('svg', { class: 'ttl-ring', viewBox: '0 0 20 20', 'aria-hidden': 'true' },
  draw('circle', { class: 'whole', cx: 10, cy: 10, r: 7 }), draw('circle', { class: 'rest', cx: 10, cy: 10, r: 7, pathLength: 100, 'stroke-dasharray': `${share} 100` }));

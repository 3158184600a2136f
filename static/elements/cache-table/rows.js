// @ts-check
// Which rows a cache shows at an instant of lesson time. Pure.

import { canonical, short } from '../../js/line.js';

/** @typedef {import('../../js/types.js').Row} Row */
/** @typedef {import('../../js/types.js').View} View */
/** @typedef {{cache: string, rows: ShownRow[]}} ShownCache */
/** @typedef {{key: string, name: string, type: string, kind: string, state: string, data: string, ttl: number, left: number, storedAt: number, source: any}} ShownRow left in seconds, 0 once expired; source: the row or entry itself */

const NAMED = new Set(['NS', 'CNAME', 'PTR', 'DNAME']);

/** A TXT record may have 64 KiB. */
const MAX_DATA = 120;

/** @param {{name: string, type: string}} e */
const keyOf = e => `${canonical(e.name)} ${e.type}`;

/** "d.dns.kr +2". @param {any} e */
function dataOf(e) {
  const records = e.records ?? [];
  if (e.kind !== 'positive' || records.length === 0) return '';
  let first = NAMED.has(e.type) ? short(records[0].data) : records[0].data;
  if (first.length > MAX_DATA) first = first.slice(0, MAX_DATA - 1) + '…'; // presentation form is ASCII: nothing is cut in two
  return records.length > 1 ? `${first} +${records.length - 1}` : first;
}

/** @param {any} e a row or a cache entry @param {string} state @param {number} now lesson ms @returns {ShownRow} */
function shown(e, state, now) {
  const storedAt = Date.parse(e.storedAt), left = e.ttlSec - Math.max(0, now - storedAt) / 1000;
  const over = !(left > 0);
  return {
    key: keyOf(e), name: short(e.name), type: e.type, kind: e.kind, state: over ? 'expired' : state, data: dataOf(e),
    ttl: e.ttlSec, left: over || state === 'expired' ? 0 : left, storedAt, source: e,
  };
}

/** Lesson time at a view, ms: that of its last event. @param {View} view */
export function lessonAt(view) {
  return view.lesson ? Date.parse(view.lesson.lesson) + view.elapsedUs / 1000 * view.lesson.rate : 0;
}

/**
 * The caches as they were at a step.
 * @param {View} view
 * @param {number} now lesson ms
 * @returns {ShownCache[]}
 */
export function cachesAt(view, now) {
  return view.caches.map(c => ({ cache: c.cache, rows: c.rows.map(r => shown(r, r.state, now)) }));
}

/**
 * The caches as the room holds them now. What the trace knew and the room no
 * longer has stays as expired if its time is over; if it is not, somebody
 * emptied the cache. What is newer than the snapshot is still on its way.
 * @param {View} view at the end of the trace
 * @param {any[]} snapshots
 * @param {number} now lesson ms
 * @returns {ShownCache[]}
 */
export function cachesNow(view, snapshots, now) {
  const names = [...new Set([...view.caches.map(c => c.cache), ...snapshots.map(s => s.cache)])];
  return names.map(cache => {
    const known = view.caches.find(c => c.cache === cache)?.rows ?? [], snapshot = snapshots.find(s => s.cache === cache);
    if (!snapshot) return { cache, rows: known.map(r => shown(r, r.state, now)) };
    const taken = Date.parse(snapshot.at), states = new Map(known.map((r, i) => [keyOf(r), { state: r.state, order: i }]));
    const held = snapshot.entries.map((/** @type {any} */ e) => shown(e, states.get(keyOf(e))?.state === 'expired' ? 'held' : states.get(keyOf(e))?.state ?? 'held', now));
    const keys = new Set(held.map((/** @type {ShownRow} */ r) => r.key));
    const gone = known.map(r => shown(r, r.state, now)).filter(r => !keys.has(r.key) && (r.left === 0 || r.storedAt > taken));
    const order = (/** @type {ShownRow} */ r) => states.get(r.key)?.order ?? -1;
    return { cache, rows: [...held, ...gone].sort((a, b) => order(a) - order(b) || b.storedAt - a.storedAt) };
  });
}

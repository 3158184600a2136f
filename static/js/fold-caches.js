// @ts-check
// What the fold of reduce.js knows of caches and their rows. Each function
// changes only the top level of the draft that it is given.

import { canonical } from './line.js';

/** @typedef {import('./types.js').View} Draft a copy whose top level may be set */
/** @typedef {import('./types.js').Row} Row */

/** @param {string} name */
const cacheOrder = name => name === 'browser' ? '' : name === 'device' ? ' ' : name;

/** The host that a cache is on: the browser's is on the device. @param {string} cache */
export const hostOf = cache => cache === 'browser' ? 'device' : cache;

/** @param {Draft} v @param {string} cache @param {(rows: Row[]) => Row[]} change @param {string} [opened] */
export function changeCache(v, cache, change, opened) {
  const caches = v.caches.slice();
  let i = caches.findIndex(c => c.cache === cache);
  if (i < 0) {
    i = caches.findIndex(c => cacheOrder(c.cache) > cacheOrder(cache));
    if (i < 0) i = caches.length;
    caches.splice(i, 0, { cache, opened: '', rows: [] });
  }
  const c = caches[i];
  caches[i] = { cache, opened: opened ?? c.opened, rows: change(c.rows) };
  v.caches = caches;
}

/** @param {any} entry @param {number} seq @param {number} balloon @param {Row['state']} state @returns {Row} */
export const row = (entry, seq, balloon, state) => ({
  name: entry.name, type: entry.type, kind: entry.kind, records: entry.records ?? [], ttlSec: entry.ttlSec, storedAt: entry.storedAt,
  credibility: entry.credibility, from: entry.from, paidBy: entry.paidBy, trace: entry.trace, seq, balloon, state,
});

/** @param {Row[]} rows @param {{name: string, type: string}} key */
export const rowIndex = (rows, key) => {
  const name = canonical(key.name);
  // Letter case does not change the length: most rows are told apart by that.
  return rows.findIndex(r => r.type === key.type && r.name.length === name.length && canonical(r.name) === name);
};

// @ts-check
// Where in a trace a record was heard: a message, and its bytes in it. The
// server finds the same (templates/origin.go); static/test/origins.json holds the
// two together. Pure.

import { canonical } from '../../js/line.js';

/** @typedef {import('../../js/types.js').TraceEvent} TraceEvent */
/** @typedef {{section: string, index: number, name: string, type: string, at: number, len: number, data: string, ttl: string}} MessageRecord */
/** @typedef {{seq: number, section: string, record: number, at: number, len: number, aa: boolean}} Origin */

/** The records of a message in order. @param {any} fact @returns {MessageRecord[]} */
export function recordsOf(fact) {
  /** @type {MessageRecord[]} */ const out = [];
  for (const s of fact?.spans ?? []) {
    if (s.section === 'header' || s.section === 'question') continue;
    let r = out[out.length - 1];
    if (!r || r.section !== s.section || r.index !== s.record) out.push(r = { section: s.section, index: s.record, name: '', type: '', at: s.at, len: 0, data: '', ttl: '' });
    r.len = s.at + s.len - r.at;
    if (s.name === 'NAME') r.name = s.text;
    else if (s.name === 'TYPE') r.type = s.text;
    else if (s.name === 'TTL') r.ttl = s.text;
    else if (s.type) r.data += (r.data ? ' ' : '') + s.text;
  }
  return out;
}

/** Whether a fact is a response that was believed. @param {TraceEvent} e */
export const isReply = e => e.kind.endsWith('.received') && typeof (/** @type {any} */ (e.fact).query) === 'number';

/** The event that stored a row, -1 if it is not among these. @param {TraceEvent[]} events @param {string} cache @param {any} row */
export const storedIn = (events, cache, row) => events.findIndex(e => {
  const f = /** @type {any} */ (e.fact);
  return e.kind === 'cache.stored' && f.cache === cache && f.entry.type === row.type && canonical(f.entry.name) === canonical(row.name) && Date.parse(f.entry.storedAt) === Date.parse(row.storedAt);
});

/**
 * Where a row of a cache was heard, in the events of the trace that stored it:
 * the last response of the server that it came from, before it was stored, that
 * has the record.
 * @param {TraceEvent[]} events
 * @param {string} cache
 * @param {any} row a row of a view or an entry of a cache
 * @returns {Origin | null}
 */
export function originOf(events, cache, row) {
  let limit = storedIn(events, cache, row);
  if (limit < 0 && cache === 'browser') limit = storedIn(events, 'device', row);
  if (limit < 0) limit = events.length;
  for (let i = limit - 1; i >= 0; i--) {
    const f = /** @type {any} */ (events[i].fact);
    if (!isReply(events[i]) || f.server.addr !== row.from.addr) continue;
    /** @type {MessageRecord | null} */ let found = null;
    for (const r of recordsOf(f)) {
      const denial = row.kind !== 'positive', type = denial ? 'SOA' : row.type;
      const fits = denial ? r.section === 'authority' : canonical(r.name) === canonical(row.name) || cache === 'browser' && r.section === 'answer';
      if (r.type === type && fits && (!found || cache === 'browser')) found = r;
    }
    if (found) return { seq: events[i].seq, section: found.section, record: found.index, at: found.at, len: found.len, aa: f.aa };
  }
  return null;
}

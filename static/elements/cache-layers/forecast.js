// @ts-check
// The layers as columns, and when the last copy of what is looked for is over.
// The same as templates/layers.go. Pure.

import { canonical } from '../../js/line.js';

/** @typedef {import('../../js/types.js').View} View */
/** @typedef {import('../cache-table/rows.js').ShownRow} ShownRow */
/** @typedef {import('../cache-table/rows.js').ShownCache} ShownCache */
/** @typedef {import('./looks.js').Look} Look */
/** @typedef {{server: {name: string, addr: string, role: string}, zone: string, serial: number, primary: boolean, kind: string, records: {name: string, type: string, data: string}[], ttlSec: number, negativeSec: number}} Holding */
/** @typedef {{layer: string, role: string, look: Look | null, copies: ShownRow[], others: ShownRow[], holding: Holding | null, same: number, cache: boolean}} Column */
/** @typedef {{layer: string, row: ShownRow, until: number, old: boolean, width: number}} Copy until: lesson ms; width: percent of the longest */
/** @typedef {{copies: Copy[], left: number, last: number, old: number, pending: Holding[], zone: Holding | null}} Forecast left in seconds; last: lesson ms, 0 for no copy */

export const onDevice = (/** @type {string} */ layer) => layer === 'browser' || layer === 'device' || layer === 'hosts';

/** @param {{data: string}[]} records */
const data = records => records.map(r => r.data).sort().join('\n');

/** Whether a row is about what is looked for. @param {View} view @param {any} row */
function sought(view, row) {
  const q = view.question;
  return q !== null && (row.type === q.type || row.type === 'CNAME' || row.kind === 'nxdomain') && view.names.some(n => canonical(n.name) === canonical(row.name));
}

/** Whether a copy says something else than the zone's primary does now. @param {View} view @param {Holding[]} holdings @param {any} row */
export function outdated(view, holdings, row) {
  const [h] = holdings, q = view.question;
  if (!h || !q || canonical(row.name) !== canonical(q.name) || row.kind === 'failure') return false;
  if ((row.kind === 'positive') !== (h.kind === 'positive')) return true;
  return row.kind === 'positive' && h.records[0]?.type === row.type && data(row.records ?? []) !== data(h.records);
}

/**
 * @param {View} view at the end of what is shown
 * @param {ShownCache[]} caches
 * @param {Look[]} looks
 * @param {Holding[]} holdings
 * @returns {Column[]}
 */
export function columnsOf(view, caches, looks, holdings) {
  /** @type {Column[]} */ const out = [];
  const find = (/** @type {string} */ layer) => looks.find(l => l.layer === layer) ?? null;
  for (const { cache, rows } of caches) {
    out.push({
      layer: cache, role: onDevice(cache) ? 'stub' : 'resolver', look: find(cache), copies: rows.filter(r => sought(view, r.source)), others: rows.filter(r => !sought(view, r.source)),
      holding: null, same: 0, cache: true,
    });
    if (cache === 'browser') out.push({ layer: 'hosts', role: 'stub', look: find('hosts'), copies: [], others: [], holding: null, same: 0, cache: false });
  }
  for (const h of holdings) {
    const before = out[out.length - 1]?.holding;
    if (before && !before.primary && !h.primary && before.serial === h.serial && before.kind === h.kind && before.ttlSec === h.ttlSec && data(before.records) === data(h.records)) {
      out[out.length - 1].same++;
      continue;
    }
    const layer = canonical(h.server.name);
    out.push({ layer, role: 'auth', look: find(layer), copies: [], others: [], holding: h, same: 0, cache: false });
  }
  return out;
}

/** @param {View} view @param {Column[]} columns @param {Holding[]} holdings @param {number} now lesson ms @returns {Forecast} */
export function forecastOf(view, columns, holdings, now) {
  /** @type {Copy[]} */ const copies = [];
  for (const c of columns) {
    for (const row of c.copies) if (row.left > 0) copies.push({ layer: c.layer, row, until: now + row.left * 1000, old: outdated(view, holdings, row.source), width: 0 });
  }
  const left = Math.max(0, ...copies.map(c => c.row.left)), zone = holdings[0] ?? null;
  for (const c of copies) c.width = Math.max(1, Math.trunc(c.row.left * 100 / left));
  return {
    copies, left, last: left > 0 ? now + left * 1000 : 0, old: copies.filter(c => c.old).length, zone,
    pending: zone ? holdings.slice(1).filter(h => h.kind !== zone.kind || data(h.records) !== data(zone.records)) : [],
  };
}

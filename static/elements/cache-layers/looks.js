// @ts-check
// How each layer was asked for the name that is looked for, and what it had.
// The server finds the same (templates/layers.go); static/test/looks.json holds
// the two together. Pure.

import { canonical } from '../../js/line.js';

/** @typedef {import('../../js/types.js').View} View */
/** @typedef {import('../../js/types.js').TraceEvent} TraceEvent */
/** @typedef {{layer: string, result: string, zone: string, seq: number, balloon: number}} Look zone: of "partial", where the walk begins; balloon 0: before the first */

/** A later look of the same layer counts only if it tells more. @type {Record<string, number>} */
const RANK = { miss: 0, asked: 0, expired: 1, partial: 2, hit: 3, denial: 3, failure: 3, stale: 3, answered: 3 };

const ANSWERS = new Set(['answer.received', 'alias.received', 'nodata.received', 'nxdomain.received']);

/**
 * The layers that were asked in the events that a view was folded from, in that
 * order.
 * @param {View} view
 * @param {TraceEvent[]} events of the trace; those after the view are left out
 * @returns {Look[]}
 */
export function looksOf(view, events) {
  /** @type {Look[]} */ const out = [];
  const names = view.names.map(n => canonical(n.name)), last = view.balloons[view.balloons.length - 1]?.seqs[1] ?? -1;
  const sought = (/** @type {string} */ name) => names.includes(canonical(name));
  const above = (/** @type {string} */ name) => { const c = canonical(name); return names.some(n => n === c || n.endsWith('.' + c)); };
  for (const e of events) {
    if (e.seq > last) break;
    const f = /** @type {any} */ (e.fact);
    const seen = (/** @type {string} */ layer, /** @type {string} */ result, zone = '') => {
      const look = { layer, result, zone, seq: e.seq, balloon: view.balloons.findLast(b => b.seqs[0] <= e.seq)?.n ?? 0 }, i = out.findIndex(l => l.layer === layer);
      if (i < 0) out.push(look);
      else if (RANK[result] > RANK[out[i].result]) out[i] = look;
    };
    if (e.kind === 'hosts.searched') seen('hosts', f.found?.length ? 'hit' : 'miss');
    else if (e.kind === 'cache.missed' && sought(f.name)) seen(f.cache, 'miss');
    else if (e.kind === 'cache.expired' && sought(f.name)) seen(f.cache, 'expired');
    else if (e.kind === 'cache.hit' && above(f.entry.name)) {
      if (f.use === 'answer' || f.use === 'alias') seen(f.cache, 'hit');
      else if (f.use === 'servers') seen(f.cache, 'partial', f.entry.name);
      else if (f.use !== 'address') seen(f.cache, f.use);
    } else if (e.kind === 'query.sent' && f.by === 'resolver' && sought(f.question.name)) seen(canonical(f.server.name), 'asked');
    else if (ANSWERS.has(e.kind) && f.by === 'resolver' && f.aa && sought(f.question.name)) seen(canonical(f.server.name), 'answered');
  }
  return out;
}

// @ts-check
// The measured times of a trace, and where they lie on an axis. The axis is
// to scale except where one wait would squeeze all others: there it breaks.

import { zoneOrder } from './zone-tree.js';

/** @typedef {import('./types.js').View} View */
/**
 * @typedef {object} Span a measured time
 * @property {string} row "device" or the plate it was spent on
 * @property {string} role
 * @property {number} from µs
 * @property {number} to µs
 * @property {number} n balloon that ended it
 * @property {number} query balloon that began it
 * @property {boolean} lost nothing came back
 */

const REPLIES = new Set(['referral', 'answer', 'alias', 'nodata', 'nxdomain', 'truncation', 'failure', 'lame']);
const LOST = new Set(['timeout', 'unreachable']);

/**
 * @param {View} view the whole trace
 * @returns {{rows: {id: string, role: string, zone: string}[], spans: Span[]}}
 */
export function measured(view) {
  /** @type {Span[]} */
  const spans = [];
  for (const b of view.balloons) {
    const lost = LOST.has(b.kind);
    if ((!lost && !REPLIES.has(b.kind)) || !b.rttUs) continue;
    const far = lost ? b.to : b.from, device = b.host === view.plates[0]?.id && !far.startsWith('zone:'), plate = view.plates.find(p => p.id === far);
    const query = view.balloons.findLast(q => q.n < b.n && q.kind === 'query' && q.host === b.host && q.to === far);
    spans.push({ row: device ? 'device' : far, role: lost ? 'error' : device ? 'stub' : plate?.role ?? 'auth', from: Math.max(0, b.atUs - b.rttUs), to: b.atUs, n: b.n, query: query?.n ?? b.n, lost });
  }
  const used = new Set(spans.map(s => s.row));
  const rows = [
    ...(used.has('device') ? [{ id: 'device', role: 'stub', zone: '' }] : []),
    ...zoneOrder(view).filter(p => used.has(p.id)).map(p => ({ id: p.id, role: p.role, zone: p.zone })),
  ];
  return { rows, spans };
}

/**
 * @typedef {object} Scale
 * @property {(us: number) => number} at place of an instant, 0 to 1
 * @property {{from: number, to: number}[]} breaks stretches drawn shorter than they were
 * @property {number[]} ticks round instants to write on the axis
 */

/**
 * @param {Span[]} spans
 * @param {number} end µs
 * @param {number} most ticks
 * @returns {Scale}
 */
export function timeScale(spans, end, most) {
  const cuts = [...new Set([0, end, ...spans.flatMap(s => [s.from, s.to])])].filter(t => t <= end).sort((a, b) => a - b);
  const pieces = cuts.slice(1).map((to, i) => ({ from: cuts[i], to, long: false, share: to - cuts[i] }));
  // a piece is too long when it is most of the whole and hides at least two others
  for (let again = pieces.length > 2; again;) {
    const open = pieces.filter(p => !p.long), rest = open.reduce((n, p) => n + p.share, 0), big = open.reduce((a, b) => (b.share > a.share ? b : a), open[0]);
    again = open.length > 2 && big.share > .72 * rest && big.share < rest;
    if (again) big.long = true;
  }
  const plain = pieces.filter(p => !p.long).reduce((n, p) => n + p.share, 0) || 1;
  for (const p of pieces) if (p.long) p.share = plain * .3;
  const sum = pieces.reduce((n, p) => n + p.share, 0) || 1;
  const at = (/** @type {number} */ us) => {
    let done = 0;
    for (const p of pieces) {
      if (us <= p.to) return (done + p.share * Math.max(0, us - p.from) / Math.max(1, p.to - p.from)) / sum;
      done += p.share;
    }
    return 1;
  };
  const breaks = pieces.filter(p => p.long).map(({ from, to }) => ({ from, to }));
  return { at, breaks, ticks: roundTicks(plain, end, most, breaks) };
}

/** @param {number} plain µs drawn to scale @param {number} end @param {number} most @param {{from: number, to: number}[]} breaks */
function roundTicks(plain, end, most, breaks) {
  let step = 1;
  for (let k = 0; plain / step > most; k++) step = [1, 2, 5][k % 3] * 10 ** Math.floor(k / 3);
  const ticks = [];
  for (let t = 0; t <= end && ticks.length < 40; t += step) {
    const gap = breaks.find(b => t > b.from && t < b.to);
    if (!gap) ticks.push(t);
    else t = Math.floor(gap.to / step) * step;
  }
  return ticks;
}

// @ts-check
// What a framed page says, and what of it is believed: nothing but its shape.
// The script that measures there (static/framed/measure.js) shares a world with
// the page's own, which may say anything in its name.

/**
 * @typedef {object} Entry of the browser's performance timeline; times in ms since it began to open the page
 * @property {string} type "navigation", "resource", "paint", "largest-contentful-paint", "layout-shift"
 * @property {string} name
 * @property {number} at
 * @property {number} for
 * @property {Record<string, number>} times "asked", "first", "last", "parsed", "ready", "loaded"
 * @property {string} by who asked for a resource: "link", "script", "img"
 * @property {boolean} blocking the browser would not draw before it came
 * @property {number} value of a layout shift
 * @property {number} size octets
 */
/** @typedef {{path: string, x: number, y: number, width: number, height: number}} Box */
/** @typedef {{say: "entries", entries: Entry[]} | {say: "boxes", boxes: Box[], width: number, height: number} | {say: "changed", id: number, missing: boolean, rounds: number, style: number, layout: number, frame: number, box: Box | null}} Heard */

const MOST = 200, LONGEST = 300, FAR = 1e7;
const TYPES = ['navigation', 'resource', 'paint', 'largest-contentful-paint', 'layout-shift'];
const TIMES = ['asked', 'first', 'last', 'parsed', 'ready', 'loaded'];

/** A number that can be drawn, or 0. @param {unknown} v */
const figure = v => typeof v === 'number' && Number.isFinite(v) && Math.abs(v) <= FAR ? v : 0;
/** @param {unknown} v */
const text = v => typeof v === 'string' ? v.slice(0, LONGEST) : '';
/** @param {unknown} v @returns {v is Record<string, unknown>} */
const isObject = v => typeof v === 'object' && v !== null && !Array.isArray(v);
/** @param {unknown} v */
const isPath = v => typeof v === 'string' && v.length <= LONGEST && /^(\d+(\.\d+)*)?$/.test(v);

/** @param {unknown} v @returns {Entry | null} */
function entryOf(v) {
  if (!isObject(v) || !TYPES.includes(/** @type {string} */ (v.type)) || figure(v.at) < 0) return null;
  /** @type {Record<string, number>} */ const times = {};
  for (const t of TIMES) if (figure(v[t]) > 0) times[t] = figure(v[t]);
  return { type: text(v.type), name: text(v.name), at: figure(v.at), for: Math.max(figure(v.for), 0), times, by: text(v.by).slice(0, 20), blocking: v.blocking === 'blocking', value: Math.max(figure(v.value), 0), size: Math.max(figure(v.size), 0) };
}

/** @param {unknown} v @returns {Box | null} */
function boxOf(v) {
  if (!Array.isArray(v) || v.length !== 5 || !isPath(v[0])) return null;
  const [x, y, width, height] = v.slice(1).map(figure);
  return { path: String(v[0]), x, y, width: Math.max(width, 0), height: Math.max(height, 0) };
}

/** @template T @param {unknown} list @param {(v: unknown) => T | null} read */
const all = (list, read) => /** @type {T[]} */ (Array.isArray(list) ? list.slice(0, MOST).map(read).filter(v => v !== null) : []);

/** A message as far as it can be believed, null for one that cannot. @param {unknown} m @returns {Heard | null} */
export function heard(m) {
  if (!isObject(m) || m.rootwalk !== 1) return null;
  switch (m.say) {
    case 'entries': return { say: 'entries', entries: all(m.entries, entryOf) };
    case 'boxes': return { say: 'boxes', boxes: all(m.boxes, boxOf), width: Math.max(figure(m.width), 0), height: Math.max(figure(m.height), 0) };
    case 'changed': {
      if (typeof m.id !== 'number') return null;
      const box = Array.isArray(m.box) ? boxOf(['', ...m.box.slice(0, 4)]) : null;
      return { say: 'changed', id: m.id, missing: m.missing === true, rounds: figure(m.rounds), style: Math.max(figure(m.style), 0), layout: Math.max(figure(m.layout), 0), frame: Math.max(figure(m.frame), 0), box };
    }
  }
  return null;
}

/** How many messages in a row are heard, and how many a second after that. */
const BURST = 40, RATE = 4;

/** Counts messages: a page that never stops talking is not listened to. */
export class Ear {
  constructor() { this.left = BURST; this.at = 0; }

  /** Whether one more is heard. @param {number} now ms */
  hears(now) {
    this.left = Math.min(BURST, this.left + (now - this.at) / 1000 * RATE);
    this.at = now;
    if (this.left < 1) return false;
    this.left--;
    return true;
  }
}

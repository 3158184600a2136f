// @ts-check
// A name as tiles, one a label, numbered from the right: the order in which
// the tree of names is walked. Long names get smaller type, then more lines,
// then shortened labels; it never gets below a readable size.

import { labelsOf } from './text-fit.js';

/**
 * @typedef {object} Tile
 * @property {string} text as drawn, possibly shortened
 * @property {string} label in full
 * @property {string} suffix the name from this label to the root
 * @property {number} n counted from the root, which is 1
 * @property {number} x
 * @property {number} y baseline
 * @property {number} w
 */
/** @typedef {{tiles: Tile[], dots: {x: number, y: number}[], size: number, x: number, right: number, top: number, bottom: number}} NameTiles */

const ADVANCE = .602;
/** [size of type, most lines at that size] */
const TRIES = [[26, 1], [22, 1], [19, 1], [17, 2], [15, 2], [14, 3]];
/** Below a line: brace and number. */
const UNDER = 30;

/**
 * @param {string} name
 * @param {number} x left edge
 * @param {number} top
 * @param {number} width
 * @param {number} largest size of type to begin with
 * @returns {NameTiles}
 */
export function nameTiles(name, x, top, width, largest = 26) {
  const labels = labelsOf(name);
  const parts = labels.map((label, i) => ({ text: label, label, suffix: labels.slice(i).join('.') + '.', n: labels.length - i + 1 }));
  parts.push({ text: '.', label: '.', suffix: '.', n: 1 });
  for (const [size, most] of TRIES) {
    if (size > largest) continue;
    const lines = wrap(parts, width / (size * ADVANCE));
    if (lines && lines.length <= most) return place(lines, size, x, top);
  }
  const size = 14, room = width / (size * ADVANCE);
  for (let cap = 24; cap >= 4; cap -= 2) {
    const lines = wrap(few(parts).map(p => ({ ...p, text: shorten(p.text, cap) })), room);
    if (lines && lines.length <= 3) return place(lines, size, x, top);
  }
  return place(wrap(few(parts, 3).map(p => ({ ...p, text: shorten(p.text, 4) })), room) ?? [], size, x, top);
}

/** A label of which at most n characters are shown. @param {string} text @param {number} n */
const shorten = (text, n) => text.length <= n ? text : text.slice(0, Math.ceil((n - 1) / 2)) + '…' + text.slice(text.length - Math.floor((n - 1) / 2));

/**
 * Very many labels: those at both ends, and one tile for the rest.
 * @template {{text: string, label: string}} P
 * @param {P[]} parts @param {number} ends
 */
function few(parts, ends = 9) {
  if (parts.length <= 2 * ends + 1) return parts;
  const left = parts.slice(0, ends), rest = parts.slice(ends, -ends), right = parts.slice(-ends);
  return [...left, { ...rest[0], text: '…', label: rest.map(p => p.label).join('.') }, ...right];
}

/**
 * Breaks the labels into lines; null where a label alone is too long. The root
 * dot is the dot after the last label: it takes no dot of its own.
 * @template {{text: string, n: number}} P
 * @param {P[]} parts @param {number} room characters in a line
 * @returns {P[][] | null}
 */
function wrap(parts, room) {
  /** @type {P[][]} */
  const lines = [[]];
  let used = 0;
  for (const p of parts) {
    const chars = [...p.text].length + (p.n > 2 ? 1 : 0);
    if (chars > room) return null;
    if (used + chars > room && lines[lines.length - 1].length) { lines.push([]); used = 0; }
    lines[lines.length - 1].push(p);
    used += chars;
  }
  return lines;
}

/**
 * @param {{text: string, label: string, suffix: string, n: number}[][]} lines
 * @param {number} size @param {number} x @param {number} top
 * @returns {NameTiles}
 */
function place(lines, size, x, top) {
  const em = size * ADVANCE, pitch = Math.round(size * .78) + UNDER + 6;
  /** @type {Tile[]} */
  const tiles = [];
  const dots = [];
  let right = x, y = top + Math.round(size * .78);
  for (const line of lines) {
    let at = x;
    for (const p of line) {
      const w = [...p.text].length * em;
      tiles.push({ ...p, x: at, y, w });
      at += w;
      if (p.n > 2) { dots.push({ x: at, y }); at += em; }
    }
    right = Math.max(right, at);
    y += pitch;
  }
  return { tiles, dots, size, x, right, top, bottom: y - pitch + UNDER };
}

// @ts-check
// The tree of names beside the servers: which labels the walk passes, in which
// zone each lies as far as the trace shows, and where the zone cuts are.

import { labelsOf, suffixesOf } from './text-fit.js';

/** @typedef {import('./types.js').View} View */
/** @typedef {import('./types.js').Plate} Plate */
/**
 * @typedef {object} TreeNode
 * @property {string} name
 * @property {string} label
 * @property {string} plate id of the plate of the closest zone around it, "" where none is known
 * @property {boolean} apex of a zone
 * @property {string} parent name of the node above
 * @property {boolean} sought one of the names searched
 */

/** @param {string} name */
const lower = name => name.toLowerCase();

/**
 * The zone plates of a view, parents before children, each branch together:
 * the order from top to bottom.
 * @param {View} view
 * @returns {Plate[]}
 */
export function zoneOrder(view) {
  const zones = view.plates.filter(p => p.id.startsWith('zone:'));
  /** @type {Map<string, Plate[]>} */
  const below = new Map();
  for (const p of zones) {
    const above = closest(p.zone, zones.filter(q => q !== p));
    below.set(above, [...(below.get(above) ?? []), p]);
  }
  /** @type {Plate[]} */
  const out = [];
  const walk = (/** @type {string} */ id) => { for (const p of below.get(id) ?? []) { out.push(p); walk(p.id); } };
  walk('');
  return out;
}

/**
 * Id of the plate of the closest zone at or above a name.
 * @param {string} name @param {Plate[]} plates
 */
export function closest(name, plates) {
  const around = suffixesOf(lower(name));
  let best = '', depth = -1;
  for (const p of plates) {
    const at = around.indexOf(lower(p.zone));
    if (at > depth) { depth = at; best = p.id; }
  }
  return best;
}

/**
 * The nodes of the tree, plate by plate in the order given, each plate's from
 * the top down. Nodes above every known zone come first.
 * @param {View} view @param {Plate[]} plates
 * @returns {TreeNode[]}
 */
export function treeNodes(view, plates) {
  const sought = view.names.map(n => lower(n.name));
  if (!sought.length && view.question) sought.push(lower(view.question.name));
  const apexes = new Set(plates.map(p => lower(p.zone)));
  /** @type {Map<string, TreeNode>} */
  const nodes = new Map();
  for (const name of [...sought, ...apexes]) {
    const way = suffixesOf(name);
    way.forEach((suffix, i) => {
      if (nodes.has(suffix)) return;
      nodes.set(suffix, {
        name: suffix, label: labelsOf(suffix)[0] ?? '.', plate: closest(suffix, plates), apex: apexes.has(suffix),
        parent: i ? way[i - 1] : '', sought: sought.includes(suffix),
      });
    });
  }
  // each branch together, so that the lines of one do not cross those of another
  const all = [...nodes.values()], order = ['', ...plates.map(p => p.id)];
  /** @type {TreeNode[]} */
  const walked = [];
  const walk = (/** @type {TreeNode} */ n) => { walked.push(n); for (const child of all) if (child.parent === n.name) walk(child); };
  for (const n of all) if (!n.parent) walk(n);
  return order.flatMap(id => walked.filter(n => n.plate === id));
}

/**
 * At most this many of a plate's nodes: the first and the last, and between
 * them as many as fit; where some are left out, "gap" counts them.
 * @param {TreeNode[]} nodes @param {number} room
 * @returns {(TreeNode & {gap?: number})[]}
 */
export function fewNodes(nodes, room) {
  if (nodes.length <= room) return nodes;
  if (room <= 1) return [{ ...nodes[nodes.length - 1], gap: nodes.length - 1, apex: nodes[0].apex, parent: nodes[0].parent }];
  const head = nodes.slice(0, room - 1), tail = nodes[nodes.length - 1];
  return [...head, { ...tail, gap: nodes.length - room, parent: head[head.length - 1].name }];
}

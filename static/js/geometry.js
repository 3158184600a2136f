// @ts-check
// Where everything on the drawing lies. Pure: the same view and size give the
// same places, in the page and in tests. Lengths are in the drawing's units,
// which are CSS px at the usual size of text, so type never shrinks with the
// window: the layout changes instead.
//
// The whole trace is laid out at once. Playing it moves nothing: lanes, nodes
// and words only turn from construction line to ink.

import { nameTiles } from './name-tiles.js';
import { lanesOf } from './lanes.js';
import { fewNodes, treeNodes, zoneOrder } from './zone-tree.js';

/** @typedef {import('./types.js').View} View */
/** @typedef {import('./types.js').Plate} Plate */
/** @typedef {[number, number]} Point */
/** @typedef {{x: number, y: number, w: number, h: number}} Box */
/** @typedef {Box & {id: string, role: string, zone: string, lines: number, ghost: boolean}} PlacedPlate lines: of text that fit, the title among them */
/** @typedef {import('./lanes.js').Lane} Lane */
/** @typedef {import('./zone-tree.js').TreeNode & {gap?: number, x: number, y: number, tick: Point | null}} PlacedNode */
/** @typedef {{name: string, path: string, cut: Point | null, half: number}} Edge half: of the width of a cut's bars */
/**
 * @typedef {object} Layout
 * @property {number} width
 * @property {number} height at least what was asked for
 * @property {boolean} tall
 * @property {(Box & {cols: number, rows: number}) | null} frame
 * @property {import('./name-tiles.js').NameTiles[]} names one for each name searched
 * @property {number} textRoom for what is written below a name
 * @property {PlacedPlate[]} plates
 * @property {Lane[]} lanes
 * @property {PlacedNode[]} nodes
 * @property {Edge[]} edges
 * @property {number} labelRoom for the words beside a node
 * @property {number} leader x of the line from the resolver to its cache, 0 for none
 */

const PAD = 14;
/** @param {number} low @param {number} n @param {number} high */
const clamp = (low, n, high) => Math.max(low, Math.min(n, high));
const round = Math.round;

/** Up to this width the drawing is tall. */
export const TALL_BELOW = 520;

/**
 * @param {View} view the whole trace
 * @param {{width: number, height: number}} size
 * @returns {Layout}
 */
export function layOut(view, size) {
  const tall = size.width < TALL_BELOW;
  const hosts = hostPlates(view), zones = zonePlates(view);
  return tall ? layOutTall(view, size.width, hosts, zones) : layOutWide(view, size, hosts, zones);
}

/**
 * The device and its resolvers. A resolver that was not asked is there as a
 * construction line: the device has one, whether it needs it or not.
 * @param {View} view
 */
function hostPlates(view) {
  const list = view.plates.filter(p => !p.id.startsWith('zone:')).map(p => ({ ...p, ghost: false }));
  const stub = list.filter(p => p.role === 'stub'), rest = list.filter(p => p.role !== 'stub');
  const ghost = (/** @type {string} */ id, /** @type {string} */ role) => ({ id, role, zone: '', host: id, ghost: true });
  return [...(stub.length ? stub.slice(0, 1) : [ghost('device', 'stub')]), ...(rest.length ? rest : [ghost('R1', 'resolver')])];
}

/** @param {View} view */
function zonePlates(view) {
  const list = zoneOrder(view).map(p => ({ ...p, ghost: false }));
  // Before the first message the root's server is all that anyone can be sure of.
  if (!list.length && view.state !== 'finished') return [{ id: 'zone:.', role: 'root', zone: '.', ghost: true }];
  return list;
}

/** @param {View} view */
const soughtNames = view => view.names.length ? view.names.map(n => n.name) : view.question ? [view.question.name] : [];

/** Height of type lines in a plate. @param {number} h */
const linesIn = h => h >= 56 ? 3 : h >= 36 ? 2 : 1;

/**
 * @param {View} view
 * @param {{width: number, height: number}} size
 * @param {any[]} hosts @param {any[]} zones
 * @returns {Layout}
 */
function layOutWide(view, size, hosts, zones) {
  const width = size.width, resolvers = hosts.length - 1, many = resolvers > 1;
  const top = 18.5, left = 18.5;
  const treeWidth = width >= 640 ? clamp(112, width * .165, 160) : 0;
  const zoneWidth = round(clamp(156, width * .265, 280));
  const zx = round(width - left - (treeWidth || PAD) - zoneWidth), lx = left + 17.5;
  const hostWidth = round(clamp(146, width * .25, 240)) + (many ? 24 : 0);
  const names = soughtNames(view).map(n => nameTiles(n, lx, top + 12, zx - lx - 24));
  const under = Math.max(top + 60, ...names.map(n => n.bottom)) + 30;

  const n = zones.length, hostHeight = many ? 46 : 74;
  const needLeft = under + 54 + resolvers * (hostHeight + 42) + 28;
  const needRight = top + 24 + n * 26 + (n - 1) * 8 + PAD;
  const height = Math.max(size.height, needLeft + 12.5, needRight + 12.5);
  const frame = { x: left, y: top, w: width - 2 * left, h: height - top - 12.5, cols: 6, rows: 4 };
  const bottom = frame.y + frame.h;

  // zones from top to bottom on the right
  const y0 = top + 12, room = bottom - PAD - y0;
  const h = n ? clamp(26, Math.floor((room - (n - 1) * 8) / n), 74) : 0;
  const pitch = n > 1 ? (room - h) / (n - 1) : 0;
  /** @type {PlacedPlate[]} */
  const right = zones.map((p, i) => ({ id: p.id, role: p.role, zone: p.zone, ghost: p.ghost, x: zx, y: round(n > 1 ? y0 + i * pitch : y0 + (room - h) * (p.zone === '.' ? .1 : .62)), w: zoneWidth, h, lines: linesIn(h) }));

  // the device, and its resolvers below it; a second resolver stands under the first, which leaves a margin for the lanes that pass it
  const lanes = lanesOf(view, right);
  const last = bottom - 30;
  /** @type {PlacedPlate[]} */
  const hostBoxes = [];
  const deviceHeight = 54, slots = Math.max(0, ...hosts.slice(1).map(p => lanes.portsOf(p.id)));
  const free = last - under - deviceHeight;
  const rh = round(clamp(hostHeight, 14 + 8.5 * slots, Math.max(hostHeight, (free - resolvers * 44) / resolvers)));
  const gap = (free - resolvers * rh) / resolvers;
  const deviceY = round(under + (many ? 0 : clamp(0, gap * .16, 26)));
  hosts.forEach((p, i) => {
    const indent = i ? (resolvers - i) * 44 : 0;
    const y = i ? round(last - (resolvers - i) * (rh + Math.min(gap, 60)) - rh) : deviceY;
    hostBoxes.push({
      id: p.id, role: p.role, zone: '', ghost: p.ghost, x: lx + indent, y, w: (i || many ? hostWidth : round(hostWidth * .9)) - indent, h: i ? rh : deviceHeight, lines: i ? linesIn(rh) : 2,
    });
  });

  const plates = [...hostBoxes, ...right], textRoom = zx - lx - 24;
  const placed = lanes.place(plates, names.map(t => ({ x: t.x, y: top, w: Math.min(textRoom, Math.max(t.right - t.x, 300)), h: under - 8 - top })));
  const tree = treeWidth ? treeWide(view, right, { x: round(zx + zoneWidth + 28), top: top + 10, bottom: bottom - 10, right: width - left, pitch }) : { nodes: [], edges: [], labelRoom: 0 };
  const main = hostBoxes[1];
  return { width, height, tall: false, frame, names, textRoom, plates, lanes: placed, ...tree, leader: main && !main.ghost && !many ? main.x + 22 : 0 };
}

/**
 * The phone's own geometry: hosts on the left, zones on the right, the tree as
 * the short lines between them. It takes the height that it needs.
 * @param {View} view @param {number} width @param {any[]} hosts @param {any[]} zones
 * @returns {Layout}
 */
function layOutTall(view, width, hosts, zones) {
  const resolvers = hosts.length - 1, many = resolvers > 1;
  const names = soughtNames(view).map(n => nameTiles(n, PAD, 14, width - 2 * PAD, 22));
  const top = Math.max(40, ...names.map(n => n.bottom)) + 10;
  const n = zones.length, zoneWidth = round(clamp(120, width * .39, 210)), zx = width - PAD - zoneWidth;
  const [h, gap] = n <= 3 ? [70, 24] : n <= 5 ? [58, 18] : [42, 14];
  /** @type {PlacedPlate[]} */
  const right = zones.map((p, i) => ({ id: p.id, role: p.role, zone: p.zone, ghost: p.ghost, x: zx, y: round(top + i * (h + gap)), w: zoneWidth, h, lines: linesIn(h) }));
  const zonesEnd = n ? top + n * h + (n - 1) * gap : top;

  const lanes = lanesOf(view, right, n > 3 ? 2 : 4), hostWidth = round(clamp(96, width * .31, 170));
  const slots = Math.max(0, ...hosts.slice(1).map(p => lanes.portsOf(p.id)));
  const rh = round(clamp(58, 14 + 9 * slots, 170)), deviceY = round(top + 18), deviceEnd = deviceY + 50;
  const spread = Math.max(resolvers * 84, (zonesEnd - deviceEnd) * .55 - rh / 2);
  /** @type {PlacedPlate[]} */
  const hostBoxes = hosts.map((p, i) => {
    const indent = many && i ? (resolvers - i) * 30 : 0;
    return { id: p.id, role: p.role, zone: '', ghost: p.ghost, x: PAD + indent, y: i ? round(deviceEnd + (many ? 84 + (i - 1) * (rh + 40) : spread)) : deviceY, w: hostWidth - indent, h: i ? rh : 50, lines: 2 };
  });
  const plates = [...hostBoxes, ...right], height = Math.max(zonesEnd, ...hostBoxes.map(p => p.y + p.h)) + 18;
  const placed = lanes.place(plates, names.map(t => ({ x: t.x, y: 0, w: t.right - t.x, h: t.bottom })));
  const { edges, nodes } = treeTall(view, right);
  return { width, height, tall: true, frame: null, names, textRoom: width - 2 * PAD, plates, lanes: placed, nodes, edges, labelRoom: 0, leader: 0 };
}

/**
 * @param {View} view @param {PlacedPlate[]} zones
 * @param {{x: number, top: number, bottom: number, right: number, pitch: number}} area
 */
function treeWide(view, zones, area) {
  const all = treeNodes(view, /** @type {any} */ (zones));
  /** @type {PlacedNode[]} */
  const nodes = [];
  const first = zones.length ? zones[0].y : area.bottom;
  for (const group of ['', ...zones.map(z => z.id)]) {
    const mine = all.filter(n => n.plate === group), plate = zones.find(z => z.id === group);
    if (!mine.length) continue;
    const from = plate ? plate.y : area.top, to = plate ? plate.y + plate.h : first - 6;
    const grow = plate ? clamp(0, Math.min(area.pitch || area.bottom, 18 * mine.length) - plate.h, Math.max(0, Math.min(60, area.bottom - to))) : 0;
    const span = to - from + grow, some = fewNodes(mine, Math.max(1, Math.floor(span / 17)));
    some.forEach((n, i) => {
      const y = round(from + span * (i + .5) / some.length);
      nodes.push({ ...n, x: area.x, y, tick: plate ? [plate.x + plate.w, clamp(plate.y + 4, y, plate.y + plate.h - 4)] : null });
    });
  }
  // an edge runs straight down where nothing stands between, else around on the left
  /** @type {Edge[]} */
  const edges = [];
  let bypass = 0;
  nodes.forEach((node, i) => {
    if (!node.parent) return;
    const at = nodes.findIndex(o => o.name === node.parent), up = at >= 0 ? nodes[at] : nodes.find(o => o.name === '.');
    if (!up || up === node) return;
    const straight = nodes.indexOf(up) === i - 1, x = area.x - (straight ? 0 : 10 + 5 * bypass++);
    const path = straight ? `M${x} ${up.y + 6}V${node.y - 6}` : `M${area.x - 5} ${up.y + 4}H${x}V${node.y}H${area.x - 6}`;
    const y = straight ? (up.y + node.y) / 2 : Math.max(node.y - 12, up.y + 10);
    edges.push({ name: node.name, path, cut: node.apex && node.name !== '.' ? [x, y] : null, half: 7 });
  });
  return { nodes, edges, labelRoom: area.right - area.x - 15 - 5 };
}

/** @param {View} view @param {PlacedPlate[]} zones */
function treeTall(view, zones) {
  /** @type {Edge[]} */
  const edges = [];
  let bypass = 0;
  zones.forEach((z, i) => {
    const around = zones.filter(o => o !== z && (o.zone === '.' || z.zone.toLowerCase().endsWith('.' + o.zone.toLowerCase())));
    const up = around.sort((a, b) => b.zone.length - a.zone.length)[0];
    if (!up) return;
    const straight = zones[i - 1] === up, mid = z.x + round(z.w * .55);
    if (straight) edges.push({ name: z.zone, path: `M${mid} ${up.y + up.h}V${z.y}`, cut: [mid, (up.y + up.h + z.y) / 2], half: 7 });
    else {
      const x = z.x + z.w + 5 + 4 * (bypass++ % 2);
      edges.push({ name: z.zone, path: `M${up.x + up.w} ${up.y + up.h / 2}H${x}V${z.y + z.h / 2}H${z.x + z.w}`, cut: [x, z.y - 6], half: 4 });
    }
  });
  return { edges, nodes: /** @type {PlacedNode[]} */ ([]) };
}

/**
 * The square of the grid that a point lies in: "A1" to "D6", "" without a grid.
 * @param {Layout} layout @param {number} x @param {number} y
 */
export function gridRef(layout, x, y) {
  const f = layout.frame;
  if (!f) return '';
  const col = clamp(0, Math.floor((x - f.x) / (f.w / f.cols)), f.cols - 1), row = clamp(0, Math.floor((y - f.y) / (f.h / f.rows)), f.rows - 1);
  return 'ABCD'[row] + (col + 1);
}

/**
 * Where each balloon of the trace is on the grid, by its number: for a message
 * the plate at the far end from the resolver.
 * @param {View} view @param {Layout} layout
 * @returns {Record<number, string>}
 */
export function gridRefs(view, layout) {
  /** @type {Record<number, string>} */
  const refs = {};
  for (const b of view.balloons) {
    const far = [b.from, b.to].find(id => id.startsWith('zone:')) ?? (b.kind === 'query' ? b.to : b.from);
    const p = layout.plates.find(q => q.id === far);
    if (p) refs[b.n] = gridRef(layout, p.x + p.w / 2, p.y + p.h / 2);
  }
  return refs;
}

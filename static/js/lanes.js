// @ts-check
// The lanes of a drawing: one for each message, between two plates. Lanes
// between the same two plates lie side by side in slots. There are as many
// slots as fit; after that the oldest lane gives its slot to the newest, and
// is found in the list of steps only.

/** @typedef {import('./types.js').View} View */
/** @typedef {import('./types.js').Balloon} Balloon */
/** @typedef {import('./geometry.js').PlacedPlate} PlacedPlate */
/** @typedef {import('./geometry.js').Box} Box */
/** @typedef {[number, number]} Point */
/**
 * @typedef {object} Lane
 * @property {number} n number of the balloon
 * @property {string} kind
 * @property {'lane' | 'local' | 'lost'} shape lost: no line of its own, but a cross on that of its query
 * @property {number} query for lost ones, the number of that query's balloon
 * @property {string} slot what it shares with older and newer lanes: only the newest of a slot is drawn
 * @property {boolean} tcp
 * @property {Point} a start
 * @property {Point} b end; of local ones the same
 * @property {Point} balloon
 * @property {Point} cross of lost ones
 * @property {{x: number, y: number, anchor: 'start' | 'end'} | null} words where to write what went wrong; null: no room, the list of steps says it
 */
/** @typedef {{b: Balloon, pair: string, host: string, far: string, slot: number, shape: Lane['shape'], query: number}} Draft */

export const RADIUS = 10.5;
const LOST = new Set(['timeout', 'unreachable']);

/**
 * @param {View} view the whole trace
 * @param {PlacedPlate[]} zones
 * @param {number} [most] slots between two plates
 */
export function lanesOf(view, zones, most = 8) {
  const height = new Map(zones.map(z => [z.id, z.h]));
  const askers = new Map(zones.map(z => [z.id, new Set(view.balloons.filter(b => b.to === z.id || b.from === z.id).map(b => b.host)).size]));
  /** @type {Draft[]} */
  const drafts = [];
  /** @type {Map<string, number>} */
  const asked = new Map();
  /** @type {Map<string, number>} */
  const used = new Map();
  for (const b of view.balloons) {
    if (b.from === b.to || !b.from || !b.to) {
      drafts.push({ b, pair: b.host, host: b.host, far: b.host, slot: 0, shape: 'local', query: 0 });
      continue;
    }
    const out = b.kind === 'query' || LOST.has(b.kind), host = out ? b.from : b.to, far = out ? b.to : b.from, pair = host + '|' + far;
    const h = height.get(far), cap = h === undefined ? 4 : even(Math.min(most, Math.max(2, Math.floor((h - 8) / 12 / Math.max(1, askers.get(far) ?? 1)))));
    const before = drafts.findLast(d => d.pair === pair && d.shape === 'lane' && d.b.kind === 'query');
    if (LOST.has(b.kind) && before) {
      drafts.push({ b, pair, host, far, slot: before.slot, shape: 'lost', query: before.b.n });
      continue;
    }
    const count = (asked.get(pair) ?? 0) + (b.kind === 'query' ? 1 : 0);
    asked.set(pair, count);
    const slot = b.kind === 'query' ? (2 * (count - 1)) % cap : (2 * Math.max(0, count - 1)) % cap + 1;
    used.set(pair, Math.max(used.get(pair) ?? 0, Math.min(cap, slot - slot % 2 + 2)));
    drafts.push({ b, pair, host, far, slot, shape: 'lane', query: 0 });
  }
  const order = zones.map(z => z.id);
  return {
    /** How many lanes end at the side of a resolver. @param {string} host */
    portsOf: host => order.reduce((sum, id) => sum + (used.get(host + '|' + id) ?? 0), 0),
    /** @param {PlacedPlate[]} plates @param {Box[]} others boxes that words must not touch */
    place: (plates, others) => place(drafts, used, order, plates, others),
  };
}

/** @param {number} n */
const even = n => n - n % 2;

/**
 * @param {Draft[]} drafts @param {Map<string, number>} used @param {string[]} order
 * @param {PlacedPlate[]} plates @param {Box[]} others
 * @returns {Lane[]}
 */
function place(drafts, used, order, plates, others) {
  const byId = new Map(plates.map(p => [p.id, p]));
  /** where a slot runs, from the host to the far plate @type {Map<string, {near: Point, far: Point, upright: boolean}>} */
  const tracks = new Map();
  const hosts = plates.filter(p => !p.id.startsWith('zone:'));
  for (const host of hosts) {
    const ports = order.flatMap(id => Array.from({ length: used.get(host.id + '|' + id) ?? 0 }, (_, slot) => ({ id, slot })));
    ports.forEach(({ id, slot }, i) => {
      const far = /** @type {PlacedPlate} */ (byId.get(id)), here = used.get(host.id + '|' + id) ?? 1;
      const beside = hosts.filter(o => o.id !== host.id && used.get(o.id + '|' + id)), above = beside.filter(o => o.y < host.y).reduce((n, o) => n + (used.get(o.id + '|' + id) ?? 0), 0);
      const all = here + beside.reduce((n, o) => n + (used.get(o.id + '|' + id) ?? 0), 0);
      tracks.set(`${host.id}|${id}#${slot}`, {
        near: [host.x + host.w, host.y + host.h * (i + 1) / (ports.length + 1)],
        far: [far.x, far.y + far.h * (above + slot + 1) / (all + 1)],
        upright: false,
      });
    });
  }
  // from the device straight down to its resolvers; past the first ones on their left
  const device = hosts[0];
  hosts.slice(1).forEach((r, i) => {
    const slots = used.get(device.id + '|' + r.id) ?? 0, before = i ? hosts[i] : null;
    const from = before ? r.x + 11 : r.x + Math.min(26, r.w * .16), to = before ? before.x - 13 : Math.min(device.x + device.w, r.x + r.w) - 16;
    const step = slots > 1 ? Math.min(30, (to - from) / (slots - 1)) : 0;
    for (let s = 0; s < slots; s++) {
      const x = from + s * step;
      tracks.set(`${device.id}|${r.id}#${s}`, { near: [x, device.y + device.h], far: [x, r.y], upright: true });
    }
  });

  const spots = balloonSpots(tracks, drafts, plates);
  /** @type {Map<string, number>} */
  const locals = new Map();
  /** @type {Map<string, number>} */
  const total = new Map();
  for (const d of drafts) if (d.shape === 'local') total.set(d.host, (total.get(d.host) ?? 0) + 1);
  // the balloons on the edges of plates, where no words may stand
  const edges = hosts.flatMap(p => { const w = 24 * Math.min(total.get(p.id) ?? 0, Math.max(1, Math.floor((p.w - 30) / 24))); return w ? [{ x: p.x + p.w - 4 - w, y: (p === device ? p.y : p.y + p.h) - RADIUS, w, h: 2 * RADIUS }] : []; });
  const write = wordsPlacer(plates, [...others, ...edges], spots);
  return drafts.map(d => {
    const tcp = d.b.transport === 'tcp' || d.b.transport === 'https', base = { n: d.b.n, kind: d.b.kind, shape: d.shape, query: d.query, tcp, words: null };
    if (d.shape === 'local') {
      const p = byId.get(d.host) ?? device, k = locals.get(p.id) ?? 0, room = Math.max(1, Math.floor((p.w - 30) / 24));
      locals.set(p.id, k + 1);
      // on the edge of the plate where no lane ends
      /** @type {Point} */
      const at = [p.x + p.w - 16 - (Math.min(room, total.get(d.host) ?? 1) - 1 - k % room) * 24, p === device ? p.y : p.y + p.h];
      return { ...base, slot: `${p.id}@${k % room}`, a: at, b: at, balloon: at, cross: at };
    }
    const slot = `${d.pair}#${d.slot}`, t = tracks.get(slot), spot = spots.get(slot);
    if (!t || !spot) return { ...base, shape: /** @type {'local'} */ ('local'), slot, a: [0, 0], b: [0, 0], balloon: [0, 0], cross: [0, 0] };
    const out = d.b.kind === 'query' || d.shape === 'lost';
    return {
      ...base, slot: d.shape === 'lost' ? slot + 'x' : slot, a: out ? t.near : t.far, b: out ? t.far : t.near,
      balloon: d.shape === 'lost' ? spot.lost : spot.balloon, cross: spot.cross, words: d.shape === 'lost' ? write(slot, spot.cross, t.upright) : null,
    };
  });
}

/** Room for "no reply, 2.0 s" in either language. */
const WORDS = 102;

/**
 * Finds room for words beside a cross. Words of one slot share their place.
 * @param {Box[]} plates @param {Box[]} others @param {Map<string, {balloon: Point, lost: Point}>} spots
 */
function wordsPlacer(plates, others, spots) {
  const taken = [...plates, ...others, ...[...spots.values()].flatMap(s => [s.balloon, s.lost]).map(([x, y]) => ({ x: x - RADIUS, y: y - RADIUS, w: 2 * RADIUS, h: 2 * RADIUS }))];
  /** @type {Map<string, Lane['words']>} */
  const found = new Map();
  return (/** @type {string} */ slot, /** @type {Point} */ [x, y], /** @type {boolean} */ upright) => {
    if (found.has(slot)) return found.get(slot) ?? null;
    const wishes = upright ? [[12, 4], [40, 4], [12, -16], [12, 22]] : [[-10, -12], [-10, 20], [-26, -14], [-26, 24], [-50, -16], [-50, 28]];
    let best = null;
    for (const [dx, dy] of wishes) {
      const anchor = /** @type {'start' | 'end'} */ (dx < 0 ? 'end' : 'start'), box = { x: dx < 0 ? x + dx - WORDS : x + dx, y: y + dy - 11, w: WORDS, h: 14 };
      if (taken.some(b => box.x < b.x + b.w && b.x < box.x + box.w && box.y < b.y + b.h && b.y < box.y + box.h)) continue;
      taken.push(box);
      best = { x: x + dx, y: y + dy, anchor };
      break;
    }
    found.set(slot, best);
    return best;
  };
}

/** @param {Point} a @param {Point} b @param {number} k @returns {Point} */
export const along = (a, b, k) => [a[0] + (b[0] - a[0]) * k, a[1] + (b[1] - a[1]) * k];

/** Distance of a point from a stretch of line. @param {Point} p @param {Point} a @param {Point} b */
export function distance(p, a, b) {
  const dx = b[0] - a[0], dy = b[1] - a[1], len = dx * dx + dy * dy;
  const k = len ? Math.max(0, Math.min(1, ((p[0] - a[0]) * dx + (p[1] - a[1]) * dy) / len)) : 0;
  return Math.hypot(p[0] - a[0] - k * dx, p[1] - a[1] - k * dy);
}

/** Off a short lane, on its right. @param {{near: Point, far: Point}} t @returns {Point[]} */
const beside = t => [.5, .3, .7, .1, .9].flatMap(k => { const [x, y] = along(t.near, t.far, k); return /** @type {Point[]} */ ([[x + 25, y], [x + 31, y]]); });

/**
 * A place for the balloon of each slot: near the server, clear of other
 * balloons, off other lanes. Slots are few, so every candidate is tried.
 * @param {Map<string, {near: Point, far: Point, upright: boolean}>} tracks
 * @param {Draft[]} drafts @param {PlacedPlate[]} plates
 */
function balloonSpots(tracks, drafts, plates) {
  const lost = new Set(drafts.filter(d => d.shape === 'lost').map(d => `${d.pair}#${d.slot}`));
  /** @type {Point[]} */
  const taken = [], crosses = /** @type {Point[]} */ ([]);
  /** @type {Map<string, {balloon: Point, lost: Point, cross: Point}>} */
  const spots = new Map();
  const find = (/** @type {string} */ key, /** @type {(number | Point)[]} */ wishes) => {
    const t = /** @type {{near: Point, far: Point, upright: boolean}} */ (tracks.get(key));
    let best = /** @type {Point} */ (along(t.near, t.far, .5)), least = Infinity;
    wishes.forEach((k, rank) => {
      const p = typeof k === 'number' ? along(t.near, t.far, k) : k;
      let cost = rank * 1.5;
      for (const o of taken) { const d = Math.hypot(p[0] - o[0], p[1] - o[1]); if (d < 23) cost += 60 + (23 - d) * 40; }
      for (const o of crosses) { const d = Math.hypot(p[0] - o[0], p[1] - o[1]); if (d < 15) cost += 30 + (15 - d) * 8; }
      for (const b of plates) if (p[0] > b.x - 11 && p[0] < b.x + b.w + 11 && p[1] > b.y - 11 && p[1] < b.y + b.h + 11) cost += 800;
      for (const [other, o] of tracks) if (other !== key) { const d = distance(p, o.near, o.far); if (d < 12) cost += (12 - d) * 2; }
      if (cost < least) { least = cost; best = p; }
    });
    taken.push(best);
    return best;
  };
  for (const [key, t] of tracks) {
    const reply = Number(key.slice(key.lastIndexOf('#') + 1)) % 2 === 1;
    const wishes = t.upright ? lost.has(key) ? [.5, .36, .3, .24] : [.36, .6, .25, .75] : reply ? [.9, .86, .8, .7, .62, .54, .46, .38, .3] : [.76, .7, .64, .58, .84, .5, .42, .34, .26, .3, .22, .46, .54];
    const cross = t.upright ? along(t.near, t.far, .82) : along(t.near, t.far, .86);
    if (lost.has(key)) crosses.push(cross);
    const balloon = find(key, lost.has(key) ? wishes.slice(t.upright ? 0 : 1).reverse() : wishes);
    spots.set(key, { balloon, cross, lost: lost.has(key) ? find(key, t.upright ? [.62, .56, .2, ...beside(t)] : [.7, .76, .64, .58, .5, .4, .46, .54, .34, .3, .24, .2]) : balloon });
  }
  return spots;
}

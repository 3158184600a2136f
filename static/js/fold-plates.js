// @ts-check
// What the fold of reduce.js knows of plates, their servers and their zones.
// Each function changes only the top level of the draft that it is given.

import { addrOf, canonical, sameName, short } from './line.js';

/** @typedef {import('./types.js').View} Draft a copy whose top level may be set */
/** @typedef {import('./types.js').Plate} Plate */

/** The servers that a plate counts and does not show, by their canonical names: not part of the view's JSON. */
const HIDDEN = Symbol('hidden');
/** @param {Plate} p @returns {string[]} */
const hiddenOf = p => /** @type {any} */ (p)[HIDDEN] ?? [];

/**
 * A plate with other servers; one that is shown is no longer counted.
 * @param {Plate} p @param {Plate['servers']} servers @param {string[]} hidden @param {Partial<Plate>} [more]
 * @returns {Plate}
 */
function served(p, servers, hidden, more) {
  const q = { id: p.id, role: p.role, zone: p.zone, host: p.host, servers, more: hidden.length, known: p.known, asked: p.asked, [HIDDEN]: hidden };
  return more ? Object.assign(q, more) : q;
}

/** A plate with one more server. @param {Plate} p @param {Plate['servers'][0]} s @param {Partial<Plate>} [more] */
export const withServer = (p, s, more) => served(p, [...p.servers, s], without(hiddenOf(p), s.name), more);

/** @param {string[]} hidden @param {string} name */
function without(hidden, name) {
  const i = hidden.length ? hidden.indexOf(canonical(name)) : -1;
  return i < 0 ? hidden : hidden.toSpliced(i, 1);
}

/** RoleOfZone of lookup/record.go. @param {string} zone */
export function roleOfZone(zone) {
  const n = zone === '.' || zone === '' ? 0 : zone.replace(/\\\d{3}|\\./g, 'x').split('.').length - 1;
  return n === 0 ? 'root' : n === 1 ? 'tld' : 'auth';
}

/** @param {string} zone */
export const zonePlate = zone => 'zone:' + canonical(zone || '.');

/** @param {Draft} v @param {string} id */
export const plateIndex = (v, id) => v.plates.findIndex(p => p.id === id);

/** @param {Draft} v @param {number} i @param {Plate} p */
export function setPlate(v, i, p) {
  const plates = v.plates.slice();
  plates[i < 0 ? plates.length : i] = p;
  v.plates = plates;
}

/** The plate of a device or resolver. @param {Draft} v @param {string} host @param {string} role */
export function hostPlate(v, host, role) {
  if (host && plateIndex(v, host) < 0) {
    setPlate(v, -1, { id: host, role, zone: '', host, servers: [], more: 0, known: true, asked: false });
  }
  return host;
}

/** @param {string} zone @returns {Plate} */
export const newZonePlate = zone => ({ id: zonePlate(zone), role: roleOfZone(zone), zone: zone || '.', host: '', servers: [], more: 0, known: false, asked: false });

/**
 * Servers of a zone became known by name: the first three are shown, beside
 * those that were asked; the rest are counted.
 * @param {Draft} v @param {string} zone @param {any[] | null} list
 */
export function listServers(v, zone, list) {
  const i = plateIndex(v, zonePlate(zone)), p = i < 0 ? newZonePlate(zone) : v.plates[i];
  const servers = p.servers.slice();
  let waiting = 0, hidden = hiddenOf(p), known = p.known;
  for (const s of servers) if (s.state === 'listed' || s.state === 'nameless') waiting++;
  for (const ns of list ?? []) {
    const addr = ns.addrs?.[0] ?? '';
    if (addr) known = true;
    const at = servers.findIndex(s => sameName(s.name, ns.name));
    if (at >= 0) {
      if (servers[at].state === 'nameless' && addr) servers[at] = { name: servers[at].name, addr, state: 'listed' };
    } else if (hidden.includes(canonical(ns.name))) continue;
    else if (waiting < 3) {
      waiting++;
      servers.push({ name: ns.name, addr, state: addr ? 'listed' : 'nameless' });
    } else hidden = [...hidden, canonical(ns.name)];
  }
  setPlate(v, i, served(p, servers, hidden, { known }));
}

/**
 * Something happened with one server of a plate: it was asked, answered, …
 * @param {Draft} v @param {string} id @param {{name: string, addr: string}} server @param {import('./types.js').PlateServer['state']} state
 */
export function markServer(v, id, server, state) {
  const i = plateIndex(v, id);
  if (i < 0) return;
  const p = v.plates[i], addr = server.addr ? addrOf(server.addr) : '';
  const { servers } = p, now = { known: p.known || addr !== '', asked: p.asked || state === 'asked' };
  let same = -1, idle = -1;
  for (let k = 0; k < servers.length && same < 0; k++) {
    const s = servers[k];
    if (!sameName(s.name, server.name)) continue;
    if (s.addr === addr) same = k;
    else if (idle < 0 && (s.state === 'listed' || s.state === 'nameless')) idle = k;
  }
  const at = same >= 0 ? same : idle;
  setPlate(v, i, at < 0 ? withServer(p, { name: server.name, addr, state }, now) : served(p, servers.with(at, { name: servers[at].name, addr, state }), hiddenOf(p), now));
}

/**
 * The plate of the server that a party speaks with: the resolver for the
 * stub, the zone's servers for the resolver.
 * @param {Draft} v @param {any} f
 */
export function serverPlate(v, f) {
  if (f.by === 'stub' && !f.zone) { // a stub asks its resolver, but for messages made by hand
    return hostPlate(v, f.server.name ? short(f.server.name) : addrOf(f.server.addr), 'resolver');
  }
  const id = zonePlate(f.zone);
  if (plateIndex(v, id) < 0) setPlate(v, -1, newZonePlate(f.zone));
  return id;
}

/** @param {Draft} v @param {string} zone @param {string} parent @param {string} plate @param {number} step */
export function learnZone(v, zone, parent, plate, step) {
  const z = canonical(zone);
  if (v.zones.some(o => canonical(o.zone) === z)) return;
  v.zones = [...v.zones, { zone, parent, plate, step }];
}

/** The closest zone known around this one, "" for none. @param {Draft} v @param {string} zone */
export function enclosing(v, zone) {
  const z = canonical(zone);
  let best = '';
  for (const o of v.zones) {
    const c = canonical(o.zone);
    if (c !== z && (c === '.' || z.endsWith('.' + c)) && c.length >= best.length) best = o.zone;
  }
  return best;
}

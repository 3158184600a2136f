// @ts-check
// Plates: one shape a role, and the words that fit into each.

import { say, set } from '../../js/svg.js';
import { fitText, textWidth } from '../../js/text-fit.js';
import { short } from '../../js/line.js';

/** @typedef {import('../../js/types.js').View} View */
/** @typedef {import('../../js/types.js').Plate} Plate */
/** @typedef {import('../../js/words.js').Words} Words */
/** @typedef {import('../../js/geometry.js').PlacedPlate} PlacedPlate */
/** @typedef {{text: string, mono?: boolean, failed?: boolean}} PlateLine */

/** A shape for each role, around its centre, about 20 units wide: outline and filled parts. */
const GLYPHS = /** @type {Record<string, [string, string]>} */ ({
  stub: ['M-10 -9H10V5H-10zM-5 9H5', ''],
  resolver: ['M-10 -9H10V9H-10zM-10 -3H10M-10 3H10', 'M-2 -7h4v2h-4zM-2 -1h4v2h-4zM-2 5h4v2h-4z'],
  root: ['M-9.5 0a9.5 9.5 0 1 0 19 0a9.5 9.5 0 1 0 -19 0', 'M-2.6 0a2.6 2.6 0 1 0 5.2 0a2.6 2.6 0 1 0 -5.2 0'],
  tld: ['M0 -9.5 9.5 7.5H-9.5zM0 -9.5V7.5', ''],
  auth: ['M-8 -9.5H4L9 -4.5V9.5H-8zM4 -9.5V-4.5H9M-4.5 0.5H4.5M-4.5 5H4.5', ''],
});

/**
 * @param {import('../../js/svg.js').Parts} parts
 * @param {Element} layer
 * @param {PlacedPlate} p
 * @param {boolean} tall
 */
export function drawPlate(parts, layer, p, tall) {
  const k = 'plate ' + p.id, { x, y, w, h } = p, host = !p.zone;
  const g = parts.put(k, 'g', layer, { 'data-role': p.role, 'data-plate': p.id });
  parts.put(k + ' tint', 'rect', g, { class: 'tint', x: x + .75, y: y + .75, width: w - 1.5, height: h - 1.5 });
  parts.put(k + ' box', 'rect', g, { class: 'box', x: x + .75, y: y + .75, width: w - 1.5, height: h - 1.5 });
  if (p.role === 'resolver') parts.put(k + ' wall', 'rect', g, { class: 'wall', x: x + 4.5, y: y + 4.5, width: w - 9, height: h - 9 });
  const small = p.lines === 1, scale = small ? .68 : p.zone && h < 44 ? .72 : tall || p.lines === 2 ? .85 : 1;
  const gx = x + (small ? 15 : tall ? 19 : 23), gy = small ? y + h / 2 : titleBase(p) - 5 + (host ? 5 : 0);
  const shape = GLYPHS[p.role] ?? GLYPHS.auth;
  const glyph = parts.put(k + ' glyph', 'g', g, { class: 'glyph', transform: `translate(${gx} ${gy}) scale(${scale})` });
  parts.put(k + ' outline', 'path', glyph, { d: shape[0] });
  if (shape[1]) parts.put(k + ' solid', 'path', glyph, { class: 'solid', d: shape[1] });
  parts.put(k + ' title', 'text', g, { class: 'title' });
  for (let i = 1; i < p.lines; i++) parts.put(`${k} line ${i}`, 'text', g, {});
}

/**
 * Fills a plate with what is known of it now.
 * @param {import('../../js/svg.js').Parts} parts
 * @param {PlacedPlate} p
 * @param {{view: View, full: View, words: Words, tall: boolean, many: boolean}} now
 */
export function fillPlate(parts, p, now) {
  const k = 'plate ' + p.id, g = parts.get(k);
  if (!g) return;
  const plate = now.view.plates.find(q => q.id === p.id), host = !p.zone;
  const on = host ? !p.ghost : plate !== undefined && (plate.known || plate.asked);
  g.classList.toggle('on', on);
  const small = p.lines === 1, size = small ? 13 : now.tall || p.lines === 2 ? 13 : 14, indent = small ? 28 : now.tall ? 35 : 41;
  const title = parts.get(k + ' title');
  const ty = small ? p.y + p.h / 2 + 4.5 : titleBase(p);
  if (title) {
    set(title, { x: p.x + indent, y: ty, 'font-size': size });
    say(title, fitTitle(titles(p, now), p.w - indent - 7, size));
  }
  const type = now.tall ? 12 : 12.5, lines = host ? hostLines(p, now) : zoneLines(p, plate, now, on);
  for (let i = 1; i < p.lines; i++) {
    const e = parts.get(`${k} line ${i}`), line = lines[i - 1];
    if (!e) continue;
    const left = host && !(now.tall && p.role === 'resolver' && p.h >= 60) ? indent : now.tall ? 9 : 13, face = line?.mono ? 'mono' : 'sans', room = p.w - left - (p.role === 'resolver' ? 9 : 6);
    const y = host ? ty + (p.role === 'resolver' && p.h < 60 ? 16 : now.tall && p.role === 'resolver' ? 25 : 19) + 17 * (i - 1) : p.lines === 2 ? ty + 16 : p.h < 66 ? ty + 1 + 16 * i : p.y + 28 + 18 * i;
    set(e, { x: p.x + left, y, 'font-size': type, class: 'sub' + (line?.mono ? ' mono' : '') + (line?.failed ? ' failed' : '') });
    say(e, line ? (line.failed ? '✕ ' : '') + fitText(line.text, room - (line.failed ? 2 * type * .602 + 4 : 0), type, face) : '');
  }
}

/** Baseline of a plate's title, with more lines to come below. @param {PlacedPlate} p */
const titleBase = p => p.zone && p.lines === 2 ? p.y + (p.h - 29) / 2 + 11 : p.y + (p.zone ? (p.h < 66 ? 20 : 25) : p.role === 'resolver' && p.h < 60 ? 19 : 24);

/** The longest title that fits, else the last one cut. @param {string[]} list @param {number} room @param {number} size */
function fitTitle(list, room, size) {
  return list.find(t => textWidth(t, size, 'bold') <= room) ?? fitText(list[list.length - 1], room, size, 'bold');
}

/** @param {PlacedPlate} p @param {{words: Words, tall: boolean, many: boolean}} now */
function titles(p, now) {
  const { words } = now, zone = short(p.zone);
  switch (p.role) {
    case 'stub': return p.id === 'outside' ? [words.say('drawing.outside'), words.say('drawing.outside.short')] : [words.say('drawing.device'), words.say('drawing.device.short')];
    case 'resolver': return now.many ? [`${words.say('drawing.resolver.short')} ${p.id}`, p.id] : [words.say('drawing.resolver'), words.say('drawing.resolver.short')];
    case 'root': return [words.say('drawing.root')];
    case 'tld': return [words.say('drawing.tld', { zone }), zone];
  }
  return p.lines < 3 ? [zone] : [words.say('drawing.auth'), words.say('drawing.auth.short')];
}

/** @param {PlacedPlate} p @param {{view: View, full: View, words: Words, tall: boolean}} now @returns {PlateLine[]} */
function hostLines(p, now) {
  const { words } = now;
  if (p.role === 'stub') return [{ text: words.say(p.id === 'outside' ? 'drawing.outside.sub' : 'drawing.device.sub') }];
  if (p.ghost) return [{ text: words.say('drawing.notAsked') }];
  const count = now.view.caches.find(c => c.cache === p.id)?.rows.length ?? 0;
  const sets = now.tall ? words.say('drawing.cache.short', { count }) : count ? words.say('drawing.resolver.sets', { count }) : words.say('drawing.resolver.empty');
  const addr = now.full.plates.find(q => q.id === p.id)?.servers[0]?.addr ?? '';
  return [{ text: sets }, { text: addr, mono: true }];
}

/**
 * Names as far as they fit: all; all with the zone they share said once; the first and how many more.
 * @param {string[]} names @param {number} room @param {number} size
 */
function nameList(names, room, size) {
  const [first, ...rest] = names, dot = first.indexOf('.'), zone = dot > 0 ? first.slice(dot) : '';
  const shared = zone && rest.every(n => n.endsWith(zone) && n.length > zone.length) ? [names.map(n => n.slice(0, -zone.length)).join(', ') + zone] : [];
  return [names.join(', '), ...shared].find(t => textWidth(t, size, 'mono') <= room) ?? (rest.length ? `${fitText(first, room - 4 * size * .602, size, 'mono')} +${rest.length}` : first);
}

/**
 * @param {PlacedPlate} p @param {Plate | undefined} plate
 * @param {{view: View, words: Words, tall: boolean}} now @param {boolean} on
 * @returns {PlateLine[]}
 */
function zoneLines(p, plate, now, on) {
  const { words } = now, zone = short(p.zone);
  if (!plate || !on) return [{ text: words.say(p.zone === '.' ? 'drawing.hints' : now.tall ? 'drawing.unknown.short' : 'drawing.unknown') }];
  const query = now.view.balloons.findLast(b => b.kind === 'query' && b.to === p.id && b.message >= 0);
  const asked = query ? { name: query.line.params.server ?? '', addr: query.line.params.addr ?? '' } : null;
  // one name a server, however many of its addresses failed
  const failed = [...new Set(plate.servers.filter(s => s.state === 'failed' || s.state === 'lame').map(s => short(s.name)))].filter(s => s !== asked?.name);
  /** @type {PlateLine[]} */
  const lines = [];
  const room = p.w - (now.tall ? 15 : 19), size = now.tall ? 12 : 12.5;
  if (asked) {
    const both = `${asked.name} ${asked.addr}`, state = plate.servers.find(s => short(s.name) === asked.name && s.addr === asked.addr)?.state;
    const bad = state === 'failed' || state === 'lame';
    if (p.zone !== '.' && textWidth(both, size, 'mono') <= room - (bad ? 2 * size : 0)) lines.push({ text: both, mono: true, failed: bad });
    else lines.push({ text: asked.name, mono: true, failed: bad }, { text: asked.addr, mono: true, failed: bad });
  } else {
    const first = plate.servers[0], rest = plate.servers.length - 1 + plate.more;
    if (first) lines.push({ text: rest > 0 ? words.say('drawing.more', { name: short(first.name), count: rest }) : short(first.name), mono: true });
  }
  if (failed.length) lines.splice(1, lines.length, { text: nameList(failed, room - 2 * size, size), mono: true, failed: true });
  else if (p.role === 'auth' || lines.length < 2) lines.splice(1, lines.length, { text: words.say('drawing.zone', { zones: zone }) });
  return lines;
}

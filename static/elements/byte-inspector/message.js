// @ts-check
// What the inspector knows about the bytes of a message. Pure.

import { short } from '../../js/line.js';

/** @typedef {{at: number, len: number, section: string, record: number, name: string, text: string, type?: string, points?: {at: number, to: number}[]}} Span */
/** @typedef {{from: number, to: number, marked: number[]}} Leader from the pointer's two bytes to where they point; the bytes read there */

/** @param {string} b64 @returns {Uint8Array} empty for what is no base64 */
export function bytesOf(b64) {
  try {
    return Uint8Array.from(atob(b64), c => c.charCodeAt(0));
  } catch {
    return new Uint8Array(0);
  }
}

/** The spans of a fact that fit its bytes, in order. @param {any} fact @param {number} size @returns {Span[]} */
export function spansOf(fact, size) {
  const spans = [];
  let end = 0;
  for (const s of fact?.spans ?? []) {
    if (!Number.isInteger(s.at) || !Number.isInteger(s.len) || s.at < end || s.len < 1 || s.at + s.len > size) continue;
    spans.push(s);
    end = s.at + s.len;
  }
  return spans;
}

/**
 * The compression pointers of a field, each followed through the pointers it
 * leads to (RFC 1035 §4.1.4: always backwards, so this ends).
 * @param {Uint8Array} bytes
 * @param {Span} span
 * @returns {Leader[]}
 */
export function leadersOf(bytes, span) {
  const leaders = [];
  for (const p of span.points ?? []) {
    let { at, to } = p;
    while (to < at && to >= 0) {
      const marked = [];
      let i = to;
      while (i < bytes.length && bytes[i] !== 0 && (bytes[i] & 0xc0) === 0) for (const end = i + 1 + bytes[i]; i < end && i < bytes.length; i++) marked.push(i);
      if (i >= bytes.length) break;
      marked.push(i);
      const more = (bytes[i] & 0xc0) === 0xc0 && i + 1 < bytes.length;
      if (more) marked.push(i + 1);
      leaders.push({ from: at, to, marked });
      if (!more) break;
      [at, to] = [i, (bytes[i] & 0x3f) << 8 | bytes[i + 1]];
      if (at >= leaders[leaders.length - 1].from) break;
    }
  }
  return leaders;
}

/**
 * The flags as lamps (RFC 1035 §4.1.1; AD and CD: RFC 4035 §3).
 * @param {Uint8Array} bytes
 * @returns {{name: string, on: boolean}[]}
 */
export function lampsOf(bytes) {
  const v = bytes.length >= 4 ? bytes[2] << 8 | bytes[3] : 0;
  return [['QR', 15], ['AA', 10], ['TC', 9], ['RD', 8], ['RA', 7], ['AD', 5], ['CD', 4]].map(([name, bit]) => ({ name: String(name), on: (v >> Number(bit) & 1) === 1 }));
}

/** What the flags say, one key a flag that matters here. @param {Uint8Array} bytes */
export function flagKeys(bytes) {
  const on = Object.fromEntries(lampsOf(bytes).map(l => [l.name, l.on]));
  const keys = [`flag.QR.${on.QR ? 1 : 0}`];
  if (on.QR) keys.push(`flag.AA.${on.AA ? 1 : 0}`);
  if (on.TC) keys.push('flag.TC.1');
  keys.push(`flag.RD.${on.RD ? 1 : 0}`);
  if (on.QR) keys.push(`flag.RA.${on.RA ? 1 : 0}`);
  if (on.AD) keys.push('flag.AD.1');
  if (on.CD) keys.push('flag.CD.1');
  return keys;
}

/**
 * The field that a step is about: the index of a span, -1 for none.
 * @param {Span[]} spans
 * @param {string} kind of the balloon
 * @param {boolean} stub
 * @param {string} type asked for
 */
export function tellingField(spans, kind, stub, type) {
  const find = (/** @type {(s: Span) => boolean} */ f) => spans.findIndex(f);
  const flags = find(s => s.name === 'FLAGS');
  switch (kind) {
    case 'query': return stub ? flags : find(s => s.name === 'QNAME');
    case 'referral': return find(s => s.section === 'authority' && s.name === 'RDATA');
    case 'answer': return stub ? flags : orElse(spans.findLastIndex(s => s.section === 'answer' && s.type === type), flags);
    case 'alias': return orElse(spans.findLastIndex(s => s.section === 'answer' && s.name === 'RDATA'), flags);
    case 'nodata': case 'nxdomain': return kind === 'nxdomain' ? flags : orElse(find(s => s.name === 'ANCOUNT'), flags);
    default: return flags;
  }
}

/**
 * What a field is called in an address: by its name, its section, its record,
 * as much as tells it apart; where nothing does, by its first byte.
 * @param {Span[]} spans @param {number} i
 */
export const fieldKey = (spans, i) => called(spans[i]).find(k => fieldAt(spans, k) === i) ?? `b${spans[i].at}`;

/** @param {Span[]} spans @param {string} key @returns {number} -1 for none */
export const fieldAt = (spans, key) => spans.findIndex(s => called(s).includes(key) || key === `b${s.at}`);

/** @param {Span} s */
const called = s => [s.name, `${s.section}.${s.name}`, `${s.section}.${s.record}.${s.name}`].map(k => k.toLowerCase());

/** @param {number} i @param {number} other */
const orElse = (i, other) => i < 0 ? other : i;

/** Fields whose text is a name: shown without the final dot. */
const NAMES = new Set(['QNAME', 'NAME', 'EXCHANGE', 'MNAME', 'RNAME', 'TARGET']);

/** @param {Span} s */
export const valueOf = s => NAMES.has(s.name) || (s.name === 'RDATA' && ['NS', 'CNAME', 'PTR', 'DNAME'].includes(s.type ?? '')) ? short(s.text) : s.text;

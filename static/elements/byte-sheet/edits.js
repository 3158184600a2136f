// @ts-check
// Changes to the bytes of a message, made by hand. Pure.

/** Bytes from hexadecimal digits; null for anything else. @param {string} text @returns {Uint8Array | null} */
export function bytesFrom(text) {
  const digits = text.replace(/\s+/g, '');
  return /^(?:[0-9a-f]{2})*$/i.test(digits) ? Uint8Array.from(digits.match(/../g) ?? [], d => parseInt(d, 16)) : null;
}

/** Twelve bytes a line, as the server writes them. @param {Uint8Array} bytes */
export function hexLines(bytes) {
  const hex = Array.from(bytes, b => b.toString(16).padStart(2, '0'));
  return Array.from({ length: Math.ceil(hex.length / 12) }, (_, i) => hex.slice(12 * i, 12 * i + 12).join(' ')).join('\n');
}

/** Where two messages differ. @param {Uint8Array} was @param {Uint8Array} now @returns {number[]} */
export function changed(was, now) {
  const at = [];
  for (let i = 0; i < Math.max(was.length, now.length); i++) if (was[i] !== now[i]) at.push(i);
  return at;
}

/** One of the 16 bits of the flags, the highest numbered 15, turned over. @param {Uint8Array} bytes @param {number} bit */
export function flip(bytes, bit) {
  const out = bytes.slice(), at = bit > 7 ? 2 : 3;
  if (at < out.length) out[at] ^= 1 << bit % 8;
  return out;
}

/** The end of the name that begins at byte 12. @param {Uint8Array} b */
function questionEnd(b) {
  let at = 12;
  while (at < b.length && b[at] !== 0 && (b[at] & 0xc0) === 0) at += 1 + b[at];
  return at + ((b[at] & 0xc0) === 0xc0 ? 2 : 1);
}

/** @param {Uint8Array} b @param {(out: Uint8Array) => void} change */
const with_ = (b, change) => { const out = b.slice(); change(out); return out; };

/** Each makes one change. @type {Record<string, (b: Uint8Array) => Uint8Array>} */
export const PRESETS = {
  id: b => with_(b, o => { if (o.length > 1) o[1] ^= 0xff; }),
  rd: b => flip(b, 8),
  tc: b => flip(b, 9),
  aa: b => flip(b, 10),
  qr: b => flip(b, 15),
  opcode: b => with_(b, o => { if (o.length > 2) o[2] ^= 0x10; }), // 2, STATUS
  class: b => with_(b, o => { const at = questionEnd(o) + 3; if (at < o.length) o[at] = o[at] === 3 ? 1 : 3; }), // 3, CH
  count: b => with_(b, o => { if (o.length > 5) o[5]++; }),
  length: b => with_(b, o => { if (o.length > 12) o[12]++; }),
  pointer: b => with_(b, o => { if (o.length > 13) { o[12] = 0xc0; o[13] = 12; } }), // to itself
  cut: b => b.slice(0, 11),
};

// @ts-check
// Checks what a person typed before anything is sent, with the codes of
// lookup/name.go and lookup/rrtype.go, so that the message stands beside the
// field at once. What cannot be decided here is left to the server.

/** @typedef {{code: string, field: 'name' | 'type', params: Record<string, string>}} FieldError */
/** @typedef {{text: string, wire: string, octets: number}} Label text as typed; wire as sent; octets without the length byte */
/** @typedef {{error: FieldError | null, labels: Label[], wire: string, idn: boolean, octets: number, address: string}} NameCheck wire "" if unknown; address typed instead of a name, or "" */

const MAX_LABEL = 63, MAX_NAME = 255, MAX_TYPED = 1024; // RFC 1035 §2.3.4

const TYPES = new Set(('A NS CNAME SOA PTR HINFO MX TXT AAAA SRV DNAME OPT DS SVCB HTTPS ANY CAA RP AFSDB LOC NAPTR SSHFP RRSIG NSEC DNSKEY NSEC3 '
  + 'NSEC3PARAM TLSA SMIMEA CDS CDNSKEY OPENPGPKEY CSYNC ZONEMD SPF EUI48 EUI64 TKEY TSIG IXFR AXFR URI').split(' '));
const META = new Set(['OPT', 'TKEY', 'TSIG', 'IXFR', 'AXFR', 'TYPE41', 'TYPE249', 'TYPE250', 'TYPE251', 'TYPE252', 'TYPE253', 'TYPE254']);

const bytes = (/** @type {string} */ s) => new TextEncoder().encode(s).length;
const trim = (/** @type {string} */ s) => s.replace(/^\p{White_Space}+|\p{White_Space}+$/gu, '');

/** Control, format and bidi characters as \u{…}. @param {string} s */
export const printable = s => s.replace(/[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu, c => `\\u{${/** @type {number} */ (c.codePointAt(0)).toString(16)}}`);

/**
 * @param {string} typed
 * @returns {NameCheck}
 */
export function checkName(typed) {
  /** @type {Label[]} */ const labels = [];
  const fail = (/** @type {string} */ code, label = '', at = 0, size = 0) =>
    ({ error: { code, field: /** @type {const} */ ('name'), params: { label, at: String(at), size: String(size) } }, labels, wire: '', idn: false, octets: 0, address: '' });
  let s = trim(typed);
  const reverse = reverseName(s);
  if (reverse) return { ...checkName(reverse), address: s };
  if (s === '') return fail('name.empty');
  if (bytes(s) > MAX_TYPED) return fail('name.long', '', 0, bytes(s));
  s = s.replace(/[\u3002\uff0e\uff61]/g, '.');
  if (s === '.') return { error: null, labels, wire: '.', idn: false, octets: 1, address: '' };

  const parts = split(trimFinalDot(s));
  if (typeof parts === 'string') return fail('name.escape', parts, labels.length);
  let octets = 1, idn = false, known = true;
  for (const [at, text] of parts.entries()) {
    if (text === '') return fail('label.empty', at > 0 ? parts[at - 1] : '', at);
    if (/[\p{Cc}\p{Cf}\p{White_Space}]/u.test(text)) return fail('name.character', printable(text), at);
    let wire = text, size;
    if (/[^\0-\x7f]/.test(text)) {
      const a = toALabel(text);
      if (a === '') return fail('label.idn', text, at);
      if (a === null) known = false;
      wire = a ?? '';
      size = wire.length;
      idn = true;
    } else {
      size = unescapedLength(text);
      if (size < 0) return fail('name.escape', text, at);
    }
    if (size > MAX_LABEL) return fail('label.long', text, at, size);
    labels.push({ text, wire, octets: size });
    octets += 1 + size;
  }
  if (octets > MAX_NAME) return fail('name.long', '', 0, octets);
  return { error: null, labels, wire: known ? labels.map(l => l.wire).join('.') : '', idn, octets, address: '' };
}

/**
 * The name under which the PTR record of an address is (RFC 1035 §3.5, RFC 3596
 * §2.5), "" for what is no address: as lookup/reverse.go has it.
 * @param {string} s
 */
export function reverseName(s) {
  const v4 = (/** @type {(string | number)[]} */ octets) => octets.reverse().join('.') + '.in-addr.arpa', octets = s.split('.');
  if (octets.length === 4 && octets.every(o => /^(0|[1-9]\d{0,2})$/.test(o) && Number(o) < 256)) return v4(octets);
  const inner = /^\[(.*)\]$/.exec(s)?.[1] ?? s;
  if (!/^[\da-f:.]*:[\da-f:.]*$/i.test(inner)) return '';
  try {
    const [head, tail] = new URL(`a://[${inner}]`).hostname.slice(1, -1).split('::'), groups = (/** @type {string | undefined} */ t) => t ? t.split(':') : [];
    const a = groups(head), b = groups(tail), all = [...a, ...Array(8 - a.length - b.length).fill('0'), ...b].map(g => g.padStart(4, '0')), hex = all.join('');
    if (/^0{20}f{4}/.test(hex)) return v4([24, 26, 28, 30].map(i => parseInt(hex.slice(i, i + 2), 16)));
    return [...hex].reverse().join('.') + '.ip6.arpa';
  } catch { return ''; }
}

/** Without its final dot, unless that is escaped and so part of a label. @param {string} s */
const trimFinalDot = s => s.endsWith('.') && (/\\*$/.exec(s.slice(0, -1))?.[0].length ?? 0) % 2 === 0 ? s.slice(0, -1) : s;

/**
 * Cuts at dots that are not escaped; the label concerned if an escape has no end.
 * @param {string} s
 * @returns {string[] | string}
 */
function split(s) {
  const labels = [];
  let start = 0;
  for (let i = 0; i < s.length; i++) {
    if (s[i] === '\\') {
      if (i + 1 >= s.length) return s.slice(start);
      i++;
    } else if (s[i] === '.') {
      labels.push(s.slice(start, i));
      start = i + 1;
    }
  }
  labels.push(s.slice(start));
  return labels;
}

/** Octets once \DDD and \X are resolved (RFC 1035 §5.1), -1 for a bad escape. @param {string} label */
function unescapedLength(label) {
  let n = 0;
  for (let i = 0; i < label.length; i++, n++) {
    if (label[i] !== '\\') continue;
    const rest = label.slice(i + 1);
    if (rest === '') return -1;
    if (!/^\d/.test(rest)) i++;
    else if (!/^\d{3}/.test(rest) || Number(rest.slice(0, 3)) > 255) return -1;
    else i += 3;
  }
  return n;
}

/**
 * The A-label of a U-label (RFC 5891), by the browser's own UTS #46 mapping:
 * "" if there is none, null if the URL parser would read the text otherwise.
 * @param {string} label
 */
function toALabel(label) {
  if (/[%/?#@:[\]\\<>^|{}"`]/.test(label)) return null;
  try {
    // The added label keeps digits from being read as an IPv4 address.
    const host = new URL(`http://${label}.a`).hostname;
    const a = host.endsWith('.a') ? host.slice(0, -2) : '';
    return a.includes('.') ? '' : a; // some characters are mapped to several, a dot among them
  } catch {
    return '';
  }
}

/**
 * @param {string} typed
 * @returns {{type: string, error: FieldError | null}}
 */
export function checkType(typed) {
  const s = trim(typed).toUpperCase(), fail = (/** @type {string} */ code) => ({ type: '', error: { code, field: /** @type {const} */ ('type'), params: { type: shown(s) } } });
  if (s === '') return { type: 'A', error: null };
  const number = /^TYPE(\d{1,6})$/.exec(s);
  if (!TYPES.has(s) && (!number || Number(number[1]) < 1 || Number(number[1]) > 65535)) return fail('type.unknown');
  if (META.has(number ? 'TYPE' + Number(number[1]) : s)) return fail('type.meta');
  return { type: s, error: null };
}

/** @param {string} s */
function shown(s) {
  const r = [...printable(s)];
  return r.length > 24 ? r.slice(0, 24).join('') + '…' : r.join('');
}

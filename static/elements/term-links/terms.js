// @ts-check
// Where terms of the glossary stand in a text. The server finds the same
// (templates/glossary.go); static/test/terms.json holds the two together. Pure.

/** @typedef {{text: string, slug: string}} Form in lower case */
/** @typedef {{text: string, slug: string}} Piece slug "" for plain text */

const MAX = 3;
const WORD = /[\p{L}\p{Nd}\-_=]/u;

/** The forms of all terms, longest first. @param {Record<string, string>} terms "terms.zone-cut": "zone cut;zone cuts" @returns {Form[]} */
export function formsOf(terms) {
  const size = (/** @type {string} */ s) => new TextEncoder().encode(s).length;
  return Object.entries(terms).flatMap(([key, forms]) => forms.split(';').filter(f => f && f !== '-').map(f => ({ text: f.toLowerCase(), slug: key.slice(6) }))).sort((a, b) => size(b.text) - size(a.text));
}

/** @param {Form[]} forms @param {string} text @param {Set<string>} [seen] terms that are left out; those found are added @returns {Piece[]} */
export function withTerms(forms, text, seen = new Set()) {
  const low = text.toLowerCase();
  if (low.length !== text.length) return [{ text, slug: '' }];
  /** @type {Piece[]} */ const out = [];
  const most = seen.size + MAX;
  let from = 0, before = ' ';
  for (let i = 0; i < low.length;) {
    const c = String.fromCodePoint(/** @type {number} */ (low.codePointAt(i)));
    const found = !WORD.test(before) && seen.size < most ? forms.find(f => !seen.has(f.slug) && low.startsWith(f.text, i) && ends(f.text, low.slice(i + f.text.length))) : undefined;
    if (!found) {
      before = c;
      i += c.length;
      continue;
    }
    if (i > from) out.push({ text: text.slice(from, i), slug: '' });
    const end = i + found.text.length;
    out.push({ text: text.slice(i, end), slug: found.slug });
    seen.add(found.slug);
    from = i = end;
    before = found.text.slice(-1);
  }
  if (from < text.length) out.push({ text: text.slice(from), slug: '' });
  return out;
}

/** Whether a form that was found ends where a word does. @param {string} form @param {string} rest */
function ends(form, rest) {
  const latin = (/** @type {string} */ c) => c.charCodeAt(0) < 256;
  if (rest === '' || !latin(form.slice(-1)) || !latin(rest)) return true;
  if (rest[0] === '.') return rest.length === 1 || !WORD.test(rest[1]);
  return !WORD.test(rest[0]);
}

// @ts-check
// How wide text will be, without asking the browser: the drawing is laid out
// from this, in the page and in tests alike. Estimates are on the wide side.

/** @param {string} c */
const wide = c => /[\u1100-\u11ff\u2e80-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\uff00-\uff60]/.test(c);

const NARROW = /[ ,.:;'|!()[\]\\/iljtfrI-]/, BROAD = /[mwMW@%]/, UPPER = /[A-Z_~]/;

/**
 * Width of a line of text in px.
 * @param {string} text
 * @param {number} size of the type in px
 * @param {'mono' | 'sans' | 'bold'} face
 */
export function textWidth(text, size, face) {
  let em = 0;
  for (const c of text) em += wide(c) ? 1 : face === 'mono' ? .602 : NARROW.test(c) ? .32 : BROAD.test(c) ? .86 : UPPER.test(c) ? .66 : .565;
  if (face === 'bold') em *= 1.05;
  return em * size;
}

/**
 * The text, or as much of it as fits, with an ellipsis in its middle: the
 * ends of names tell most.
 * @param {string} text
 * @param {number} width in px
 * @param {number} size
 * @param {'mono' | 'sans' | 'bold'} face
 */
export function fitText(text, width, size, face) {
  if (textWidth(text, size, face) <= width) return text;
  const chars = [...text];
  for (let keep = chars.length - 1; keep > 1; keep--) {
    const head = Math.ceil(keep / 2), cut = chars.slice(0, head).join('') + '…' + chars.slice(chars.length - (keep - head)).join('');
    if (textWidth(cut, size, face) <= width) return cut;
  }
  return '…';
}

/**
 * The labels of a name in presentation form, leftmost first, without the root.
 * A dot after a backslash belongs to its label (RFC 1035 §5.1).
 * @param {string} name
 */
export function labelsOf(name) {
  if (name === '.' || name === '') return [];
  const labels = [''];
  for (let i = 0; i < name.length; i++) {
    if (name[i] === '\\') { labels[labels.length - 1] += name[i] + (name[++i] ?? ''); continue; }
    if (name[i] === '.') { if (i < name.length - 1) labels.push(''); continue; }
    labels[labels.length - 1] += name[i];
  }
  return labels;
}

/**
 * Every suffix of a name from the root down: ".", "kr.", "co.kr.", …
 * @param {string} name
 */
export function suffixesOf(name) {
  const labels = labelsOf(name), out = ['.'];
  for (let i = labels.length - 1; i >= 0; i--) out.push(labels.slice(i).join('.') + '.');
  return out;
}

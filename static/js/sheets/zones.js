// @ts-check
// The sheet of zones. The server draws it; here its forms are sent without
// leaving the page, it is kept up to date, and a line of the file leads to its
// record and back.
//rw:styles zone-copies zone-editor

import '../../elements/name-form/name-form.js';
import '../../elements/net-strip/net-strip.js';
import '../../elements/page-tools/page-tools.js';
import '../live-parts.js';
import { start } from '../session.js';

const file = () => /** @type {HTMLTextAreaElement | null} */ (document.getElementById('zone-text'));

/** Where lines begin and end in a text. @param {string} text @param {number} line from 1 @returns {[number, number]} */
function lineAt(text, line) {
  let at = 0;
  for (let n = 1; n < line; n++) {
    const next = text.indexOf('\n', at);
    if (next < 0) break;
    at = next + 1;
  }
  const end = text.indexOf('\n', at);
  return [at, end < 0 ? text.length : end];
}

/** The row of the record whose lines hold the caret. */
function follow() {
  const text = file();
  if (!text || document.activeElement !== text) return;
  const line = text.value.slice(0, text.selectionStart).split('\n').length;
  for (const row of document.querySelectorAll('.records tr[data-line]')) {
    const { line: first, last } = /** @type {HTMLElement} */ (row).dataset;
    row.classList.toggle('is-chosen', text.value === text.defaultValue && Number(first) <= line && line <= Number(last));
  }
}

document.addEventListener('click', e => {
  const link = /** @type {HTMLElement | null} */ (/** @type {Element} */ (e.target).closest('a[href="#zone-text"][data-line]')), text = file();
  if (!link || !text) return;
  e.preventDefault();
  const [from, to] = lineAt(text.value, Number(link.dataset.line));
  text.focus();
  text.setSelectionRange(from, to);
  // A text area does not scroll to what is selected.
  text.scrollTop = (Number(link.dataset.line) - 4) * parseFloat(getComputedStyle(text).lineHeight);
  follow();
});
for (const what of ['keyup', 'click', 'input']) document.addEventListener(what, follow);

start('name-form', 'net-strip', 'page-tools', 'live-parts');

// @ts-check
// What a trace can be kept as and handed on by. The server lists it at the end
// of the page; here the list becomes a dialog, follows the trace on show, and
// gets what only a browser can do: the link to this very step, and the drawing
// as it stands, as SVG and PNG.

import { make, setText } from '../../js/dom.js';
import { hashOf } from '../../js/story.js';
import { pictureOf, pngOf } from './picture.js';

/** @type {any} what the session can do: js/session.js need() */ let session;
/** @type {HTMLDialogElement | null} */ let dialog = null;
/** What follows the language. @type {[HTMLElement, string][]} */ const said = [];

/** @param {any} s */
export function wire(s) {
  session = s;
  s.prefs.addEventListener('change', say);
}

/** @param {HTMLElement} control */
export function open(control) {
  dialog ??= build();
  say();
  refresh();
  dialog.showModal();
  dialog.addEventListener('close', () => control.focus(), { once: true });
}

const words = () => session.prefs.words;
const room = () => { const { room: r } = document.body.dataset; return r && r !== 'main' ? `?room=${encodeURIComponent(r)}` : ''; };
const trace = () => document.body.dataset.trace ?? '';

/** The address of the step on show, in the room that this page is in. */
const address = () => `${location.origin}/lookups/${encodeURIComponent(trace())}${room()}${hashOf(session.story.state.n, session.place?.().field)}`;

function build() {
  const section = /** @type {HTMLElement} */ (document.querySelector('#share')), box = /** @type {HTMLDialogElement} */ (make('dialog', 'share-dialog'));
  section.replaceWith(box);
  section.classList.remove('without-script');
  box.append(section);
  box.setAttribute('aria-labelledby', 'share-title');
  const button = (/** @type {string} */ key, /** @type {() => void} */ act) => {
    const b = make('button');
    b.type = 'button';
    b.addEventListener('click', act);
    said.push([b, key]);
    return b;
  };
  const now = make('p', 'now'), status = make('span', 'status muted small-text');
  status.setAttribute('role', 'status');
  now.append(button('share.copy', () => copy(status)));
  if (document.querySelector('net-drawing svg')) now.append(button('share.svg', () => svg(status)), button('share.png', () => png(status)));
  now.append(status);
  section.querySelector('.keep')?.before(now);
  const close = button('share.close', () => box.close());
  close.className = 'close small';
  section.prepend(close);
  box.addEventListener('click', e => { if (e.target === box) box.close(); }); // beside it
  return box;
}

function say() {
  for (const [node, key] of said) setText(node, words().say(key));
}

/** The list is about the trace on show, which may be another than the page came with. */
async function refresh() {
  const id = encodeURIComponent(trace()), box = /** @type {HTMLElement} */ (dialog);
  for (const a of box.querySelectorAll('a[data-file]')) {
    const file = /** @type {HTMLElement} */ (a).dataset.file;
    a.setAttribute('href', file ? `/lookups/${id}/${file}` : address());
    if (!file) setText(a, address());
  }
  const frames = /** @type {HTMLElement} */ (box.querySelector('.frames')), note = /** @type {HTMLElement} */ (frames.querySelector('p')), list = /** @type {HTMLElement} */ (frames.querySelector('ul'));
  try {
    const response = await fetch(`/lookups/${id}/files/index.json`, { headers: { accept: 'application/json' } }), { links, why } = await response.json();
    note.dataset.t = why ? `share.frames.${why}` : 'share.frames.some';
    setText(note, words().say(note.dataset.t));
    list.replaceChildren(...(links ?? []).map((/** @type {{name: string, frames: number, bytes: number}} */ l) => {
      const li = make('li'), a = make('a', 'mono', `${l.name}.pcapng`);
      a.href = `/lookups/${id}/files/${encodeURIComponent(l.name)}.pcapng`;
      a.download = '';
      li.append(a, ' ', make('span', 'muted small-text', words().say('share.frames.count', l)));
      return li;
    }));
  } catch { /* no server now: the list is as it was */ }
}

/** @param {HTMLElement} status */
async function copy(status) {
  const text = address();
  try {
    await navigator.clipboard.writeText(text);
    setText(status, words().say('share.copied'));
  } catch {
    setText(status, text); // not allowed here: it can be copied by hand
  }
}

/** @param {Blob} blob @param {string} ending */
function save(blob, ending) {
  const a = make('a');
  a.href = URL.createObjectURL(blob);
  a.download = `rootwalk-${(session.store.full.title || 'drawing').replace(/[^A-Za-z0-9.]+/g, '-')}.${ending}`;
  a.click();
  setTimeout(() => URL.revokeObjectURL(a.href), 10_000);
}

/** @param {HTMLElement} status */
function svg(status) {
  const { text } = pictureOf(/** @type {SVGSVGElement} */ (document.querySelector('net-drawing svg')));
  save(new Blob([text], { type: 'image/svg+xml' }), 'svg');
  setText(status, '');
}

/** @param {HTMLElement} status */
async function png(status) {
  save(await pngOf(pictureOf(/** @type {SVGSVGElement} */ (document.querySelector('net-drawing svg')))), 'png');
  setText(status, '');
}

// @ts-check
// <byte-sheet>: bytes, fields and arrows of one message belong together, and
// the form that sends the message again shows what has been changed. The page is
// complete without it (templates/bytesheet.templ).

import { setText } from '../../js/dom.js';
import { bytesFrom, changed, flip, hexLines, PRESETS } from './edits.js';

class ByteSheet extends HTMLElement {
  /** Of the field that is chosen, -1 for none. @private */ chosen = -1;
  /** @private */ named = () => this.choose(this.spanOf(location.hash.slice(1)));

  connectedCallback() {
    this.addEventListener('click', this);
    this.addEventListener('input', this);
    this.addEventListener('pointerover', this);
    addEventListener('hashchange', this.named);
    const text = this.textarea();
    /** The message as it was. @private @type {Uint8Array} */ this.was = bytesFrom(text?.value ?? '') ?? new Uint8Array(0);
    if (text) for (const bit of this.querySelectorAll('button.bit')) /** @type {HTMLButtonElement} */ (bit).disabled = false;
    this.named();
    if (text) this.show();
  }

  disconnectedCallback() {
    for (const e of ['click', 'input', 'pointerover']) this.removeEventListener(e, this);
    removeEventListener('hashchange', this.named);
  }

  /** @param {Event} e */
  handleEvent(e) {
    const at = /** @type {Element} */ (e.target);
    if (e.type === 'input') {
      if (at === this.textarea()) this.show();
      return;
    }
    if (e.type === 'pointerover') {
      this.light('is-hovered', this.spanAt(at));
      return;
    }
    const bit = /** @type {HTMLElement | null} */ (at.closest('button.bit')), preset = /** @type {HTMLElement | null} */ (at.closest('[data-preset]')), now = this.now();
    if (bit && now) this.write(flip(now, Number(bit.dataset.bit)));
    else if (preset && (now || preset.dataset.preset === 'reset')) this.write(preset.dataset.preset === 'reset' || !now ? this.was ?? new Uint8Array(0) : PRESETS[preset.dataset.preset ?? '']?.(now) ?? now);
    else if (!at.closest('a, button, form')) this.choose(this.spanAt(at), true);
  }

  /** @private @returns {HTMLTextAreaElement | null} */
  textarea() { return this.querySelector('#edit-bytes'); }

  /** The message as it is in the form; null while that is no message. @private */
  now() { return bytesFrom(this.textarea()?.value ?? ''); }

  /** @private @param {Uint8Array} bytes */
  write(bytes) {
    const text = this.textarea();
    if (!text) return;
    text.value = hexLines(bytes);
    this.show();
  }

  /** What has been changed so far: in the drawing, in the bits, in words. @private */
  show() {
    const now = this.now(), was = /** @type {Uint8Array} */ (this.was), says = /** @type {HTMLElement | null} */ (this.querySelector('.changes')), text = this.textarea();
    if (now) text?.removeAttribute('aria-invalid');
    else text?.setAttribute('aria-invalid', 'true');
    const { none = '', some = '', bad = '' } = says?.dataset ?? {}, at = now ? changed(was, now) : [];
    setText(says, !now ? bad : at.length ? `${some} ${at.slice(0, 8).map(i => `${i.toString(16).padStart(4, '0')} ${hex(was[i])} → ${hex(now[i])}`).join(', ')}${at.length > 8 ? ` +${at.length - 8}` : ''}` : none);
    const edited = new Set(at);
    for (const cell of this.querySelectorAll('.cell[data-at]')) {
      const i = Number(/** @type {SVGElement} */ (cell).dataset.at), value = now?.[i];
      cell.classList.toggle('is-edited', edited.has(i));
      setText(cell.querySelector('text'), now ? hex(value) : hex(was[i]));
    }
    const word = now && now.length > 3 ? now[2] << 8 | now[3] : 0, before = was.length > 3 ? was[2] << 8 | was[3] : 0;
    for (const b of this.querySelectorAll('button.bit')) {
      const n = Number(/** @type {HTMLElement} */ (b).dataset.bit), on = word >> n & 1;
      setText(b.querySelector('.value'), String(on));
      b.setAttribute('aria-pressed', String(on === 1));
      b.classList.toggle('is-edited', on !== (before >> n & 1));
    }
  }

  /** The span that a part of the page is about, -1 for none. @private @param {Element} e */
  spanAt(e) {
    const part = /** @type {HTMLElement | null} */ (e.closest('.cell[data-span], tr.field, .arrow'));
    return part ? Number(part.dataset.span) : -1;
  }

  /** @private @param {string} id */
  spanOf(id) {
    const row = /^f-[\w.]{1,60}$/.test(id) ? /** @type {HTMLElement | null} */ (document.getElementById(id)) : null;
    return row ? Number(row.dataset.span) : -1;
  }

  /** @private @param {number} span @param {boolean} [keep] in the address */
  choose(span, keep = false) {
    if (span < 0) return;
    this.chosen = span;
    this.light('is-chosen', span);
    const row = /** @type {HTMLElement | null} */ (this.querySelector(`tr.field[data-span="${span}"]`)), box = row?.closest('.scroll');
    if (row && box && (row.offsetTop < box.scrollTop + 40 || row.offsetTop + row.offsetHeight > box.scrollTop + box.clientHeight)) box.scrollTop = row.offsetTop - 80;
    if (keep && row) {
      try { history.replaceState(history.state, '', `#${row.id}`); } catch { /* the next choice tries again */ }
    }
  }

  /** @private @param {string} name @param {number} span */
  light(name, span) {
    for (const e of this.querySelectorAll('.' + name)) e.classList.remove(name);
    if (span >= 0) for (const e of this.querySelectorAll(`.cell[data-span="${span}"], tr.field[data-span="${span}"], .arrow[data-span="${span}"]`)) e.classList.add(name);
  }
}

/** @param {number | undefined} v */
const hex = v => v === undefined ? '–' : v.toString(16).padStart(2, '0');

customElements.define('byte-sheet', ByteSheet);

// @ts-check
// The bytes of the current message, 12 a row so that row one is exactly the
// header, beside the fields they make up and what the chosen field means.

import { draw, keep, make, setAttr, setText, tell } from '../../js/dom.js';
import { plateLabel, sentence } from '../../js/steps.js';
import { bytesOf, fieldAt, fieldKey, flagKeys, lampsOf, leadersOf, spansOf, tellingField, valueOf } from './message.js';
import { looksOf } from './looks.js';

/** @typedef {import('../../js/types.js').View} View */
/** @typedef {import('../../js/types.js').Context} Context */
/** @typedef {import('../../js/types.js').Balloon} Balloon */
/** @typedef {import('./message.js').Span} Span */

const WIDTH = 12;

/** Fields that the basic view leaves out. */
const EXPERT = /^(ID|..COUNT|Q?CLASS|RDLENGTH|UDPSIZE|EXTRCODE|VERSION|EDNSFLAGS|OPT.*|COOKIE.*)$/;

/** A message over TCP may have 64 KiB: so much of it is drawn. */
const MAX_BYTES = 3072, MAX_FIELDS = 600;

export class ByteInspector extends HTMLElement {
  constructor() {
    super();
    /** @private @type {Context | null} */ this.ctx = null;
    /** What is drawn: trace and event, or the kind of note. @private */ this.drawn = '';
    /** @private @type {any} */ this.words = null;
    /** @private @type {Uint8Array} */ this.bytes = new Uint8Array(0);
    /** @private @type {Span[]} */ this.spans = [];
    /** @private */ this.selected = -1;
    /** The field that the address names. @private */ this.field = '';
    /** @private */ this.hovered = -1;
    /** Leader lines and the chosen field are to be placed. @private */ this.moved = false;
    /** Another message begins at its first byte. @private */ this.above = false;
    /** @private @type {HTMLElement[]} */ this.cells = [];
    /** Of each byte the field it belongs to, -1 for none. @private */ this.owner = new Int32Array(0);
    /** @private @type {HTMLElement[]} */ this.fields = [];
    /** @private @type {Record<string, HTMLElement> | null} */ this.parts = null;
    /** @private */ this.resized = new ResizeObserver(() => this.lead());
  }

  disconnectedCallback() { this.resized.disconnect(); }

  connectedCallback() { if (this.parts) this.resized.observe(this.parts.hex); }

  /** @param {View} _view @param {Context} ctx */
  update(_view, ctx) {
    if (!this.parts) this.build();
    this.ctx = ctx;
    const { story, full, trace, words } = ctx, b = full.balloons[story.n - 1];
    const event = b && b.message >= 0 ? ctx.events[b.message] : undefined;
    const mode = !b ? 'anatomy' : event ? 'message' : 'looks';
    const parts = /** @type {Record<string, HTMLElement>} */ (this.parts);
    const key = `${trace} ${mode} ${b ? `${b.n} ${b.message} ${b.seqs[1]}` : ''}`;
    if (key === this.drawn && words === this.words && ctx.field === this.field) return;
    this.field = ctx.field;
    const fresh = key !== this.drawn;
    this.drawn = key;
    this.words = words;
    parts.anatomy.hidden = mode !== 'anatomy';
    parts.top.hidden = mode === 'anatomy';
    for (const name of ['hex', 'fields', 'note']) parts[name].hidden = mode !== 'message';
    parts.looks.hidden = mode !== 'looks';
    if (mode !== 'anatomy') this.head(b, event);
    if (mode === 'looks') this.sayLooks(b);
    if (mode === 'message' && event) {
      if (fresh) this.show(b, event.fact);
      const named = fieldAt(this.spans, ctx.field);
      if (named >= 0) this.selected = named;
      this.sayFields();
      this.mark();
      this.moved = true;
    }
  }

  /** Once the whole page is written. */
  settle() {
    if (!this.moved) return;
    this.moved = false;
    if (this.above) /** @type {Record<string, HTMLElement>} */ (this.parts).hex.scrollTop = 0; // not while writing: a browser lays out first
    this.above = false;
    this.bring(); // reads where things are, before anything is written
    this.lead();
  }

  /** @private */
  build() {
    this.querySelector('.without-script')?.remove();
    const anatomy = /** @type {HTMLElement} */ (this.querySelector('.anatomy')); // made by the server
    const top = make('div', 'top'), hex = make('div', 'hex'), fields = make('div', 'fields'), note = make('div', 'note'), looks = make('div', 'looks');
    const text = make('p'), from = make('button', 'quiet small');
    from.type = 'button';
    Object.assign(from.dataset, { need: 'provenance', needWords: 'provenance' });
    note.append(text, from);
    const h2 = make('h2');
    h2.append(make('span', 'balloon is-now'), make('span', 'who'));
    top.append(h2, make('p', 'meta muted small-text'));
    hex.setAttribute('aria-hidden', 'true'); // the list of fields says the same
    const leader = draw('svg', { class: 'leader' });
    hex.append(leader);
    fields.setAttribute('role', 'listbox');
    text.id = 'byte-note';
    looks.append(make('p'), make('ol'));
    this.append(top, hex, fields, note, looks);
    this.parts = { anatomy, top, hex, fields, note, text, from, looks, leader: /** @type {any} */ (leader) };
    hex.addEventListener('click', e => this.choose(this.spanAt(e)));
    hex.addEventListener('pointerover', e => this.hover(this.spanAt(e)));
    hex.addEventListener('pointerleave', () => this.hover(-1));
    fields.addEventListener('click', e => this.choose(this.fieldAt(e)));
    fields.addEventListener('pointerover', e => this.hover(this.fieldAt(e)));
    fields.addEventListener('pointerleave', () => this.hover(-1));
    fields.addEventListener('keydown', e => this.key(e));
    this.resized.observe(hex);
  }

  /** Who sent it to whom, over what. @private @param {Balloon} b @param {any} event */
  head(b, event) {
    const { words, full } = /** @type {Context} */ (this.ctx), { top } = /** @type {Record<string, HTMLElement>} */ (this.parts);
    setAttr(top, 'data-role', b.role);
    setText(top.querySelector('.balloon'), String(b.n));
    const from = full.plates.find(p => p.id === b.from), to = full.plates.find(p => p.id === b.to);
    const local = b.from === b.to;
    const who = local ? plateLabel(from, words) : words.say('bytes.who', { from: plateLabel(from, words), to: plateLabel(to, words) });
    setText(top.querySelector('.who'), from && from.role !== 'tld' && from.role !== 'auth' ? sentence(who) : who); // a domain name keeps its letters
    setText(top.querySelector('.meta'), event
      ? words.say('bytes.meta', { kind: words.say('kind.' + b.kind), transport: b.transport.toUpperCase(), bytes: bytesOf(event.fact.message).length })
      : words.say('kind.' + b.kind));
  }

  /** What was looked up where nothing was sent. @private @param {Balloon} b */
  sayLooks(b) {
    const { words, events } = /** @type {Context} */ (this.ctx), { looks } = /** @type {Record<string, HTMLElement>} */ (this.parts);
    setText(looks.querySelector('p'), words.first([`bytes.none.${b.kind}`, 'bytes.none'], { ...b.line.params, host: b.host }));
    const list = looksOf(events.slice(b.seqs[0], b.seqs[1] + 1), words);
    const nodes = keep(/** @type {Element} */ (looks.querySelector('ol')), list.map((_, i) => String(i)), () => {
      const li = make('li');
      li.append(make('span', 'what mono'), make('span', 'found'));
      return li;
    });
    list.forEach((l, i) => {
      setAttr(nodes[i], 'data-result', l.result);
      setText(nodes[i].querySelector('.what'), l.what);
      setText(nodes[i].querySelector('.found'), l.found);
    });
  }

  /** Another message. @private @param {Balloon} b @param {any} fact */
  show(b, fact) {
    const { hex, fields, leader, from } = /** @type {Record<string, HTMLElement>} */ (this.parts);
    this.bytes = bytesOf(fact.message);
    this.spans = spansOf(fact, this.bytes.length).slice(0, MAX_FIELDS);
    const section = new Array(this.bytes.length), owner = new Int32Array(this.bytes.length).fill(-1);
    this.spans.forEach((s, i) => { section.fill(s.section, s.at, s.at + s.len); owner.fill(i, s.at, s.at + s.len); });
    const shown = Math.min(this.bytes.length, MAX_BYTES), rows = this.rows(shown);
    for (let i = 0; i < shown; i++) {
      const cell = this.cells[i];
      setText(cell, this.bytes[i].toString(16).padStart(2, '0'));
      setAttr(cell, 'data-section', section[i] || null);
    }
    this.owner = owner;
    if (shown < this.bytes.length) rows.push(make('p', 'muted small-text cut'));
    if (rows.length !== hex.childElementCount - 1 || rows.some((r, i) => hex.children[i] !== r)) hex.replaceChildren(...rows, leader);
    this.above = true;

    /** @type {Span[][]} */ const sections = [];
    for (const s of this.spans) {
      if (sections[sections.length - 1]?.[0].section === s.section) sections[sections.length - 1].push(s);
      else sections.push([s]);
    }
    const groups = keep(fields, sections.map((_, i) => String(i)), () => this.group());
    this.fields = [];
    sections.forEach((spans, i) => {
      setAttr(groups[i], 'data-section', spans[0].section);
      const options = keep(groups[i], ['head', ...spans.map((s, k) => s.name === 'FLAGS' ? 'flags' : String(k))], key => this.option(key)).slice(1);
      let record = -1;
      spans.forEach((s, k) => {
        const option = options[k];
        setAttr(option, 'data-span', String(this.fields.length));
        option.toggleAttribute('data-expert', EXPERT.test(s.name));
        option.classList.toggle('first', s.section !== 'header' && record !== s.record);
        record = s.record;
        setText(option.firstChild, s.name);
        this.fields.push(option);
      });
    });
    this.hovered = -1;
    this.selected = tellingField(this.spans, b.kind, b.host === 'device' || b.host === 'outside', fact.question?.type ?? '');
    if (this.selected < 0 && this.spans.length) this.selected = 0;
    setAttr(from, 'data-seq', String(b.message));
  }

  /** The fields of one section. @private */
  group() {
    const group = make('div', 'section'), title = make('div', 'head');
    group.setAttribute('role', 'group');
    title.setAttribute('aria-hidden', 'true'); // the group's label says it: a listbox has options only
    title.dataset.key = 'head';
    group.append(title);
    return group;
  }

  /** One field; the flags are lamps and a code. @private @param {string} key */
  option(key) {
    const option = make('div', 'field'), value = make('span', 'value mono');
    option.setAttribute('role', 'option');
    if (key === 'flags') {
      value.classList.add('lamps');
      value.append(...lampsOf(this.bytes).map(lamp => make('i', '', lamp.name)), make('span', 'rcode'));
    }
    option.append(make('span', 'name'), value);
    return option;
  }

  /**
   * Rows for so many bytes: those of the last message, and more or fewer of them.
   * @private @param {number} shown
   */
  rows(shown) {
    const { hex } = /** @type {Record<string, HTMLElement>} */ (this.parts);
    const rows = /** @type {HTMLElement[]} */ ([...hex.querySelectorAll('.row')]).slice(0, Math.ceil(shown / WIDTH));
    this.cells.length = Math.min(this.cells.length, shown);
    for (let at = rows.length * WIDTH; at < shown; at += WIDTH) {
      const row = make('div', 'row');
      row.append(make('span', 'offset', at.toString(16).padStart(4, '0')));
      rows.push(row);
    }
    for (let i = this.cells.length; i < shown; i++) {
      const cell = make('b');
      rows[Math.floor(i / WIDTH)].append(cell);
      this.cells.push(cell);
    }
    const last = rows[rows.length - 1];
    while (last && last.childElementCount > 1 + (shown - 1) % WIDTH + 1) last.lastElementChild?.remove();
    return rows;
  }

  /** Everything that is in a language. @private */
  sayFields() {
    const { words } = /** @type {Context} */ (this.ctx), { hex, fields } = /** @type {Record<string, HTMLElement>} */ (this.parts);
    setAttr(fields, 'aria-label', words.say('bytes.fields'));
    setText(hex.querySelector('.cut'), words.say('bytes.cut', { bytes: this.bytes.length - MAX_BYTES }));
    for (const group of fields.children) {
      const name = words.say('bytes.section.' + /** @type {HTMLElement} */ (group).dataset.section);
      setText(group.querySelector('.head'), name);
      setAttr(group, 'aria-label', name);
    }
    this.spans.forEach((s, i) => {
      const value = /** @type {Element} */ (this.fields[i].lastChild);
      if (s.name === 'FLAGS') {
        lampsOf(this.bytes).forEach((lamp, k) => {
          value.children[k].classList.toggle('on', lamp.on);
          setAttr(value.children[k], 'aria-hidden', lamp.on ? null : 'true');
        });
        setText(value.lastChild, (this.bytes[2] & 0x80) !== 0 ? s.text.split(' ').pop() ?? '' : '');
      }
      else setText(value, s.name === 'TTL' ? words.say('bytes.ttl', { ttl: s.text }) : valueOf(s));
    });
  }

  /** @private @param {number} i */
  choose(i) {
    if (i < 0 || i === this.selected) return;
    this.selected = i;
    this.mark();
    this.lead();
    this.bring();
    tell(this, 'field', { field: fieldKey(this.spans, i) });
  }

  /** @private @param {number} i */
  hover(i) {
    if (i === this.hovered) return;
    this.hovered = i;
    this.mark();
    this.lead();
    this.bring();
  }

  /** Selection and hover, on bytes and fields alike, and what the field means. @private */
  mark() {
    const { words } = /** @type {Context} */ (this.ctx), { text, from, hex } = /** @type {Record<string, HTMLElement>} */ (this.parts);
    for (const cell of hex.querySelectorAll('b.is-selected, b.is-hovered, b.is-pointed')) cell.className = '';
    const paint = (/** @type {number} */ i, /** @type {string} */ className) => {
      const s = this.spans[i];
      if (s) for (let k = s.at; k < s.at + s.len; k++) if (this.cells[k]) this.cells[k].className = className;
    };
    paint(this.hovered, 'is-hovered');
    paint(this.selected, 'is-selected');
    this.fields.forEach((f, i) => {
      setAttr(f, 'aria-selected', String(i === this.selected));
      setAttr(f, 'aria-describedby', i === this.selected ? 'byte-note' : null);
      setAttr(f, 'tabindex', i === this.selected || (this.selected < 0 && i === 0) ? '0' : '-1');
      f.classList.toggle('is-hovered', i === this.hovered);
    });
    const s = this.spans[this.hovered] ?? this.spans[this.selected];
    setText(text, s ? this.meaning(s, words) : '');
    const chosen = this.spans[this.selected];
    from.hidden = !chosen || chosen.section === 'header' || chosen.section === 'question';
    setText(from, words.say('bytes.from'));
    setAttr(from, 'data-at', String(chosen?.at ?? 0));
  }

  /** @private @param {Span} s @param {import('../../js/words.js').Words} words */
  meaning(s, words) {
    if (s.name === 'FLAGS') return flagKeys(this.bytes).map(k => words.say(k)).join(' ');
    const params = { value: valueOf(s), bytes: s.len, ttl: s.text };
    const text = words.first([`field.${s.name}.${s.type}`, `field.${s.name}.${s.section}`, `field.${s.name}`], params);
    const p = s.points?.[0];
    return p ? `${text} ${words.say('bytes.pointer', { to: p.to, bytes: hexAt(this.bytes, p.at) })}` : text;
  }

  /** Leader lines from the two bytes of a pointer to the name they stand for. @private */
  lead() {
    const { leader } = /** @type {Record<string, HTMLElement>} */ (this.parts), s = this.spans[this.hovered] ?? this.spans[this.selected];
    leader.replaceChildren();
    if (!s?.points?.length) return;
    for (const l of leadersOf(this.bytes, s)) {
      const a = this.cells[l.from], b = this.cells[l.to];
      if (!a || !b) continue;
      for (const i of l.marked) if (this.cells[i] && !this.cells[i].className) this.cells[i].className = 'is-pointed';
      const x1 = a.offsetLeft + a.offsetWidth, y1 = a.offsetTop + 2, x2 = b.offsetLeft + b.offsetWidth / 2, y2 = b.offsetTop + b.offsetHeight - 1;
      const mid = (y1 + y2) / 2;
      leader.append(draw('path', { d: `M${x1} ${y1}C${x1} ${mid} ${x2} ${mid} ${x2} ${y2 + 5}` }), draw('path', { class: 'head', d: `M${x2 - 3.5} ${y2 + 6} ${x2} ${y2} ${x2 + 3.5} ${y2 + 6}z` }));
    }
  }

  /** The chosen field in sight, in both lists, moving nothing else. @private */
  bring() {
    const { hex, fields } = /** @type {Record<string, HTMLElement>} */ (this.parts), s = this.spans[this.selected], option = this.fields[this.selected];
    if (!s || !option) return;
    into(fields, option);
    if (this.cells[s.at]) into(hex, this.cells[s.at]);
  }

  /** @private @param {Event} e */
  spanAt(e) { return this.owner[this.cells.indexOf(/** @type {any} */ (/** @type {Element} */ (e.target).closest?.('b')))] ?? -1; }

  /** @private @param {Event} e */
  fieldAt(e) { return Number(/** @type {HTMLElement | null} */ (/** @type {Element} */ (e.target).closest('.field'))?.dataset.span ?? -1); }

  /** @private @param {KeyboardEvent} e */
  key(e) {
    if (e.altKey || e.ctrlKey || e.metaKey) return;
    const { from } = /** @type {Record<string, HTMLElement>} */ (this.parts);
    if (e.key === 'Enter' && !from.hidden) {
      e.preventDefault(); // or the same press would press the first button of what opens
      from.click();
    }
    const to = { ArrowDown: this.selected + 1, ArrowUp: this.selected - 1, Home: 0, End: this.spans.length - 1, PageDown: this.selected + 10, PageUp: this.selected - 10 }[e.key];
    if (to === undefined) return;
    e.preventDefault();
    let i = Math.max(0, Math.min(to, this.spans.length - 1));
    const on = to < this.selected && e.key !== 'Home' || e.key === 'End' ? -1 : 1;
    while (this.fields[i]?.offsetParent === null) i += on; // what the basic view leaves out
    if (this.fields[i]) this.choose(i);
    this.fields[this.selected]?.focus({ preventScroll: true });
  }
}

/** @param {Uint8Array} bytes @param {number} at */
const hexAt = (bytes, at) => [bytes[at], bytes[at + 1]].map(b => (b ?? 0).toString(16).padStart(2, '0')).join(' ');

/** @param {HTMLElement} box @param {HTMLElement} node */
function into(box, node) {
  if (box.scrollHeight <= box.clientHeight) return;
  const top = node.offsetTop, bottom = top + node.offsetHeight;
  if (top < box.scrollTop + 24) box.scrollTop = Math.max(0, top - 24);
  else if (bottom > box.scrollTop + box.clientHeight - 8) box.scrollTop = bottom - box.clientHeight + 8;
}

customElements.define('byte-inspector', ByteInspector);

// @ts-check
// Upgrades the server's name form: checks while typing what can be known here,
// shows A-labels and label lengths, and looks names up over the feed. Without
// this script the form is sent as any form.

import { make, SecondTick, setAttr, setText, tell } from '../../js/dom.js';
import { checkName, checkType } from '../../js/names.js';

/** @typedef {import('../../js/types.js').View} View */
/** @typedef {import('../../js/types.js').Context} Context */
/** @typedef {import('../../js/names.js').FieldError} FieldError */

export class NameForm extends HTMLElement {
  constructor() {
    super();
    /** @private @type {Context | null} */ this.ctx = null;
    /** What the check here found. @private @type {FieldError | null} */ this.wrong = null;
    /** The server's error for what stands in the fields now. @private @type {any} */ this.refused = null;
    /** @private @type {any} */ this.seen = null;
    /** @private */ this.tick = new SecondTick(() => this.show());
    /** @private @type {HTMLFormElement | null} */ this.form = null;
    /** The list below the field was put away. @private */ this.closed = false;
  }

  connectedCallback() {
    if (this.form) return;
    const form = this.form = this.querySelector('form');
    if (!form) return;
    this.message = /** @type {HTMLElement} */ (this.querySelector('.message') ?? form.appendChild(make('p', 'message')));
    form.addEventListener('submit', e => this.sent(e));
    form.addEventListener('input', e => this.typed(e));
    // A field that is left wrong says so; while it is being typed in, only what cannot become right does.
    // It is judged once the focus has arrived where it goes: into the examples is not away.
    form.addEventListener('change', () => setTimeout(() => { if (!this.more?.contains(document.activeElement)) this.check(true); this.show(); }));
    this.more = make('div', 'more');
    this.more.hidden = true;
    this.hint = make('p', 'hint');
    this.hint.id = 'ask-hint';
    this.examples = make('ul', 'examples');
    for (const option of this.querySelectorAll('#ask-examples option')) this.examples.append(example(/** @type {HTMLOptionElement} */ (option)));
    this.field('name').removeAttribute('list'); // this list says more than the browser's own
    this.more.append(this.hint, this.examples);
    form.append(this.more);
    form.addEventListener('focusin', () => this.show());
    form.addEventListener('focusout', () => setTimeout(() => this.show()));
    form.addEventListener('keydown', e => this.key(e));
    // The field keeps the focus while an example is pressed.
    this.more.addEventListener('pointerdown', e => e.preventDefault());
    this.more.addEventListener('click', e => this.picked(e));
  }

  disconnectedCallback() { this.tick.stop(); }

  /** @param {View} _view @param {Context} ctx */
  update(_view, ctx) {
    const before = this.ctx;
    this.ctx = ctx;
    if (ctx.error !== this.seen) {
      this.seen = ctx.error;
      this.refused = ctx.error?.field || ctx.error?.command === 'lookup' ? ctx.error : null;
    }
    // Another trace is on show: the fields name it, unless somebody is typing.
    const q = ctx.full.question;
    if (q && before && before.trace !== ctx.trace && !this.contains(document.activeElement)) {
      this.field('name').value = q.name === '.' ? '.' : q.name.replace(/\.$/, '');
      this.field('type').value = q.type;
      if (ctx.full.state === 'finished') {
        this.field('dnssec').checked = !!ctx.full.dnssec?.asked;
        this.field('cd').checked = ctx.full.dnssec?.asked === 'unchecked';
      }
      this.wrong = this.refused = null;
    }
    this.show();
  }

  /** @private @param {string} name @returns {HTMLInputElement} */
  field(name) { return /** @type {HTMLInputElement} */ (/** @type {HTMLFormElement} */ (this.form).elements.namedItem(name)); }

  /** @private @param {Event} e */
  typed(e) {
    if (this.refused) this.refused = null;
    this.wrong = null;
    this.closed = false;
    const { target } = e;
    if (target === this.field('name')) this.check(false);
    this.show();
  }

  /**
   * @private
   * @param {boolean} all also errors that further typing may put right
   * @returns {{name: string, type: string} | null} null if something is wrong
   */
  check(all) {
    const name = checkName(this.field('name').value), type = checkType(this.field('type').value);
    const passing = name.error && (name.error.code === 'name.empty' || name.error.code === 'label.idn' || name.error.code === 'name.escape');
    this.wrong = name.error && (all || !passing) ? name.error : all ? type.error : null;
    if (name.error?.code === 'name.empty' && all && this.field('name').value === '' && document.activeElement !== this.field('name')) this.wrong = type.error;
    return name.error || type.error ? null : { name: this.field('name').value.trim(), type: type.type };
  }

  /** @private */
  show() {
    const { ctx, form, message, hint, more, examples } = this;
    if (!ctx || !form || !message || !hint || !more || !examples) return;
    const { words } = ctx, wait = Math.ceil((ctx.limitedUntil - performance.now()) / 1000), wrong = this.wrong ?? this.refused;
    let text = '';
    if (wait > 0) text = words.say('error.busy', { seconds: wait });
    else if (wrong && wrong.code !== 'busy') text = words.has(errorKey(wrong)) ? words.say(errorKey(wrong), wrong.params) : wrong.text || words.say('error.unknown');
    if (wait > 0 && this.isConnected) this.tick.start();
    else this.tick.stop();
    setText(message, text);
    for (const name of ['name', 'type']) {
      const field = this.field(name), bad = wrong !== null && wrong.field === name;
      setAttr(field, 'aria-invalid', bad ? 'true' : null);
      setAttr(/** @type {Element} */ (field.closest('.cell')), 'data-bad', bad ? '' : null);
    }
    const name = this.field('name'), checked = checkName(name.value);
    const inside = document.activeElement === name || more.contains(document.activeElement);
    if (!inside) this.closed = false;
    const { address } = checked, named = this.field('type').value.trim().toUpperCase(), type = /^(A|AAAA|)$/.test(named) ? 'PTR' : named;
    const showHint = !wrong && !checked.error && checked.labels.length > 0 && (checked.idn || address !== '' || inside);
    hint.hidden = !showHint;
    examples.hidden = !inside || examples.children.length === 0;
    more.hidden = this.closed || (!showHint && examples.hidden) || (!inside && !checked.idn && !address);
    setAttr(examples, 'aria-label', words.say('ask.examples'));
    for (const li of examples.children) {
      const { note } = /** @type {HTMLElement} */ (li).dataset;
      if (note) setText(li.querySelector('.note'), words.say(note));
    }
    setText(hint, !showHint ? '' : address ? words.say('ask.reverse', { addr: address, name: checked.wire, type }) : [
      checked.idn && checked.wire ? words.say('ask.wire', { wire: checked.wire }) : '',
      words.say('ask.lengths', { lengths: checked.labels.map(l => l.octets).join(' + '), octets: checked.octets }),
    ].filter(Boolean).join('  '));
    setAttr(name, 'aria-describedby', showHint ? 'ask-message ask-hint' : 'ask-message');
    const button = /** @type {HTMLButtonElement} */ (form.querySelector('button.primary')), busy = ctx.asking !== null;
    setText(button, words.say(busy ? 'ask.busy' : 'form.submit'));
    setAttr(form, 'aria-busy', busy ? 'true' : null);
    button.disabled = busy || wait > 0;
    for (const [id, key] of [['ask-name', 'form.name'], ['ask-type', 'form.type']]) setText(this.querySelector(`label[for="${id}"]`), words.say(key));
  }

  /** Down goes into the examples, Escape closes them. @private @param {KeyboardEvent} e */
  key(e) {
    const { more, examples } = this, name = this.field('name');
    if (!more || !examples || more.hidden) return;
    const buttons = [...examples.querySelectorAll('button')], at = buttons.indexOf(/** @type {any} */ (document.activeElement));
    if (at < 0 && document.activeElement !== name) return;
    if (e.key === 'ArrowDown' && !examples.hidden) buttons[Math.min(at + 1, buttons.length - 1)]?.focus();
    else if (e.key === 'ArrowUp' && at >= 0) (buttons[at - 1] ?? name).focus();
    else if (e.key === 'Escape') {
      name.focus();
      this.closed = true;
      this.show();
    } else return;
    e.preventDefault();
    e.stopPropagation();
  }

  /** @private @param {MouseEvent} e */
  picked(e) {
    const li = /** @type {HTMLElement | null} */ (/** @type {Element} */ (e.target).closest('.examples li'));
    if (!li) return;
    this.field('name').value = li.dataset.name ?? '';
    this.field('type').value = li.dataset.type ?? 'A';
    this.wrong = this.refused = null;
    this.closed = true;
    this.show();
    this.form?.requestSubmit();
  }

  /** @private @param {SubmitEvent} e */
  sent(e) {
    const { ctx } = this;
    if (!ctx) return; // words and feed are not there yet: the server takes the form
    e.preventDefault();
    if (ctx.asking || ctx.limitedUntil > performance.now()) return;
    const question = this.check(true);
    if (!question) {
      const type = checkType(this.field('type').value), name = checkName(this.field('name').value);
      this.wrong = name.error ?? type.error;
      this.show();
      this.field(this.wrong?.field ?? 'name').focus();
      return;
    }
    this.refused = null;
    this.closed = true;
    this.show();
    tell(this, 'lookup', question);
  }
}

/** A name worth trying, from the server's list: what it is, and what it shows. @param {HTMLOptionElement} option */
function example(option) {
  const li = make('li'), button = make('button'), [type = 'A', note = ''] = option.label.split(/\s{2,}/);
  li.dataset.name = option.value;
  li.dataset.type = option.dataset.type ?? type;
  if (option.dataset.note) li.dataset.note = option.dataset.note;
  button.type = 'button';
  button.tabIndex = -1;
  button.append(make('span', 'name mono', option.value), make('span', 'type mono', li.dataset.type), make('span', 'note', note));
  li.append(button);
  return li;
}

/** @param {{code: string, params?: Record<string, string>}} e */
const errorKey = e => 'error.' + e.code + (e.code === 'label.empty' && !e.params?.label ? 'First' : '');

customElements.define('name-form', NameForm);

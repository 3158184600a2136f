// @ts-check
// Lesson time: the time that the caches follow. It can be skipped ahead and
// run faster; the forms work without a script as well.

import { make, SecondTick, setAttr, setText, tell } from '../../js/dom.js';

/** @typedef {import('../../js/types.js').View} View */
/** @typedef {import('../../js/types.js').Context} Context */

const SKIPS = [10, 60, 300, 3600, 86400], RATES = [1, 60, 3600];

export class LessonClock extends HTMLElement {
  constructor() {
    super();
    /** @private @type {Context | null} */ this.ctx = null;
    /** @private */ this.tick = new SecondTick(() => this.show());
    /** @private @type {HTMLFormElement | null} */ this.form = null;
    /** What is said now: nothing is said twice. @private */ this.said = '';
    this.addEventListener('submit', e => this.sent(e));
  }

  disconnectedCallback() { this.tick.stop(); }

  /** @param {View} _view @param {Context} ctx */
  update(_view, ctx) {
    this.ctx = ctx;
    if (!this.form) this.adopt();
    if (this.isConnected && ctx.clock.known) this.tick.start();
    else this.tick.stop();
    this.show();
  }

  /** @private */
  adopt() {
    this.form = this.querySelector('form');
    if (this.form) return;
    const form = this.form = make('form'), reading = make('p', 'reading');
    form.method = 'post';
    form.action = '/clock';
    reading.append(make('span', 'label muted small-text'), ' ', make('time', 'now mono'), ' ', make('span', 'lead muted small-text'));
    form.append(reading, this.group('skips', 'seconds', SKIPS), this.group('rates', 'rate', RATES));
    this.append(form);
  }

  /** @private @param {string} className @param {string} name @param {number[]} values */
  group(className, name, values) {
    const group = make('div', className), label = make('span', 'label');
    group.setAttribute('role', 'group');
    label.setAttribute('aria-hidden', 'true');
    group.append(label);
    for (const value of values) {
      const button = make('button', 'small');
      button.name = name;
      button.value = String(value);
      group.append(button);
    }
    return group;
  }

  /** @private */
  show() {
    const { ctx, form } = this;
    if (!ctx || !form) return;
    const { words, clock } = ctx, now = clock.known ? clock.now() : null;
    const off = ctx.connection.state === 'reconnecting' || ctx.connection.state === 'offline';
    const lead = now === null ? 0 : Math.round((now - clock.real - (performance.now() - clock.at)) / 1000);
    const says = [words.lang, now === null ? '' : Math.floor(now / 1000), lead, clock.rate, off].join();
    if (says === this.said) return;
    this.said = says;
    setText(form.querySelector('.reading .label'), words.say('clock.label'));
    if (now !== null) {
      const date = new Date(now), time = /** @type {HTMLTimeElement} */ (form.querySelector('time'));
      setText(time, clockText(date, ctx.lang));
      setAttr(time, 'datetime', date.toISOString().slice(0, 19) + 'Z');
      setText(form.querySelector('.lead'), lead > 0 ? words.say('clock.lead', { lead }) : '');
    }
    for (const [className, key] of [['skips', 'clock.skip'], ['rates', 'clock.run']]) {
      const group = /** @type {HTMLElement} */ (form.querySelector('.' + className));
      setAttr(group, 'aria-label', words.say(key));
      setText(group.querySelector('.label'), words.say(key));
    }
    for (const button of form.querySelectorAll('button')) {
      const rate = button.name === 'rate';
      setText(button, rate ? `×${button.value}` : words.say('clock.by.' + button.value));
      if (rate) setAttr(button, 'aria-pressed', String(clock.known && clock.rate === Number(button.value)));
      button.disabled = off;
    }
  }

  /** @private @param {SubmitEvent} e */
  sent(e) {
    const button = /** @type {HTMLButtonElement | null} */ (e.submitter);
    if (!button || this.ctx?.connection.state !== 'open') return;
    e.preventDefault();
    if (button.name === 'seconds') tell(this, 'skip', { seconds: Number(button.value) });
    else tell(this, 'rate', { rate: Number(button.value) });
  }
}

/** Time of day; with the date, once lesson time has left today. @param {Date} date @param {string} lang */
function clockText(date, lang) {
  const time = date.toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });
  if (date.toDateString() === new Date().toDateString()) return time;
  return `${date.toLocaleDateString(lang, { month: 'short', day: 'numeric', year: date.getFullYear() === new Date().getFullYear() ? undefined : 'numeric' })} ${time}`;
}

customElements.define('lesson-clock', LessonClock);

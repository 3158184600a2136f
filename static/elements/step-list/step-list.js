// @ts-check
// The numbered balloons of a trace as a list. The current one is open and says
// why it happens; those to come are grey, or hidden on the projector.

import { keep, make, setAttr, setText, tell } from '../../js/dom.js';
import { canonical } from '../../js/line.js';
import { stepTitle, stepWhy } from '../../js/steps.js';

/** @typedef {import('../../js/types.js').View} View */
/** @typedef {import('../../js/types.js').Balloon} Balloon */
/** @typedef {import('../../js/types.js').Context} Context */

/** Kinds of balloons whose message brings records. */
const RECORDS = new Set(['answer', 'alias', 'referral', 'nodata', 'nxdomain', 'lame']);

export class StepList extends HTMLElement {
  constructor() {
    super();
    /** @private @type {HTMLOListElement | null} */ this.items = null;
    /** @private @type {HTMLParagraphElement | null} */ this.ready = null;
    /** What the list was drawn from. @private @type {{balloons: Balloon[] | null, words: any}} */ this.drawn = { balloons: null, words: null };
    /** @private */ this.now = -1;
    this.addEventListener('click', e => this.pressed(e));
    /** The step to be brought into sight. @private @type {HTMLElement | null} */ this.wanted = null;
    this.addEventListener('keydown', e => this.key(e));
  }

  /** @param {View} view @param {Context} ctx */
  update(view, ctx) {
    this.adopt();
    const { full, words, story } = ctx, items = /** @type {HTMLOListElement} */ (this.items);
    const nodes = keep(items, full.balloons.map(b => String(b.n)), key => this.item(Number(key)));
    const same = this.drawn.words === words ? this.drawn.balloons : null;
    full.balloons.forEach((b, i) => {
      const li = nodes[i], before = same?.[i];
      // Titles of early steps may change when more is known of a trace that is still running.
      if (before !== b || i >= full.balloons.length - 2) {
        setAttr(li, 'data-role', b.role);
        setText(li.querySelector('.balloon'), String(b.n));
        setText(li.querySelector('.title'), stepTitle(b, full, words));
        setText(li.querySelector('.why'), stepWhy(b, full, words));
        const a = /** @type {HTMLElement | null} */ (li.querySelector('.more a'));
        const check = b.kind === 'check' || b.kind === 'verdict';
        setText(a, words.say(check ? `step.trust${b.kind === 'verdict' && b.outcome === 'bogus' ? '.bogus' : ''}` : 'bytes.records'));
        if (a && check) {
          const sheet = /** @type {HTMLAnchorElement | null} */ (document.querySelector('a[data-detail="trust"]'));
          a.hidden = !sheet;
          delete a.dataset.need;
          setAttr(a, 'href', `${sheet?.getAttribute('href') ?? ''}#zone:${canonical(b.zone)}`);
        } else if (a) {
          a.dataset.seq = String(b.message);
          a.hidden = b.message < 0 || !RECORDS.has(b.kind);
        }
      }
      const state = b.n === story.n ? 'now' : b.n < story.n ? 'done' : 'future', ref = ctx.refs[b.n] ?? '';
      setAttr(li, 'data-state', state);
      const balloon = /** @type {HTMLElement} */ (li.querySelector('.balloon')), button = /** @type {HTMLElement} */ (li.querySelector('.step'));
      balloon.className = state === 'future' ? 'balloon' : `balloon is-${state}`;
      setAttr(button, 'aria-current', state === 'now' ? 'step' : null);
      setText(li.querySelector('.ref'), ref);
    });
    this.drawn = { balloons: full.balloons, words };
    const ready = /** @type {HTMLParagraphElement} */ (this.ready);
    setText(ready, words.say(ctx.asking ? 'step.asking' : 'step.none'));
    ready.hidden = full.balloons.length > 0;
    if (story.n !== this.now) {
      this.now = story.n;
      this.wanted = nodes[story.n - 1] ?? ready;
    }
  }

  /** Once the whole page is written. */
  settle() {
    if (this.wanted) this.bring(this.wanted);
    this.wanted = null;
  }

  /** @private */
  adopt() {
    if (this.items) return;
    this.items = this.querySelector('ol.items') ?? this.appendChild(Object.assign(document.createElement('ol'), { className: 'items' }));
    for (const li of this.items.children) /** @type {HTMLElement} */ (li).dataset.key = /** @type {HTMLElement} */ (li).dataset.n ?? '';
    const ready = this.querySelector('p.ready') ?? make('p', 'ready muted');
    this.prepend(ready);
    this.ready = /** @type {HTMLParagraphElement} */ (ready);
  }

  /** @private @param {number} n */
  item(n) {
    const li = make('li'), button = make('button', 'step');
    li.dataset.n = String(n);
    button.type = 'button';
    button.append(make('span', 'balloon'), make('span', 'title'), make('span', 'ref mono'));
    const more = make('p', 'more'), a = make('a');
    a.href = '#';
    Object.assign(a.dataset, { need: 'provenance', needWords: 'provenance' });
    more.append(a);
    li.append(button, make('p', 'why'), more);
    return li;
  }

  /** Keeps the open step in sight, moving nothing but this list. @private @param {HTMLElement} node */
  bring(node) {
    const box = this.closest('.panel');
    if (!box || box.scrollHeight <= box.clientHeight || getComputedStyle(box).overflowY === 'visible') return;
    const top = node.getBoundingClientRect().top - box.getBoundingClientRect().top, bottom = top + node.offsetHeight;
    if (top < 40) box.scrollTop += top - 40;
    else if (bottom > box.clientHeight - 24) box.scrollTop += Math.min(top - 40, bottom - box.clientHeight + 24);
  }

  /** @private @param {MouseEvent} e */
  pressed(e) {
    const li = /** @type {Element} */ (e.target).closest('button.step')?.closest('li');
    if (li) tell(this, 'seek', { n: Number(li.dataset.n) });
  }

  /** @private @param {KeyboardEvent} e */
  key(e) {
    if (e.altKey || e.ctrlKey || e.metaKey || e.shiftKey) return;
    const buttons = [.../** @type {NodeListOf<HTMLElement>} */ (this.querySelectorAll('button.step'))];
    const at = buttons.indexOf(/** @type {HTMLElement} */ (document.activeElement));
    if (at < 0) return;
    const to = e.key === 'ArrowDown' ? at + 1 : e.key === 'ArrowUp' ? at - 1 : -1;
    if (buttons[to]) buttons[to].focus();
    else if (e.key === 'ArrowRight') tell(this, 'step');
    else if (e.key === 'ArrowLeft') tell(this, 'back');
    else if (e.key === 'Home') tell(this, 'first');
    else if (e.key === 'End') tell(this, 'last');
    else return;
    e.preventDefault();
    e.stopPropagation();
  }
}

customElements.define('step-list', StepList);

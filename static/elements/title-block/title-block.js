// @ts-check
// The title block of the drawing: its status bar. Fills in as the trace is
// played.

import { last } from '../../js/line.js';
import { make, setAttr, setText } from '../../js/dom.js';

/** @typedef {import('../../js/types.js').View} View */
/** @typedef {import('../../js/types.js').Context} Context */

export class TitleBlock extends HTMLElement {
  /** @param {View} view @param {Context} ctx */
  update(view, ctx) {
    const { words, full } = ctx;
    const b = view.balloons[view.balloons.length - 1];
    const failed = view.outcome !== '' && !['answer', 'nodata', 'nxdomain'].includes(view.outcome);
    /** @type {Record<string, string>} */
    const texts = {
      drawing: full.title || words.say('block.none'), sheet: '2 / 8',
      answer: view.outcome === 'answer' ? answerText(view) : view.outcome ? words.say('block.outcome.' + view.outcome) : words.say('block.notYet'),
      elapsed: b ? words.micros(view.elapsedUs) : words.say('block.notYet'),
      queries: words.say(full.plates[0]?.id === 'outside' ? 'block.queries.outside' : 'block.queries.count', view.counts), scale: words.say('block.scale.none'),
      dnssec: words.say(verdictKey(view)), source: words.say(ctx.recorded ? `block.source.${document.body.dataset.recorded || 'recorded'}` : full.network === 'internet' ? 'block.source.internet' : 'block.source.lab'),
    };
    for (const cell in texts) {
      const dd = /** @type {HTMLElement | null} */ (this.querySelector(`:scope .${cell} dd`));
      if (!dd) continue;
      const found = cell === 'dnssec' ? dd.querySelector('a') ?? dd : cell === 'answer' && view.outcome === 'answer' ? dd.querySelector('a') ?? origin(dd) : dd;
      setText(found, texts[cell]);
      setAttr(dd, 'title', cell === 'drawing' || cell === 'answer' ? texts[cell] : null);
    }
    const trust = this.querySelector('.dnssec');
    if (trust) setAttr(trust, 'data-verdict', view.dnssec?.verdict ?? '');
    document.querySelector('.filenote')?.toggleAttribute('hidden', !ctx.recorded);
    const mark = /** @type {HTMLElement | null} */ (document.querySelector('.permalink'));
    if (mark && mark.dataset.trace !== ctx.trace) {
      const path = `/lookups/${mark.dataset.trace = ctx.trace}`, img = /** @type {HTMLImageElement} */ (mark.firstElementChild);
      img.src = path + '/files/qr.svg';
      setText(mark.lastElementChild, img.alt = location.origin + path);
    }
    setAttr(this, 'data-state', failed ? 'failed' : view.outcome ? 'complete' : 'filling');
  }
}

/** The word for what is known of DNSSEC, so far. @param {View} v */
function verdictKey({ dnssec: d, state }) {
  if (d?.verdict) return 'block.dnssec.' + d.verdict;
  if (d?.asked === 'unchecked') return 'block.dnssec.unchecked';
  return d?.asked && state !== 'finished' ? 'block.dnssec.running' : 'block.unchecked';
}

/** A control that tells where the answer comes from. @param {HTMLElement} dd */
function origin(dd) {
  const a = make('a');
  a.href = '#';
  Object.assign(a.dataset, { need: 'provenance', needWords: 'provenance', answer: '' });
  dd.replaceChildren(a);
  return a;
}

/** @param {View} view */
function answerText(view) {
  const group = last(view.records);
  return group.length ? group[0].data + (group.length > 1 ? ` +${group.length - 1}` : '') : '–';
}

customElements.define('title-block', TitleBlock);

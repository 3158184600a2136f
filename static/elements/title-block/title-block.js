// @ts-check
// The title block of the drawing: its status bar. Fills in as the trace is
// played.

import { last } from '../../js/line.js';
import { make, setAttr, setText } from '../../js/dom.js';

/** @typedef {import('../../js/types.js').View} View */
/** @typedef {import('../../js/types.js').Context} Context */

const CELLS = ['drawing', 'sheet', 'answer', 'elapsed', 'queries', 'scale', 'source'];
const MONO = new Set(['drawing', 'answer']);

export class TitleBlock extends HTMLElement {
  /** @param {View} view @param {Context} ctx */
  update(view, ctx) {
    const { words, full } = ctx, dl = this.querySelector('dl') ?? this.appendChild(make('dl'));
    const b = view.balloons[view.balloons.length - 1];
    const failed = view.outcome !== '' && !['answer', 'nodata', 'nxdomain'].includes(view.outcome);
    /** @type {Record<string, string>} */
    const texts = {
      drawing: full.title || words.say('block.none'), sheet: '2 / 8',
      answer: view.outcome === 'answer' ? answerText(view) : view.outcome ? words.say('block.outcome.' + view.outcome) : words.say('block.notYet'),
      elapsed: b ? words.micros(view.elapsedUs) : words.say('block.notYet'),
      queries: words.say(full.plates[0]?.id === 'outside' ? 'block.queries.outside' : 'block.queries.count', view.counts), scale: words.say('block.scale.none'),
      source: words.say(ctx.recorded ? 'block.source.recorded' : full.network === 'internet' ? 'block.source.internet' : 'block.source.lab'),
    };
    for (const cell of CELLS) {
      let div = dl.querySelector(`:scope > .${cell}`);
      if (!div) {
        div = make('div', MONO.has(cell) ? `${cell} mono` : cell);
        div.append(make('dt'), make('dd'));
        dl.append(div);
      }
      setText(div.querySelector('dt'), words.say('block.' + cell));
      const dd = /** @type {HTMLElement} */ (div.querySelector('dd'));
      setText(dd, texts[cell]);
      setAttr(dd, 'title', cell === 'drawing' || cell === 'answer' ? texts[cell] : null);
    }
    setAttr(this, 'data-state', failed ? 'failed' : view.outcome ? 'complete' : 'filling');
  }
}

/** @param {View} view */
function answerText(view) {
  const group = last(view.records);
  return group.length ? group[0].data + (group.length > 1 ? ` +${group.length - 1}` : '') : '–';
}

customElements.define('title-block', TitleBlock);

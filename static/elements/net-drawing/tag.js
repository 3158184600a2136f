// @ts-check
// The tag of a message, flying along its lane. It is HTML above the drawing,
// in the drawing's own units: browsers move transformed HTML off the main
// thread, SVG they do not.

import { along } from '../../js/lanes.js';
import { set, svg } from '../../js/svg.js';
import { fitText, textWidth } from '../../js/text-fit.js';

/** @typedef {import('../../js/lanes.js').Lane} Lane */
/** @typedef {import('../../js/story.js').StoryState} StoryState */
/** @typedef {{n: number, text: string, role: string, style: string}} TagFace */

const EASING = 'cubic-bezier(.35,0,.25,1)', HEIGHT = 24, REDUCED_MS = 2400;

export class FlyingTag {
  /** @param {Element} layer */
  constructor(layer) {
    this.node = document.createElement('div');
    this.node.className = 'tag';
    this.node.hidden = true;
    this.box = svg('svg', { 'aria-hidden': 'true' }, this.node);
    this.shape = svg('path', {}, this.box);
    /** Of a message that is of no use. */ this.hatch = svg('path', { class: 'hatch' }, this.box);
    this.text = svg('text', { y: 4.5 }, this.box);
    layer.append(this.node);
    /** @type {Animation | null} */ this.animation = null;
    this.key = '';
  }

  /**
   * Shows the tag as the story has it, or hides it.
   * @param {Lane | null} lane @param {TagFace} face @param {StoryState} story
   * @param {{width: number, key: string}} drawing
   */
  show(lane, face, story, drawing) {
    const flies = lane !== null && lane.shape !== 'local' && (story.phase === 'travel' || story.reduced) && story.n > 0;
    if (!flies) { this.hide(); return; }
    const key = `${face.n} ${face.text} ${story.reduced} ${drawing.key}`;
    if (key !== this.key) {
      this.hide();
      this.key = key;
      this.build(lane, face, drawing.width, story);
    }
    const a = this.animation;
    if (!a || story.reduced) return;
    a.playbackRate = story.speed;
    if (Math.abs(Number(a.currentTime ?? 0) - story.elapsed) > 40 || !story.moving) a.currentTime = story.elapsed;
    if (story.moving) { if (a.playState !== 'running' && a.playState !== 'finished') a.play(); } else a.pause();
  }

  /** Leaves it in its layer, without ink: taking the layer away costs more than what flies. */
  hide() {
    this.animation?.cancel();
    this.animation = null;
    this.key = '';
  }

  /** @private @param {Lane} lane @param {TagFace} face @param {number} width @param {StoryState} story */
  build(lane, face, width, story) {
    const text = fitText(face.text, Math.min(230, width * .55), 12, 'mono'), w = Math.max(44, Math.round(textWidth(text, 12, 'mono')) + 22), q = w / 2, v = HEIGHT / 2;
    const upright = Math.abs(lane.a[0] - lane.b[0]) < 1, right = lane.b[0] >= lane.a[0];
    this.node.dataset.role = face.role;
    this.node.dataset.style = face.style;
    set(this.box, { width: w + 4, height: HEIGHT + 4, viewBox: `${-q - 2} ${-v - 2} ${w + 4} ${HEIGHT + 4}` });
    set(this.shape, { d: upright ? `M${-q} ${-v}H${q}V${v}H${-q}z` : right ? `M${-q} ${-v}H${q - 8}L${q} 0 ${q - 8} ${v}H${-q}z` : `M${q} ${-v}H${-q + 8}L${-q} 0 ${-q + 8} ${v}H${q}z` });
    // strokes that lean as far as they rise, inside the straight part of the tag
    let strokes = '';
    if (face.style === 'failed') for (let x = -q + 2; x + HEIGHT / 2 < q - 6; x += 8) strokes += `M${x} ${v}l${HEIGHT / 2} ${-HEIGHT}`;
    set(this.hatch, { d: strokes });
    set(this.text, { x: upright ? 0 : right ? -3 : 3 });
    this.text.textContent = text;
    const inside = (/** @type {[number, number]} */ p) => `translate(${Math.min(width - q - 4, Math.max(q + 4, p[0])) - q - 2}px, ${p[1] - v - 2}px)`;
    const end = lane.shape === 'lost' ? .8 : .92, at = (/** @type {number} */ k) => inside(along(lane.a, lane.b, k));
    const frames = story.reduced
      ? [{ transform: at(.5), opacity: 0 }, { transform: at(.5), opacity: 1, offset: .08 }, { transform: at(.5), opacity: 1, offset: .9 }, { transform: at(.5), opacity: 0 }]
      : [{ transform: at(.08), opacity: 0 }, { transform: at(.08 + (end - .08) * .08), opacity: 1, offset: .1 }, { transform: at(.08 + (end - .08) * .92), opacity: 1, offset: .9 }, { transform: at(end), opacity: 0 }];
    this.node.hidden = false;
    this.animation = this.node.animate(frames, { duration: story.reduced ? REDUCED_MS : Math.max(1, story.duration), easing: story.reduced ? 'linear' : EASING, fill: 'both' });
    if (!story.reduced) this.animation.pause();
  }
}

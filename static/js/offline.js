// @ts-check
// A recorded trace that is played from a file: the sheet's own store, story,
// fold and elements, without a server. The trace and the words lie in the page
// (templates/offline.templ); the server joins these modules (static/bundle.go).

import '../elements/step-list/step-list.js';
import '../elements/net-drawing/net-drawing.js';
import '../elements/cache-table/cache-table.js';
import '../elements/byte-inspector/byte-inspector.js';
import '../elements/play-bar/play-bar.js';
import '../elements/step-scrubber/step-scrubber.js';
import '../elements/time-lanes/time-lanes.js';
import '../elements/title-block/title-block.js';
import '../elements/trace-transcript/trace-transcript.js';
import '../elements/page-tools/page-tools.js';
import '../elements/panel-tabs/panel-tabs.js';
import { Prefs } from './prefs.js';
import { Store } from './store.js';
import { addressed, hashOf, Story } from './story.js';

//rw:styles line-legend

/** @typedef {import('./types.js').Context} Context */

const DRAWN = 'step-list, net-drawing, cache-table, byte-inspector, play-bar, step-scrubber, time-lanes, title-block, trace-transcript, page-tools, panel-tabs';

/** @type {{trace: any, words: Record<string, Record<string, string>>}} */
const carried = JSON.parse(document.getElementById('rw-data')?.textContent ?? '{}');

/** Words come with the page, not over a network. */
class CarriedPrefs extends Prefs {
  /** @param {string} name */
  async file(name) { return carried.words[name] ?? {}; }
}

const store = new Store(), story = new Story(), prefs = new CarriedPrefs();
/** Where each balloon is on the drawing's grid. @type {Record<number, string>} */ let refs = {};
let place = addressed();
const clock = { lesson: 0, real: 0, at: 0, rate: 1, known: false, now: () => 0 };

let planned = false;
function plan() {
  if (planned) return;
  planned = true;
  queueMicrotask(() => { planned = false; render(); });
}

function render() {
  const { log, full, view } = store;
  /** @type {Context} */
  const ctx = {
    words: prefs.words, lang: prefs.lang, theme: prefs.theme, projector: document.documentElement.dataset.mode === 'projector',
    full, viewAt: n => log.viewAt(n), story: story.state, stops: story.stops, events: log.events, trace: log.trace, ended: log.ended, held: null,
    recorded: true, room: null, clock, heardAt: 0, atEnd: false, connection: { state: 'offline', attempt: 0, retryAt: 0 },
    asking: null, error: null, limitedUntil: 0, refs, field: place.n === story.state.n ? place.field : '',
  };
  for (const el of document.querySelectorAll(DRAWN)) {
    try {
      /** @type {any} */ (el).update?.(view, ctx);
    } catch (e) {
      console.error(el.localName, e); // one element's mistake must not blank the others
    }
  }
}

/** The place in the drawing stays in the address, so that a link to the file leads there. */
function keepPlace() {
  const { n } = story.state;
  try { history.replaceState(null, '', hashOf(n, place.n === n ? place.field : '') || location.pathname); } catch { /* an old address, then */ }
}

/** @type {Record<string, (detail: any) => void>} */
const said = {
  step: () => story.step(), back: () => story.back(), first: () => story.first(), last: () => story.last(),
  play: () => story.play(), pause: () => story.pause(), toggle: () => story.toggle(),
  seek: d => story.seek(d.n), scrub: d => story.seekTime(d.ms), speed: d => story.setSpeed(d.speed),
  lang: d => { prefs.setLang(d.lang); }, theme: d => prefs.setTheme(d.theme), motion: d => prefs.setMotion(d.motion),
  layout: d => { refs = d.refs ?? {}; plan(); },
  field: d => { place = { n: story.state.n, field: d.field }; keepPlace(); },
  projector: () => {
    const { dataset } = document.documentElement;
    if (dataset.mode === 'projector') delete dataset.mode;
    else dataset.mode = 'projector';
    plan();
  },
};
for (const [what, act] of Object.entries(said)) document.addEventListener(`rw:${what}`, e => act(/** @type {CustomEvent} */ (e).detail ?? {}));

store.addEventListener('change', plan);
prefs.addEventListener('change', () => { story.setReduced(prefs.reduced); plan(); });
story.addEventListener('change', e => {
  const { n, phase, playing, moving } = /** @type {CustomEvent} */ (e).detail;
  store.seek(n, phase);
  if (!playing && !moving && phase === 'rest') keepPlace();
  plan();
});
addEventListener('hashchange', () => { place = addressed(); story.seek(place.n); plan(); });

async function begin() {
  const { id, events } = carried.trace;
  await prefs.load();
  story.setReduced(prefs.reduced);
  store.append(id, events);
  const log = store.show(id);
  if (log.full.state === 'finished') store.end(id);
  story.reset(log.full.balloons, log.ended, false);
  if (place.n > 0) story.seek(place.n);
  plan();
}

begin().catch(e => console.error(e));

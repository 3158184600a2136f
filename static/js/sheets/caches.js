// @ts-check
// The detail sheet of caches: every layer side by side, with their own clocks.

import '../../elements/name-form/name-form.js';
import '../../elements/net-strip/net-strip.js';
import '../../elements/lesson-clock/lesson-clock.js';
import '../../elements/layer-controls/layer-controls.js';
import '../../elements/cache-layers/cache-layers.js';
import '../../elements/play-bar/play-bar.js';
import '../../elements/step-scrubber/step-scrubber.js';
import '../../elements/page-tools/page-tools.js';
import { short } from '../line.js';
import { command, feed, on, plan, start, store } from '../session.js';

/** @typedef {import('../../elements/cache-layers/cache-layers.js').CacheLayers} CacheLayers */
/** @typedef {import('../../elements/layer-controls/layer-controls.js').LayerControls} LayerControls */

const layers = /** @type {CacheLayers | null} */ (document.querySelector('cache-layers')), controls = /** @type {LayerControls | null} */ (document.querySelector('layer-controls'));

/** The room's state that the zone's servers were last asked after. @type {any} */ let told = null;
let waiting = false;

/** Asks what the zone's servers hold, after every change in the room. */
async function look() {
  const q = store.log.full.question;
  if (waiting || !q || !store.room || store.room === told || feed.state !== 'open') return;
  waiting = true;
  told = store.room;
  try {
    const { result } = await feed.send('layers', { name: short(q.name), type: q.type });
    const holdings = Array.isArray(result?.holdings) ? result.holdings : [];
    layers?.hold(holdings);
    controls?.hold(holdings);
  } catch { /* nothing to look into: the columns of servers stay as they are */ }
  // Not more often than a person can see.
  setTimeout(() => { waiting = false; look(); }, 300);
}
store.addEventListener('change', look);

on('prepare', async d => {
  controls?.tell('caches.preparing');
  plan();
  const done = await command('prepare', d);
  controls?.tell(done ? 'caches.prepared.' + d.preset : 'caches.failed');
  layers?.showNow();
  plan();
});
on('change-record', async d => {
  if (await command('change', d)) {
    controls?.tell('caches.changed', { from: d.record.split(' ')[1], to: d.to });
    layers?.showNow();
  }
  plan();
});
on('resolver', async d => {
  if (await command('resolver', d)) controls?.tell('caches.using', { host: d.resolver });
  plan();
});
for (const what of ['skip', 'rate']) on(what, () => layers?.showNow());

start('name-form', 'net-strip', 'lesson-clock', 'layer-controls', 'cache-layers', 'play-bar', 'step-scrubber', 'page-tools');

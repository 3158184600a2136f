// @ts-check
// The look-ups inside one host, where no bytes travel: what was looked for and
// what was there. Pure.

import { short } from '../../js/line.js';

/** @typedef {{what: string, found: string, result: 'miss' | 'hit' | 'expired' | 'start'}} Look */

/**
 * @param {import('../../js/types.js').TraceEvent[]} events of one balloon
 * @param {import('../../js/words.js').Words} words
 * @returns {Look[]}
 */
export function looksOf(events, words) {
  /** @type {Look[]} */ const looks = [];
  for (const { kind, fact: f } of events) {
    switch (kind) {
      case 'hosts.searched':
        looks.push({ what: words.say('look.hosts', { name: short(f.name) }), found: f.found?.length ? f.found[0].data : words.say('look.miss'), result: f.found?.length ? 'hit' : 'miss' });
        break;
      case 'cache.missed':
        // What had just expired is missed as well: said once.
        if (looks[looks.length - 1]?.result !== 'expired' || looks[looks.length - 1].what !== `${short(f.name)} ${f.type}`) looks.push({ what: `${short(f.name)} ${f.type}`, found: words.say('look.miss'), result: 'miss' });
        break;
      case 'cache.hit':
        looks.push({ what: `${short(f.entry.name)} ${f.entry.type}`, found: words.say(f.use === 'denial' ? 'look.denial' : f.use === 'failure' ? 'look.failure' : 'look.hit', { left: f.leftSec }), result: 'hit' });
        break;
      case 'cache.expired':
        looks.push({ what: `${short(f.name)} ${f.type}`, found: words.say('look.expired'), result: 'expired' });
        break;
      case 'servers.listed':
        if (f.source !== 'referral') looks.push({ what: words.say('look.servers', { zone: short(f.zone) }), found: words.say('look.' + f.source, { count: f.servers?.length ?? 0 }), result: 'start' });
        break;
    }
  }
  return looks;
}

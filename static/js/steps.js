// @ts-check
// What a balloon is called in the list of steps, and why it happens: keys of
// the word files, from the most particular to the plainest. templates/ has the
// same order for the pages that the server draws.

import { short } from './line.js';

/** @typedef {import('./types.js').Balloon} Balloon */
/** @typedef {import('./types.js').View} View */
/** @typedef {import('./types.js').Plate} Plate */
/** @typedef {import('./words.js').Words} Words */
/** @typedef {{keys: string[], params: Record<string, string>}} Text */

/**
 * What sets this balloon apart from others of its kind, the most telling first.
 * @param {Balloon} b
 * @param {View} full
 * @returns {string[]}
 */
export const variants = (b, full) => full.balloons[0].kind === 'edited' ? ['edited', ...own(b, full)] : own(b, full);

/** @param {Balloon} b @param {View} full @returns {string[]} */
function own(b, full) {
  const end = b.line.key.slice(b.line.key.lastIndexOf('.') + 1);
  switch (b.kind) {
    case 'edited': return [end];
    case 'query': return [...(b.host === 'device' && full.dnssec?.asked ? ['dnssec.' + full.dnssec.asked] : []), ...(checks(b, full) ? b.tagText === 'DNSKEY?' ? rooted('dnssec.keys', b.line.params.name) : b.tagText === 'DS?' ? ['dnssec.ds'] : [] : []), ...(b.transport === 'tcp' || b.transport === 'https' ? [b.transport] : []), ...(end === 'again' ? ['again'] : []), ...(minimised(b, full) ? ['minimised'] : []), ...(restarted(b, full) ? ['restart'] : [])];
    case 'cache': return b.line.key.startsWith('cache.hit.') ? [...(b.line.params.cache === 'browser' ? ['browser'] : []), end, b.outcome] : [b.outcome];
    case 'referral': return [...(b.outcome === 'noglue' ? ['noglue'] : []), ...(levels(b.line.params.child) - levels(b.line.params.zone) > 1 ? ['far'] : [])];
    case 'answer': case 'nodata': case 'nxdomain': return [...(checks(b, full) && b.tagText.startsWith('DNSKEY ') ? ['dnssec.keys'] : []), ...(b.outcome === 'ad' ? ['dnssec.ad'] : []), ...(asks(b) && full.counts.resolver === 0 ? ['cached'] : [])];
    case 'check': return [...rooted(b.line.key, b.line.params.zone), b.outcome];
    case 'verdict': return [b.outcome];
    case 'lame': case 'rejected': case 'unreachable': case 'limit': case 'blocked': return [end];
    case 'errand': return [b.line.key];
    case 'failure': return [...(b.host === 'device' && full.dnssec?.verdict === 'bogus' ? ['dnssec.bogus'] : []), b.tagText.toLowerCase()];
  }
  return [];
}

/** @param {Balloon} b */
const asks = b => b.host === 'device' || b.host === 'outside';

/** Whether a balloon is about a question asked for the sake of a check. @param {Balloon} b @param {View} full */
const checks = (b, full) => full.dnssec !== null && full.dnssec.asked !== 'unchecked' && !asks(b);

/** A variant, before it the one for the root: that has a name in words only. @param {string} variant @param {string} zone */
const rooted = (variant, zone) => zone === '.' ? [variant + '.root', variant] : [variant];

/** Whether a query asks for another name than the learner did. @param {Balloon} b @param {View} full */
const restarted = (b, full) => full.question !== null && b.line.params.name !== undefined && b.line.params.name.toLowerCase() !== short(full.question.name).toLowerCase();

/**
 * Whether a query tells the server less than the whole name (RFC 9156): it
 * asks for a name above one that is sought.
 * @param {Balloon} b @param {View} full
 */
function minimised(b, full) {
  const name = b.line.params.name?.toLowerCase(), sought = full.names.map(n => short(n.name).toLowerCase());
  return name !== undefined && name !== '.' && !sought.includes(name) && sought.some(n => n.endsWith('.' + name));
}

/** Labels of a name without its final dot. @param {string} name */
const levels = name => !name || name === '.' ? 0 : name.replace(/\\\d{3}|\\./g, 'x').split('.').length;

/**
 * The keys for one text of a balloon.
 * @param {string} base "step.query.title"
 * @param {Balloon} b
 * @param {View} full
 */
function keys(base, b, full) {
  if (b.kind === 'verdict' && base.endsWith('.why')) return ['line.' + b.line.key, base]; // its reason says it all
  const who = b.host === 'device' ? (b.from + ' ' + b.to).includes('zone:') ? 'self' : 'stub' : b.host === 'outside' ? 'outside' : 'resolver', where = full.plates.find(p => p.id === (b.kind === 'query' || b.from === b.host ? b.to : b.from))?.role ?? '';
  const out = [];
  for (const v of variants(b, full)) out.push(`${base}.${who}.${v}`, `${base}.${v}`);
  out.push(`${base}.${who}.${where}`, `${base}.${who}`, `${base}.${where}`, base);
  return out;
}

/**
 * @param {Balloon} b
 * @param {View} full everything known so far
 * @param {Words} words for the labels of sender and receiver
 * @returns {{title: Text, why: Text}}
 */
export function stepWords(b, full, words) {
  const params = {
    from: plateLabel(full.plates.find(p => p.id === b.from), words), to: plateLabel(full.plates.find(p => p.id === b.to), words),
    stub: String(full.counts.stub), resolver: String(full.counts.resolver), ...b.line.params,
  };
  return { title: { keys: keys(`step.${b.kind}.title`, b, full), params }, why: { keys: keys(`step.${b.kind}.why`, b, full), params } };
}

/** @param {Balloon} b @param {View} full @param {Words} words */
export function stepTitle(b, full, words) {
  const { title } = stepWords(b, full, words);
  return words.first(title.keys, title.params);
}

/** @param {Balloon} b @param {View} full @param {Words} words */
export function stepWhy(b, full, words) {
  const { why } = stepWords(b, full, words);
  return words.first(why.keys, why.params);
}

/** What a plate is called in a sentence: "root server", "kr server". @param {Plate | undefined} p @param {Words} words */
export function plateLabel(p, words) {
  return p ? words.say('who.' + (p.host === 'outside' ? 'outside' : p.role), { host: p.host, zone: short(p.zone) }) : '';
}

/** What stands on a message's tag. @param {Balloon} b @param {Words} words */
export const tagOf = (b, words) => b.tagKey ? words.say(b.tagKey, { type: b.tagText, rcode: b.tagText }) : b.tagText;

/** With a capital letter, where the script has them. @param {string} s */
export const sentence = s => s.charAt(0).toUpperCase() + s.slice(1);

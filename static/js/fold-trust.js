// @ts-check
// The fold of facts about DNSSEC: checks are balloons inside the host that makes
// them, and so is the verdict. The same is in templates/fold_trust.go.

import { canonical } from './line.js';

/** @typedef {import('./types.js').View} View */
/** @typedef {import('./types.js').Trusted} Trusted */
/** @typedef {import('./types.js').TraceEvent} TraceEvent */

/** Verdicts, from the best to the worst: that on the whole is the worst of its parts (RFC 4035 §4.3). */
const VERDICTS = ['', 'secure', 'insecure', 'indeterminate', 'bogus'];
/** What is signed only to lead on to what it says. */
const LEADS = new Set(['DNSKEY', 'DS', 'NSEC', 'NSEC3']);

/** @param {View} v @returns {Trusted} */
const known = v => v.dnssec ?? { asked: '', verdict: '', balloon: 0, names: [] };

/** How far the chain of trust goes at a name. @param {View} v @param {string} name @param {string} state */
function judged(v, name, state) {
  const d = known(v), at = canonical(name), i = d.names.findIndex(n => canonical(n.name) === at);
  v.dnssec = { ...d, names: i < 0 ? [...d.names, { name, state }] : d.names.with(i, { ...d.names[i], state }) };
}

/** @param {any} f signature.checked @param {View} v */
function signature(f, v) {
  if (f.result === 'unsupported') return 'ends';
  if (f.result !== 'valid') return 'broken';
  return LEADS.has(f.type) || (f.type === 'SOA' && v.question && v.question.type !== 'SOA') ? '' : 'holds';
}

/** @param {any} f denial.checked */
function denial(f) {
  if (!['proved', 'optOut', 'iterations'].includes(f.result)) return 'broken';
  if (f.claim === 'unsigned') return ''; // whether a zone begins there is judged next
  return f.result === 'proved' ? 'holds' : 'ends';
}

/**
 * The rules of reduce.js for these facts, made with its own means.
 * @param {{local: Function, current: Function, head: Function, DONE: any}} fold
 * @returns {any}
 */
export function trustRules({ local, current, head, DONE }) {
  /**
   * A run of checks in one host is one balloon, headed by the last one that
   * decides something; state is "" for one that only leads on.
   * @param {View} v @param {any} f @param {TraceEvent} e @param {string} zone @param {string} [outcome]
   */
  const check = (v, f, e, zone, outcome = '') => {
    const b = current(v);
    if (b?.kind !== 'check' || b.host !== f.host) return { ...local(v, f, 'check'), zone, outcome };
    if (!outcome) return null;
    head(v, e, 0, { zone, outcome });
    return DONE;
  };
  /** @type {Record<string, (v: View, f: any, e: TraceEvent) => any>} */
  const rules = {
    'validation.asked'(v, f) { v.dnssec = { ...known(v), asked: f.cd ? 'unchecked' : 'checked' }; },
    'anchor.chosen': (v, f, e) => check(v, f, e, f.zone, f.use === 'trust' ? '' : 'ends'),
    'digest.compared': (v, f, e) => check(v, f, e, f.zone, /** @type {Record<string, string>} */ ({ different: 'broken', noKey: 'broken', unsupported: 'ends' })[f.result]),
    'key.matched': (v, f, e) => check(v, f, e, f.zone),
    'keys.trusted'(v, f, e) {
      judged(v, f.zone, 'secure');
      return check(v, f, e, f.zone, 'holds');
    },
    'signature.checked': (v, f, e) => check(v, f, e, f.signer, signature(f, v)),
    'signature.missing': (v, f, e) => check(v, f, e, f.zone, 'broken'),
    'denial.checked': (v, f, e) => check(v, f, e, f.zone, denial(f)),
    'denial.synthesised': (v, f, e) => check(v, f, e, f.zone),
    'delegation.judged'(v, f, e) {
      const state = /** @type {Record<string, string>} */ ({ signed: 'holds', unsigned: 'ends', bogus: 'broken' })[f.result];
      if (state === 'ends') judged(v, f.child, 'insecure');
      if (state === 'broken') judged(v, f.child, 'bogus');
      return check(v, f, e, f.zone, state);
    },
    'chain.judged'(v, f) {
      const balloon = v.balloons.length + 1, d = known(v);
      if (VERDICTS.indexOf(f.verdict) >= VERDICTS.indexOf(d.verdict)) v.dnssec = { ...d, verdict: f.verdict, balloon };
      judged(v, f.name, f.verdict);
      if (f.verdict !== 'secure' && f.at && canonical(f.at) !== canonical(f.name)) judged(v, f.at, f.verdict);
      return { ...local(v, f, 'verdict'), zone: f.at, outcome: f.verdict };
    },
  };
  return rules;
}

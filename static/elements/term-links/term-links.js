// @ts-check
// Links the terms of the glossary where texts of the page use them. Loaded when
// the page is idle; the same texts come linked from the server.

import { make } from '../../js/dom.js';
import { formsOf, withTerms } from './terms.js';

/** Texts that may hold links: nothing of it is inside a control. */
const WHERE = 'step-list .why, .caption > span, byte-inspector .anatomy dd, byte-inspector .looks > p, .caches-head .lead, .forecast .reasons li, ' +
  'trace-transcript .items > li:not([hidden]) :is(.line, .details span)';
/** What is read as one text: there a term is linked once. */
const WHOLE = 'trace-transcript, .forecast';

/** @type {{prefs: import('../../js/prefs.js').Prefs, story: EventTarget}} */ let session;
/** Of each text what it was when it was read, and the terms in it. @type {WeakMap<Element, {key: string, linked: boolean, slugs: string[]}>} */ const done = new WeakMap();
let waiting = false;
/** @type {import('../../js/words.js').Words | null} */ let last = null;
/** @type {import('./terms.js').Form[]} */ let forms = [];

/** @param {typeof session} s */
export function wire(s) {
  session = s;
  s.story.addEventListener('change', soon);
  s.prefs.addEventListener('change', soon);
  soon();
}

function soon() {
  if (waiting) return;
  waiting = true;
  (window.requestIdleCallback ?? setTimeout)(() => { waiting = false; link(); });
}

function link() {
  const { words } = session.prefs;
  if (words !== last) { // another language, or the family of terms has come
    last = words;
    forms = formsOf(words.family('terms.'));
  }
  /** @type {Map<Element, Set<string>>} */ const told = new Map();
  for (const node of document.querySelectorAll(WHERE)) {
    const text = node.textContent ?? '', key = `${words.lang} ${forms.length} ${text}`, whole = node.closest(WHOLE);
    /** @type {Set<string>} */ const seen = whole && told.get(whole) || new Set();
    if (whole) told.set(whole, seen);
    const before = done.get(node);
    if (before?.key === key && before.linked === (node.firstElementChild !== null)) {
      for (const slug of before.slugs) seen.add(slug);
      continue;
    }
    const pieces = withTerms(forms, text, seen), slugs = pieces.flatMap(p => p.slug || []);
    done.set(node, { key, linked: slugs.length > 0 || node.firstElementChild !== null, slugs });
    if (!slugs.length) continue;
    node.replaceChildren(...pieces.map(p => {
      if (!p.slug) return p.text;
      const a = make('a', 'term', p.text);
      a.href = '/glossary/' + p.slug;
      return a;
    }));
  }
}

import test from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { Words } from '../js/words.js';

const read = path => JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8'));

test('blanks are filled as the server fills them', () => {
  for (const c of read('../../lookup/testdata/words.json')) {
    assert.equal(new Words(c.lang, { ...c.texts, k: c.text }).say('k', c.params), c.want, `${c.lang} ${c.text}`);
  }
});

test('missing words show their key, missing values their blank', () => {
  const w = new Words('en', { a: 'x {y}' });
  assert.equal(w.say('step.unknown'), 'step.unknown');
  assert.equal(w.say('constructor'), 'constructor');
  assert.equal(w.say('a', {}), 'x {y}');
  assert.equal(w.say('a', Object.create({ y: 'inherited' })), 'x {y}');
  assert.equal(w.first(['b', 'a', 'c'], { y: 1 }), 'x 1');
  assert.equal(w.first(['b', 'c']), 'c');
});

test('both languages have the same keys and the same blanks', () => {
  const en = read('../i18n/en.json'), ko = read('../i18n/ko.json');
  assert.deepEqual(Object.keys(en).sort(), Object.keys(ko).sort());
  // A Korean sentence may leave out the subject that English must name; it may not need what English is not given.
  const blanks = s => [...s.matchAll(/\{([a-zA-Z]+)[:}]/g)].map(m => m[1]);
  const extra = Object.keys(en).filter(k => blanks(ko[k]).some(b => !blanks(en[k]).includes(b)));
  assert.deepEqual(extra, []);
});

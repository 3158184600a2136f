// The browser chooses the same words for every step of every golden trace as
// the server does (templates/steps_test.go writes steps.json).
import test from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { fold } from '../js/reduce.js';
import { stepWords, tagOf } from '../js/steps.js';
import { Words } from '../js/words.js';

const read = path => JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8'));
const words = new Words('ko', read('../i18n/ko.json'));
const chosen = keys => keys.find(k => words.has(k)) ?? keys[keys.length - 1];

for (const [name, steps] of Object.entries(read('steps.json'))) {
  test(`${name} has the server's words`, () => {
    const view = fold(read(`traces/${name}.json`).events);
    const mine = view.balloons.map(b => {
      const { title, why } = stepWords(b, view, words);
      return { title: chosen(title.keys), why: chosen(why.keys), tag: tagOf(b, words), params: title.params };
    });
    assert.deepEqual(mine, steps);
  });
}

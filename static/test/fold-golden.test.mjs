// The browser's reducer folds every golden trace to the view that the Go fold
// made of it (templates/fold_test.go writes the views).
import test from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { fold } from '../js/reduce.js';

const here = new URL('.', import.meta.url);
const read = path => JSON.parse(readFileSync(new URL(path, here), 'utf8'));
const names = readdirSync(new URL('traces', here)).filter(n => n.endsWith('.json'));

test('there are golden traces', () => assert.ok(names.length > 1));

for (const name of names) {
  test(`${name} folds to its view`, () => {
    assert.deepEqual(JSON.parse(JSON.stringify(fold(read(`traces/${name}`).events))), read(`views/${name}`));
  });
}

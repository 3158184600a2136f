// The browser links the terms of the glossary as the server does
// (templates/glossary_test.go writes terms.json).
import test from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { formsOf, withTerms } from '../elements/term-links/terms.js';

const read = path => JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8'));

for (const [lang, texts] of Object.entries(read('terms.json'))) {
  test(`terms are linked as on the server: ${lang}`, () => {
    const forms = formsOf(Object.fromEntries(Object.entries(read(`../i18n/${lang}.json`)).filter(([k]) => k.startsWith('terms.'))));
    assert.ok(texts.length > 30);
    for (const { text, pieces } of texts) assert.deepEqual(withTerms(forms, text), pieces, text);
  });
}

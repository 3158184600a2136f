// The browser says every fact as the server does: test/lines.json is written
// by lookup/line_golden_test.go.
import test from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { KINDS } from '../js/event-types.js';
import { addrOf, byteLength, canonical, last, lineOf, LINE_KINDS, short } from '../js/line.js';

const read = path => JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8'));

test('every golden line', () => {
  const cases = read('lines.json');
  assert.ok(cases.length > 100);
  for (const c of cases) assert.deepEqual(lineOf(c), { key: c.key, params: c.params }, c.kind + ' ' + c.key);
});

test('every kind of the registry has a line', () => {
  assert.deepEqual([...LINE_KINDS].sort(), [...KINDS].sort());
});

test('every golden line has words in both languages', () => {
  for (const lang of ['en', 'ko']) {
    const texts = read(`../i18n/${lang}.json`);
    const missing = new Set(read('lines.json').filter(c => !c.key.endsWith('.')).map(c => 'line.' + c.key).filter(k => !(k in texts)));
    assert.deepEqual([...missing], []);
  }
});

test('an unknown kind says its name', () => assert.deepEqual(lineOf({ kind: 'socket.opened', fact: {} }), { key: 'socket.opened', params: {} }));

test('addresses, names and sizes', () => {
  assert.equal(addrOf('192.0.2.1:53'), '192.0.2.1');
  assert.equal(addrOf('[2001:db8::1]:53'), '2001:db8::1');
  assert.equal(short('.'), '.');
  assert.equal(short('kr.'), 'kr');
  assert.equal(canonical('ÀB.KR.'), 'Àb.kr.'); // only ASCII letters fold
  for (const n of [0, 1, 2, 3, 4, 46, 512]) assert.equal(byteLength(Buffer.alloc(n).toString('base64')), n);
  assert.deepEqual(last([]), []);
});

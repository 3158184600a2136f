// What is believed of what a framed page says: its shape, within bounds.
import test from 'node:test';
import assert from 'node:assert/strict';
import { Ear, heard } from '../elements/page-frame/heard.js';

const entry = { type: 'resource', name: 'http://a.example/s.css', at: 1, for: 2, first: 2, last: 3, by: 'link', blocking: 'blocking', size: 10 };

test('messages of another shape are no messages', () => {
  for (const m of [null, 1, 'x', [], {}, { rootwalk: 1 }, { rootwalk: 2, say: 'entries', entries: [] }, { rootwalk: 1, say: 'eval' }, { rootwalk: 1, say: 'changed', id: '1' }, { rootwalk: 1, say: ['entries'] }]) {
    assert.equal(heard(m), null, JSON.stringify(m));
  }
});

test('entries are cut to what can be drawn', () => {
  const m = heard({ rootwalk: 1, say: 'entries', entries: [entry, { ...entry, type: 'script' }, { ...entry, at: -1 }, 7, null, { ...entry, at: NaN, for: Infinity, name: { toString: () => 'x' }, last: '3', size: -5, first: 1e300 }] });
  assert.ok(m?.say === 'entries');
  assert.equal(m.entries.length, 2);
  assert.deepEqual(m.entries[0], { type: 'resource', name: 'http://a.example/s.css', at: 1, for: 2, times: { first: 2, last: 3 }, by: 'link', blocking: true, value: 0, size: 10 });
  assert.deepEqual(m.entries[1], { type: 'resource', name: '', at: 0, for: 0, times: {}, by: 'link', blocking: true, value: 0, size: 0 });
  const many = heard({ rootwalk: 1, say: 'entries', entries: Array(5000).fill({ ...entry, name: 'n'.repeat(5000) }) });
  assert.ok(many?.say === 'entries');
  assert.deepEqual([many.entries.length, many.entries[0].name.length], [200, 300]);
  assert.deepEqual(heard({ rootwalk: 1, say: 'entries', entries: { length: 3 } }), { say: 'entries', entries: [] });
});

test('boxes and changes too', () => {
  const m = heard({ rootwalk: 1, say: 'boxes', boxes: [['0.1', 1, 2, 3, 4], ['', 0, 0, 5, 5], ['0..1', 1, 2, 3, 4], ['0', 1, 2, 3], ['a', 1, 2, 3, 4], ['1', NaN, 1e9, -3, 4]], width: 800, height: -1 });
  assert.ok(m?.say === 'boxes');
  assert.deepEqual(m.boxes, [{ path: '0.1', x: 1, y: 2, width: 3, height: 4 }, { path: '', x: 0, y: 0, width: 5, height: 5 }, { path: '1', x: 0, y: 0, width: 0, height: 4 }]);
  assert.deepEqual([m.width, m.height], [800, 0]);
  assert.deepEqual(heard({ rootwalk: 1, say: 'changed', id: 1, rounds: 20, style: .1, layout: -1, frame: 16, box: [1, 2, 3, 4] }), { say: 'changed', id: 1, missing: false, rounds: 20, style: .1, layout: 0, frame: 16, box: { path: '', x: 1, y: 2, width: 3, height: 4 } });
});

test('who never stops talking is not listened to', () => {
  const ear = new Ear();
  let now = 0, n = 0;
  for (; n < 10000; n++) if (!ear.hears(now)) break;
  assert.equal(n, 40);
  now += 1000;
  for (n = 0; ear.hears(now); n++);
  assert.equal(n, 4);
  now += 3600e3;
  for (n = 0; ear.hears(now); n++);
  assert.equal(n, 40, 'no credit beyond the first');
});

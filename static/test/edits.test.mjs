// Changes to the bytes of a message, and what a field is called in an address.
import test from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { bytesFrom, changed, flip, hexLines, PRESETS } from '../elements/byte-sheet/edits.js';
import { fieldAt, fieldKey } from '../elements/byte-inspector/message.js';

const hex = bytes => Buffer.from(bytes).toString('hex');
const query = Uint8Array.from(Buffer.from('91c401000001000000000001' + '0377777702636f00' + '00010001' + '0000290 4d0000000000000'.replace(' ', ''), 'hex'));

test('digits become bytes, and bytes digits, twelve a line', () => {
  assert.equal(hex(bytesFrom(' 0a\nFF 00') ?? []), '0aff00');
  for (const bad of ['0', 'zz', '0x1', '00 0']) assert.equal(bytesFrom(bad), null);
  assert.equal(hex(bytesFrom('') ?? [1]), '');
  assert.equal(hexLines(query).split('\n')[0], '91 c4 01 00 00 01 00 00 00 00 00 01');
  assert.deepEqual(bytesFrom(hexLines(query)), query);
});

test('a bit turned over twice is as it was', () => {
  for (let bit = 0; bit < 16; bit++) {
    const once = flip(query, bit);
    assert.deepEqual(changed(query, once), [bit > 7 ? 2 : 3]);
    assert.deepEqual(flip(once, bit), query);
  }
  assert.deepEqual(flip(new Uint8Array(2), 9), new Uint8Array(2), 'no flags, nothing to turn over');
});

test('each preset changes what it says, and nothing of the original', () => {
  const was = hex(query), at = name => changed(query, PRESETS[name](query));
  assert.deepEqual(at('id'), [1]);
  assert.equal(PRESETS.rd(query)[2], 0);
  assert.equal(PRESETS.opcode(query)[2] >> 3 & 15, 2);
  assert.deepEqual(at('class'), [12 + 8 + 3]);
  assert.equal(PRESETS.class(query)[23], 3);
  assert.equal(PRESETS.count(query)[5], 2);
  assert.equal(PRESETS.length(query)[12], 4);
  assert.equal(hex(PRESETS.pointer(query).slice(12, 14)), 'c00c');
  assert.equal(PRESETS.cut(query).length, 11);
  for (const [name, make] of Object.entries(PRESETS)) {
    assert.doesNotThrow(() => { for (let n = 0; n <= query.length; n++) make(query.slice(0, n)); }, name);
    assert.equal(hex(query), was);
  }
});

test('every field of a message has a name of its own, which leads to it', () => {
  const trace = JSON.parse(readFileSync(new URL('traces/lab-walk.json', import.meta.url), 'utf8'));
  let fields = 0;
  for (const e of trace.events) {
    const spans = e.fact.spans ?? [];
    spans.forEach((_, i) => {
      const key = fieldKey(spans, i);
      assert.match(key, /^[\w.]{1,60}$/);
      assert.equal(fieldAt(spans, key), i, key);
      fields++;
    });
  }
  assert.ok(fields > 100);
  assert.equal(fieldAt([], 'ttl'), -1);
});

test('a field is called the same in the browser as by the server', () => {
  const golden = JSON.parse(readFileSync(new URL('field-keys.json', import.meta.url), 'utf8'));
  let fields = 0;
  for (const [name, events] of Object.entries(golden)) {
    const trace = JSON.parse(readFileSync(new URL(`traces/${name}.json`, import.meta.url), 'utf8'));
    assert.equal(trace.events.length, events.length, name);
    trace.events.forEach((e, k) => {
      const spans = e.fact.spans ?? [];
      assert.deepEqual(spans.map((_, i) => fieldKey(spans, i)), events[k], `${name}, event ${k}`);
      fields += spans.length;
    });
  }
  assert.ok(fields > 200);
});

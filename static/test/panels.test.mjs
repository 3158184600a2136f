// The pure halves of the panels: rows of caches, bytes of messages.
import test from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { cachesAt, cachesNow, lessonAt } from '../elements/cache-table/rows.js';
import { bytesOf, flagKeys, lampsOf, leadersOf, spansOf, tellingField } from '../elements/byte-inspector/message.js';
import { looksOf } from '../elements/byte-inspector/looks.js';
import { fold } from '../js/reduce.js';
import { Words } from '../js/words.js';

const here = new URL('.', import.meta.url);
const read = path => JSON.parse(readFileSync(new URL(path, here), 'utf8'));
const { events } = read('traces/walk.json'), full = fold(events);
const words = new Words('en', read('../i18n/en.json')), ko = read('../i18n/ko.json');
const messages = readdirSync(new URL('traces', here)).filter(n => n.endsWith('.json')).flatMap(n => read(`traces/${n}`).events.filter(e => e.fact.message).map(e => ({ n, e, bytes: bytesOf(e.fact.message) })));

test('rows at the end of the walk, newest first', () => {
  const now = lessonAt(full), r1 = cachesAt(full, now).find(c => c.cache === 'R1').rows;
  assert.deepEqual(r1.slice(0, 2).map(r => [r.name, r.type, r.data, Math.ceil(r.left)]), [['www.example.co.kr', 'A', '203.0.113.10', 300], ['ns2.example.co.kr', 'A', '203.0.113.54', 86400]]);
  assert.equal(r1.at(-1).data, 'd.dns.kr +2');
});

test('before, at and after expiry', () => {
  const stored = Date.parse('2026-11-21T12:00:00.0269Z');
  const at = sec => cachesAt(full, stored + sec * 1000).find(c => c.cache === 'R1').rows[0];
  assert.deepEqual([at(299).state, at(299).left > 0.9, at(300).state, at(300).left, at(301).state], ['held', true, 'expired', 0, 'expired']);
});

test('the room now: what it dropped in time is expired, what was flushed is gone, what is newer stays', () => {
  const r1 = full.caches.find(c => c.cache === 'R1'), entries = r1.rows.map(r => ({ ...r }));
  const snapshot = (at, list) => [{ cache: 'R1', at, entries: list, dropped: 0 }], later = Date.parse('2026-11-21T12:10:00Z');
  const rows = list => cachesNow(full, snapshot('2026-11-21T12:10:00Z', list), later).find(c => c.cache === 'R1').rows;
  assert.deepEqual(rows(entries.slice(1)).map(r => r.state), ['expired', ...Array(7).fill('held')]);
  assert.deepEqual(rows(entries.slice(2)).map(r => r.name).slice(0, 2), ['www.example.co.kr', 'ns1.example.co.kr']); // ns2 was flushed
  assert.deepEqual(rows([]).map(r => r.state), ['expired']);
  const early = cachesNow(full, snapshot('2026-11-21T11:59:59Z', []), lessonAt(full)).find(c => c.cache === 'R1').rows;
  assert.equal(early.length, 8);
  const other = { ...entries[0], name: 'other.example.', storedAt: '2026-11-21T12:09:00Z' };
  assert.equal(rows([other, ...entries.slice(1)])[0].name, 'other.example');
});

test('spans of every message cover every byte once, in order', () => {
  assert.ok(messages.length > 100);
  for (const { n, e, bytes } of messages) {
    let at = 0;
    for (const s of spansOf(e.fact, bytes.length)) { assert.equal(s.at, at, `${n} ${e.seq}`); at += s.len; }
    assert.equal(at, bytes.length, `${n} ${e.seq}`);
  }
});

test('spans that do not fit are left out', () => {
  const bad = [{ at: 0, len: 2 }, { at: 1, len: 2 }, { at: -1, len: 2 }, { at: 2, len: 99 }, { at: 2, len: 0 }, { at: 'x', len: 1 }, { at: 2, len: 2 }];
  assert.deepEqual(spansOf({ spans: bad }, 4).map(s => s.at), [0, 2]);
  assert.deepEqual(spansOf({ spans: null }, 4), []);
  assert.equal(bytesOf('not base64 %').length, 0);
});

test('leaders end at the name that a pointer stands for', () => {
  let found = 0;
  for (const { e, bytes } of messages) {
    for (const s of spansOf(e.fact, bytes.length)) {
      for (const l of leadersOf(bytes, s)) {
        found++;
        assert.ok(l.to < l.from);
        assert.equal(bytes[l.from] & 0xc0, 0xc0);
        assert.equal((bytes[l.from] & 0x3f) << 8 | bytes[l.from + 1], l.to);
        assert.equal(l.marked[0], l.to);
      }
    }
  }
  assert.ok(found > 100);
});

test('pointers that go in circles or nowhere end', () => {
  const loop = Uint8Array.from([0xc0, 2, 0xc0, 0]);
  assert.deepEqual(leadersOf(loop, { points: [{ at: 2, to: 0 }] }).length, 1);
  assert.deepEqual(leadersOf(loop, { points: [{ at: 0, to: 2 }, { at: 0, to: -1 }] }), []);
  assert.deepEqual(leadersOf(Uint8Array.from([63, 1, 0xc0, 0]), { points: [{ at: 2, to: 0 }] }), []);
});

test('flags say what they say', () => {
  const head = (a, b) => Uint8Array.from([0, 0, a, b]);
  assert.deepEqual(flagKeys(head(0x01, 0x00)), ['flag.QR.0', 'flag.RD.1']);
  assert.deepEqual(flagKeys(head(0x84, 0x00)), ['flag.QR.1', 'flag.AA.1', 'flag.RD.0', 'flag.RA.0']);
  assert.deepEqual(flagKeys(head(0x83, 0x80)), ['flag.QR.1', 'flag.AA.0', 'flag.TC.1', 'flag.RD.1', 'flag.RA.1']);
  assert.deepEqual(lampsOf(new Uint8Array(0)).filter(l => l.on), []);
  for (let v = 0; v < 65536; v += 257) for (const k of flagKeys(head(v >> 8, v & 255))) assert.ok(words.has(k), k);
});

test('every message has a field that the step is about, and every field words in both languages', () => {
  const texts = new Set();
  for (const { e, bytes } of messages) {
    const spans = spansOf(e.fact, bytes.length);
    for (const kind of ['query', 'answer', 'failure']) assert.ok(tellingField(spans, kind, true, 'A') >= 0);
    for (const s of spans) texts.add(`field.${s.name}`);
  }
  for (const k of texts) assert.ok(words.has(k) && k in ko, k);
  const referral = events.find(e => e.kind === 'referral.received'), spans = spansOf(referral.fact, 999);
  assert.deepEqual([spans[tellingField(spans, 'referral', false, 'A')].section, spans[tellingField(spans, 'referral', false, 'A')].text], ['authority', 'd.dns.kr.']);
});

test('look-ups inside one host', () => {
  assert.deepEqual(looksOf(events.slice(8, 10), words).map(l => [l.what, l.found, l.result]), [['www.example.co.kr A', 'nothing', 'miss'], ['servers of .', 'root hints: 2', 'start']]);
});

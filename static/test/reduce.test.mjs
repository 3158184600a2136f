// What the fold promises besides its result (test/fold-golden.test.mjs).
import test from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { KINDS } from '../js/event-types.js';
import { emptyView, fold, FOLDED_KINDS, reduce } from '../js/reduce.js';
import { roleOfZone } from '../js/fold-plates.js';
import { Log, Store } from '../js/store.js';
import { stepTitle, stepWhy } from '../js/steps.js';
import { Words } from '../js/words.js';

const here = new URL('.', import.meta.url);
const read = path => JSON.parse(readFileSync(new URL(path, here), 'utf8'));
const traces = readdirSync(new URL('traces', here)).filter(n => n.endsWith('.json')).map(name => ({ name, events: read(`traces/${name}`).events }));

/** @param {any} o makes any change to it throw */
function deepFreeze(o) {
  if (o && typeof o === 'object' && !Object.isFrozen(o)) { Object.freeze(o); Object.values(o).forEach(deepFreeze); }
  return o;
}

for (const { name, events } of traces) {
  test(`${name}: reduce changes nothing that it is given`, () => {
    let view = emptyView();
    for (const e of deepFreeze(structuredClone(events))) {
      const before = JSON.stringify(view), next = reduce(deepFreeze(view), e);
      assert.equal(JSON.stringify(view), before);
      view = next;
    }
  });

  test(`${name}: seeking to every balloon equals playing to it`, () => {
    const played = new Store(), sought = new Store();
    played.show('t');
    sought.show('t');
    sought.append('t', events);
    const { balloons } = sought.full;
    assert.ok(balloons.length > 0);
    // Playing: events come one by one, and the cursor goes along.
    let n = 0;
    for (const [i, e] of events.entries()) {
      played.append('t', [e]);
      const last = balloons.findLast(b => b.seqs[0] <= i)?.n ?? 0;
      if (balloons[last - 1]?.seqs[1] === i) {
        for (; n < last; n++) { played.seek(n + 1, 'travel'); played.seek(n + 1); }
        sought.seek(last);
        assert.deepEqual(played.view, sought.view, `balloon ${last}`);
        assert.deepEqual(sought.view, fold(events, i), `balloon ${last} is the fold of its events`);
      }
    }
    // Any order of seeking shows the same.
    for (const k of [balloons.length, 0, 1, balloons.length - 1, Math.floor(balloons.length / 2)]) {
      sought.seek(k);
      assert.deepEqual(sought.view, fold(events, k === 0 ? balloons[0].seqs[0] - 1 : balloons[k - 1].seqs[1]));
      assert.equal(sought.view, sought.log.viewAt(k));
    }
  });

  test(`${name}: every event is in exactly one balloon, or before the first`, () => {
    const seen = [];
    for (const b of fold(events).balloons) {
      assert.deepEqual([b.seq, ...b.detail].sort((x, y) => x - y), Array.from({ length: b.seqs[1] - b.seqs[0] + 1 }, (_, i) => b.seqs[0] + i));
      seen.push(...b.detail, b.seq);
    }
    const first = Math.min(...seen);
    assert.deepEqual(seen.sort((x, y) => x - y), Array.from({ length: events.length - first }, (_, i) => first + i));
  });

  test(`${name}: every balloon lies between plates that are there, and has words`, () => {
    const full = fold(events), ids = new Set(full.plates.map(p => p.id));
    for (const lang of ['en', 'ko']) {
      const words = new Words(lang, read(`../i18n/${lang}.json`));
      for (const b of full.balloons) {
        assert.ok(ids.has(b.from) && ids.has(b.to), `${b.n} ${b.kind} ${b.from} → ${b.to}`);
        for (const text of [stepTitle(b, full, words), stepWhy(b, full, words), words.line(b.line)]) {
          assert.doesNotMatch(text, /^(step|line)\.|[{}]|undefined/, `${lang} ${b.n} ${b.kind}`);
        }
      }
    }
  });
}

test('every kind of the registry is folded or joins a balloon on purpose', () => {
  const joins = ['resolution.started', 'resolution.finished', 'resolution.joined', 'prefetch.started', 'root.primed', 'question.minimised', 'edns.dropped', 'cache.kept', 'record.discarded', 'address.missing',
    'search.missed', 'target.found'];
  assert.deepEqual([...FOLDED_KINDS(), ...joins].sort(), [...KINDS].sort());
});

test('some trace has every kind', () => {
  const kinds = new Set(traces.flatMap(t => t.events.map(e => e.kind)));
  assert.deepEqual(KINDS.filter(k => !kinds.has(k)), []);
});

test('a fact of an unknown kind joins the current balloon', () => {
  const view = fold(traces[0].events), seq = traces[0].events.length;
  const next = reduce(view, { seq, atUs: 1, step: 1, parent: 0, kind: '__proto__', fact: {} });
  assert.equal(next.balloons.at(-1).seqs[1], seq);
});

test('a log takes events once and in order', () => {
  const { events } = traces[0], log = new Log('t');
  assert.deepEqual(log.append(events.slice(0, 5)), { added: 5, gap: false });
  assert.deepEqual(log.append(events.slice(2, 7)), { added: 2, gap: false });
  assert.deepEqual(log.append(events.slice(9)), { added: 0, gap: true });
  assert.equal(log.seq, 6);
  assert.deepEqual(log.append(events.slice(7)), { added: events.length - 7, gap: false });
  assert.deepEqual(log.full, fold(events));
});

test('an unreadable fact does not stop the log', () => {
  const log = new Log('t');
  log.append([{ seq: 0, atUs: 0, step: 1, parent: 0, kind: 'query.sent', fact: {} }, { ...traces[0].events[1] }]);
  assert.equal(log.unreadable, 1);
  assert.equal(log.seq, 1);
});

test('a long trace folds in time that grows with its length', () => {
  const { events } = traces.find(t => t.name === 'walk.json'), many = [];
  for (let i = 0; i < 4000; i++) many.push({ ...events[i % events.length], seq: i });
  const view = fold(many);
  assert.ok(view.balloons.length > 1000);
  assert.equal(view.balloons.at(-1).seqs[1], 3999);
});

test('roles follow from the zone', () => {
  assert.deepEqual(['.', '', 'kr.', 'co.kr.', 'a\\.b.'].map(roleOfZone), ['root', 'root', 'tld', 'auth', 'tld']);
});

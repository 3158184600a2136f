// The browser finds in every golden trace what the server does: how each layer
// was found, where each copy was heard, when the last one is over
// (templates/layers_test.go writes layers.json).
import test from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { fold } from '../js/reduce.js';
import { cachesAt, lessonAt } from '../elements/cache-table/rows.js';
import { columnsOf, forecastOf } from '../elements/cache-layers/forecast.js';
import { looksOf } from '../elements/cache-layers/looks.js';
import { originOf } from '../elements/provenance/origin.js';

const read = path => JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8'));

/** Two servers: the primary has another address, the secondary does not know it yet. */
function moved(q) {
  const held = (name, primary, serial, data) => ({
    server: { name, addr: '', role: 'auth' }, zone: 'zone.', serial, primary, kind: 'positive', records: [{ name: q.name, type: q.type, class: q.class, ttlSec: 300, data }], ttlSec: 300, negativeSec: 60,
  });
  return [held('ns1.zone.', true, 2, '203.0.113.99'), held('ns2.zone.', false, 1, '203.0.113.10')];
}

for (const [name, want] of Object.entries(read('layers.json'))) {
  test(`${name}: layers as the server finds them`, () => {
    const { events } = read(`traces/${name}.json`), view = fold(events), n = Math.trunc(view.balloons.length / 2);
    assert.deepEqual(looksOf(view, events), want.end);
    const half = n > 0 ? fold(events.slice(0, view.balloons[n - 1].seqs[1] + 1)) : null;
    assert.deepEqual(half ? looksOf(half, events) : [], want.half);
    const now = lessonAt(view), caches = cachesAt(view, now);
    assert.deepEqual(view.caches.flatMap((c, i) => c.rows.map((r, k) => ({ cache: c.cache, key: caches[i].rows[k].key, origin: originOf(events, c.cache, r) }))), want.origins);
    const holdings = moved(view.question), columns = columnsOf(view, caches, looksOf(view, events), holdings), f = forecastOf(view, columns, holdings, now);
    assert.deepEqual(columns.map(c => ({ layer: c.layer, copies: c.copies.map(r => r.key), others: c.others.length })), want.columns);
    assert.deepEqual([f.old, f.pending.length, f.copies.map(c => `${c.layer} ${c.row.key}`)], [want.old, want.pending, want.outlived]);
    assert.ok(Math.abs(Math.ceil(f.left) - Number(want.leftSec)) <= 1, `${f.left} s left, ${want.leftSec} on the server`); // real time is cut to milliseconds here
  });
}

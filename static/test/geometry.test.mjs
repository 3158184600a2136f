// The drawing of every recorded trace, and of traces made to be awkward, has
// nothing on top of anything else, on a desk, on a tablet and on a phone.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fold } from '../js/reduce.js';
import { gridRefs, layOut } from '../js/geometry.js';
import { RADIUS } from '../js/lanes.js';
import { nameTiles } from '../js/name-tiles.js';
import { fitText, labelsOf, suffixesOf, textWidth } from '../js/text-fit.js';
import { fewNodes, zoneOrder } from '../js/zone-tree.js';
import { measured, timeScale } from '../js/time-scale.js';

const SIZES = [{ width: 764, height: 394 }, { width: 724, height: 460 }, { width: 1059, height: 560 }, { width: 520, height: 400 }, { width: 390, height: 0 }, { width: 320, height: 0 }];
const recorded = new URL('traces/', import.meta.url);

/** Traces by name: [events, what this one is about]. */
const traces = new Map(readdirSync(recorded).filter(f => f.endsWith('.json')).map(f => [f, JSON.parse(readFileSync(new URL(f, recorded), 'utf8')).events]));

/* ------------------------------------------------ traces made to be awkward */

const server = (name, role, addr = '203.0.113.1:53') => ({ name, addr, role });

/** A trace built fact by fact: only what the fold reads. */
class Made {
  constructor(name) {
    this.name = name;
    this.events = [];
    this.at = 0;
    this.add('lookup.started', { question: { name, type: 'A', class: 'IN' }, host: 'device', network: 'lab', lesson: null });
  }

  add(kind, fact, step = 1) {
    this.at += 1000;
    return this.events.push({ seq: this.events.length, atUs: this.at, step, parent: 0, kind, fact }) - 1;
  }

  ask(by, host, to, zone) {
    return this.add('query.sent', { by, host, server: to, zone, question: { name: this.name, type: 'A', class: 'IN' }, transport: 'udp', try: 1, message: 'AAAA' });
  }

  stub(to = 'R1.') { return this.ask('stub', 'device', server(to, 'resolver', '192.0.2.53:53'), ''); }

  reply(kind, query, to, zone, more = {}) {
    const { by, host } = this.events[query].fact;
    return this.add(kind, { by, host, query, server: to, zone, question: { name: this.name, type: 'A', class: 'IN' }, transport: 'udp', rttUs: 900, rcode: 'NOERROR', message: 'AAAA', records: [], servers: [], ...more });
  }

  hints() { this.add('servers.listed', { host: 'R1', name: this.name, zone: '.', source: 'hints', servers: [{ name: 'a.root-servers.net.', addrs: ['198.41.0.4'], glue: 'hint' }] }); }

  /** From zone to zone down to the answer. */
  walk(zones) {
    zones.forEach((zone, i) => {
      const s = server(`ns1.${zone === '.' ? 'root.' : zone}`, i === 0 ? 'root' : i === 1 ? 'tld' : 'auth'), q = this.ask('resolver', 'R1', s, zone);
      if (i < zones.length - 1) this.reply('referral.received', q, s, zone, { child: zones[i + 1], servers: [{ name: `ns1.${zones[i + 1]}`, addrs: ['203.0.113.9'], glue: 'in-domain' }] });
      else this.reply('answer.received', q, s, zone);
    });
  }
}

/** @param {string} name @param {(t: Made) => void} fill */
function made(name, fill) {
  const t = new Made(name);
  fill(t);
  return t.events;
}

const long = 'a'.repeat(63);
traces.set('eight zones, side walks', made('www.sidewalk.org.', t => {
  t.stub();
  t.hints();
  t.walk(['.', 'org.', 'sidewalk.org.']);
  for (const side of [['.', 'net.', 'dnshost.net.'], ['.', 'com.', 'other.com.'], ['.', 'test.']]) {
    t.add('address.wanted', { host: 'R1', zone: 'sidewalk.org.', server: `ns.${side.at(-1)}`, type: 'A' });
    t.walk(side);
  }
}));
traces.set('twelve labels', made('l.k.j.i.h.g.f.e.d.c.example.test.', t => { t.stub(); t.hints(); t.walk(['.', 'test.', 'example.test.']); }));
traces.set('labels of 63', made(`${long}.${long}.${long}.test.`, t => { t.stub(); t.hints(); t.walk(['.', 'test.', `${long}.test.`]); }));
traces.set('127 labels', made('a.'.repeat(127), t => { t.stub(); t.hints(); t.walk(['.', 'a.', 'a.a.']); }));
traces.set('no reply, seven times', made('www.example.test.', t => {
  t.stub();
  t.hints();
  t.walk(['.', 'test.']);
  for (let i = 0; i < 7; i++) {
    const s = server(`ns${i}.example.test.`, 'auth', `203.0.113.${i + 1}:53`), q = t.ask('resolver', 'R1', s, 'example.test.');
    t.add('query.timedOut', { by: 'resolver', host: 'R1', query: q, server: s, try: 1, waitedUs: 800_000 });
  }
}));
traces.set('both resolvers silent', made('www.example.test.', t => {
  for (const name of ['R1.', 'R2.', 'R1.']) {
    const q = t.stub(name);
    t.add('query.timedOut', { by: 'stub', host: 'device', query: q, server: server(name, 'resolver', '192.0.2.53:53'), try: 1, waitedUs: 2_000_000 });
  }
}));
traces.set('forty balloons', made('www.example.test.', t => {
  t.stub();
  t.hints();
  for (let i = 0; i < 6; i++) t.walk(['.', 'test.', 'example.test.']);
}));
traces.set('fourteen zones', made('www.example.test.', t => { t.stub(); t.hints(); t.walk(['.', ...'bcdefghijklmn'].map((l, i, all) => i ? all.slice(1, i + 1).reverse().join('.') + '.' : '.')); }));
traces.set('nothing yet', []);
traces.set('just asked', made('www.example.test.', () => {}));

/* -------------------------------------------------------------------- tests */

const apart = (a, b) => a.x + a.w <= b.x || b.x + b.w <= a.x || a.y + a.h <= b.y || b.y + b.h <= a.y;
const box = (p, label) => ({ ...p, label });
/** Slots are shared by older lanes: only one balloon of a slot is ever drawn. */
const bySlot = lanes => [...new Map(lanes.map(l => [l.slot, l])).values()];

for (const [name, events] of traces) {
  const view = fold(events);
  for (const size of SIZES) {
    test(`${name} at ${size.width}`, () => {
      const L = layOut(view, size);
      assert.deepEqual(layOut(view, size), L, 'the same view gives the same places');
      assert.ok(L.height >= size.height && L.height < 1600, `height ${L.height}`);

      const inside = L.frame ?? { x: 4, y: 4, w: L.width - 8, h: L.height - 8 };
      for (const p of L.plates) {
        assert.ok(p.x >= inside.x && p.y >= inside.y && p.x + p.w <= inside.x + inside.w && p.y + p.h <= inside.y + inside.h, `${p.id} lies inside`);
        assert.ok(p.h >= 26 && p.w >= 66, `${p.id} has room for its words: ${p.w} × ${p.h}`);
      }
      const texts = L.names.map(n => ({ x: n.x, y: n.top, w: n.right - n.x, h: n.bottom - n.top }));
      const boxes = L.plates.map(p => box(p, p.id));
      for (const [i, a] of boxes.entries()) {
        for (const b of boxes.slice(i + 1)) assert.ok(apart(a, b), `${a.label} is on ${b.label}`);
        for (const t of texts) assert.ok(apart(a, t), `${a.label} is on the name`);
      }

      for (const n of L.names) {
        assert.ok(n.right <= (L.tall ? L.width : L.plates.find(p => p.zone)?.x ?? L.width), 'the name ends before the servers');
        assert.ok(n.size >= 14, `the name has type of ${n.size}`);
        const rows = [...new Set(n.tiles.map(t => t.y))].map(y => n.tiles.filter(t => t.y === y));
        for (const row of rows) row.slice(1).forEach((t, i) => assert.ok(t.x >= row[i].x + row[i].w - .01, `${t.label} is on ${row[i].label}`));
      }

      const marks = bySlot(L.lanes);
      for (const [i, a] of marks.entries()) {
        for (const b of marks.slice(i + 1)) {
          const d = Math.hypot(a.balloon[0] - b.balloon[0], a.balloon[1] - b.balloon[1]);
          assert.ok(d >= 2 * RADIUS - (size.width < 360 ? 4 : 2), `balloon ${a.n} is on ${b.n}: ${d.toFixed(1)}`);
        }
        if (a.shape !== 'local') for (const p of L.plates) assert.ok(apart({ x: a.balloon[0] - 9, y: a.balloon[1] - 9, w: 18, h: 18 }, p), `balloon ${a.n} is on ${p.id}`);
        assert.ok(a.balloon[0] > 10 && a.balloon[0] < L.width - 10 && a.balloon[1] > 10 && a.balloon[1] < L.height, `balloon ${a.n} lies inside`);
      }
      assert.equal(L.lanes.length, view.balloons.length, 'every balloon has its place');
      const said = L.lanes.filter(l => l.words).map(l => ({ x: l.words.anchor === 'end' ? l.words.x - 96 : l.words.x, y: l.words.y - 11, w: 96, h: 14 }));
      for (const s of new Set(said.map(s => JSON.stringify(s)))) for (const b of [...boxes, ...texts]) assert.ok(apart(JSON.parse(s), b), 'words about a lost query are free');

      for (const [i, n] of L.nodes.entries()) {
        assert.ok(n.y > inside.y && n.y < inside.y + inside.h, `${n.name} lies inside`);
        for (const o of L.nodes.slice(i + 1)) assert.ok(Math.abs(n.y - o.y) >= 14, `${n.name} is on ${o.name}`);
      }
    });
  }
}

test('a message leaves its sender and arrives at its receiver', () => {
  const view = fold(traces.get('walk.json'));
  for (const size of SIZES) {
    const L = layOut(view, size), at = id => L.plates.find(p => p.id === id);
    for (const lane of L.lanes.filter(l => l.shape === 'lane')) {
      const b = view.balloons[lane.n - 1];
      for (const [point, id] of [[lane.a, b.from], [lane.b, b.to]]) {
        const p = at(id), dx = Math.max(p.x - point[0], 0, point[0] - p.x - p.w), dy = Math.max(p.y - point[1], 0, point[1] - p.y - p.h);
        assert.ok(Math.hypot(dx, dy) < 1, `${lane.n} touches ${id}`);
      }
    }
  }
});

test('lanes to a plate do not cross those to the next one', () => {
  const L = layOut(fold(traces.get('eight zones, side walks')), SIZES[0]), out = L.lanes.filter(l => l.kind === 'query' && l.a[0] < l.b[0] - 40);
  for (const a of out) for (const b of out) if (a.b[1] < b.b[1] - 40) assert.ok(a.a[1] < b.a[1], `${a.n} crosses ${b.n}`);
});

test('grid references name the square of the far plate', () => {
  const view = fold(traces.get('walk.json')), refs = gridRefs(view, layOut(view, SIZES[0]));
  assert.equal(refs[5], 'A5');
  assert.equal(refs[9], 'D5');
  assert.equal(Object.keys(refs).length, view.balloons.length);
  assert.match(Object.values(refs).join(), /^([A-D][1-6],?)+$/);
  assert.equal(gridRefs(view, layOut(view, { width: 390, height: 0 }))[5], '', 'no grid on a phone');
});

test('zones stand below their parents, branches together', () => {
  const order = zoneOrder(fold(traces.get('eight zones, side walks'))).map(p => p.zone);
  assert.deepEqual(order, ['.', 'org.', 'sidewalk.org.', 'net.', 'dnshost.net.', 'com.', 'other.com.', 'test.']);
});

test('a name is numbered from the root', () => {
  const t = nameTiles('www.example.co.kr.', 0, 0, 600);
  assert.deepEqual(t.tiles.map(x => [x.label, x.n, x.suffix]), [['www', 5, 'www.example.co.kr.'], ['example', 4, 'example.co.kr.'], ['co', 3, 'co.kr.'], ['kr', 2, 'kr.'], ['.', 1, '.']]);
  assert.equal(t.size, 26);
  assert.equal(nameTiles('www.example.co.kr.', 0, 0, 200).size, 17, 'a narrow place: smaller type on two lines');
  assert.deepEqual(nameTiles('.', 0, 0, 200).tiles.map(x => x.n), [1]);
});

test('text is cut in its middle, never wider than its room', () => {
  assert.equal(fitText('short', 200, 12, 'mono'), 'short');
  for (const s of ['ns1.example.co.kr 203.0.113.53', '권한 서버가 답합니다', long]) for (const room of [20, 60, 90]) assert.ok(textWidth(fitText(s, room, 12, 'mono'), 12, 'mono') <= room, s);
  assert.match(fitText(long, 80, 12, 'mono'), /^a+…a+$/);
});

test('an escaped dot does not end a label', () => {
  assert.deepEqual(labelsOf('a\\.b.example.'), ['a\\.b', 'example']);
  assert.deepEqual(suffixesOf('a.b.'), ['.', 'b.', 'a.b.']);
});

test('too many nodes: the last is kept and the rest counted', () => {
  const nodes = [...'abcdef'].map((label, i) => ({ name: label, label, plate: '', apex: i === 0, parent: '', sought: false }));
  assert.deepEqual(fewNodes(nodes, 3).map(n => [n.label, n.gap ?? 0]), [['a', 0], ['b', 0], ['f', 3]]);
  assert.equal(fewNodes(nodes, 6), nodes);
});

test('time runs forward, and breaks where one wait hides the rest', () => {
  const walk = fold(traces.get('walk.json')), { rows, spans } = measured(walk);
  assert.deepEqual(rows.map(r => r.id), ['device', 'zone:.', 'zone:kr.', 'zone:example.co.kr.']);
  assert.deepEqual(spans.map(s => s.to - s.from), [8800, 3600, 12800, 28150]);
  const plain = timeScale(spans, walk.elapsedUs, 8);
  assert.deepEqual(plain.breaks, []);
  assert.ok(Math.abs(plain.at(14100) - .5) < .001, 'to scale');
  const slow = [{ from: 0, to: 1000 }, { from: 1200, to: 2400 }, { from: 2500, to: 3400 }, { from: 3500, to: 803_500 }, { from: 803_600, to: 804_500 }].map((s, n) => ({ ...s, n, query: n, row: 'x', role: 'auth', lost: false }));
  const broken = timeScale(slow, 804_500, 8);
  assert.deepEqual(broken.breaks, [{ from: 3500, to: 803_500 }]);
  assert.ok(broken.at(1000) > .1, 'the short ones can be seen');
  let before = -1;
  for (let t = 0; t <= 804_500; t += 500) { assert.ok(broken.at(t) >= before); before = broken.at(t); }
  assert.equal(broken.at(804_500), 1);
});

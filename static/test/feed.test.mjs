import test from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { CONNECT_WAIT, Feed } from '../js/feed.js';
import { fold } from '../js/reduce.js';
import { Store } from '../js/store.js';

const { events } = JSON.parse(readFileSync(new URL('traces/walk.json', import.meta.url), 'utf8'));
const settled = () => new Promise(resolve => setImmediate(resolve));

/** A server with one trace, which cuts every connection after some events. */
class FakeServer {
  constructor() { this.sockets = []; this.asked = []; this.cutAfter = Infinity; this.refuse = 0; this.silent = false; }
  connect = url => {
    const socket = { url, sent: [], close: () => { socket.closed = true; }, send: text => { if (!socket.closed) this.take(socket, JSON.parse(text)); } };
    this.sockets.push(socket);
    if (this.silent) return socket;
    if (this.refuse-- > 0) queueMicrotask(() => socket.onclose?.({}));
    else queueMicrotask(() => socket.onopen?.({}));
    return socket;
  };
  say(socket, frame) { if (!socket.closed) socket.onmessage?.({ data: typeof frame === 'string' ? frame : JSON.stringify(frame) }); }
  take(socket, command) {
    this.asked.push(command);
    if (command.do === 'follow') {
      if (command.trace !== 't') return this.say(socket, { id: command.id, error: { code: 'trace.unknown' } });
      this.say(socket, { id: command.id, trace: 't' });
      this.stream(socket, command.after + 1);
    } else if (command.do === 'lookup') {
      this.say(socket, { id: command.id, trace: 't' });
      this.stream(socket, 0);
    } else this.say(socket, { id: command.id, ok: true });
  }
  stream(socket, from) {
    for (let i = from; i < events.length; i++) {
      if (i === this.cutAfter) { this.cutAfter = Infinity; socket.closed = true; socket.onclose?.({}); return; }
      this.say(socket, { trace: 't', events: [events[i]] });
    }
    this.say(socket, { trace: 't', end: true, seq: events.length - 1 });
  }
}

/** Feed and store joined as main.js joins them, on fake time. */
function page(server, random = () => 0.5) {
  const store = new Store(), waits = [];
  let timers = [];
  const feed = new Feed('ws://x/live', t => store.has(t) ? store.open(t).seq : -1, {
    connect: server.connect, now: () => 0, random,
    set: (fn, ms) => { const t = { fn, ms }; timers.push(t); if (ms < 40_000 && ms !== CONNECT_WAIT) waits.push(ms); return t; }, clear: t => { timers = timers.filter(x => x !== t); },
  });
  const got = [];
  feed.addEventListener('events', e => {
    got.push(...e.detail.events.map(x => x.seq));
    if (store.append(e.detail.trace, e.detail.events).gap) feed.refollow(e.detail.trace).catch(() => {});
  });
  feed.addEventListener('end', e => { store.end(e.detail.trace); feed.unfollow(e.detail.trace); });
  const fire = async () => { for (const t of timers.filter(x => x.ms < 40_000)) { timers = timers.filter(x => x !== t); t.fn(); } await settled(); };
  return { store, feed, got, waits, fire };
}

test('a connection that is taken and never made is given up, and tried again', async () => {
  const server = new FakeServer(), { feed, fire } = page(server);
  server.silent = true;
  feed.open();
  await settled();
  assert.equal(feed.state, 'connecting');
  await fire();
  assert.equal(feed.state, 'reconnecting');
  assert.ok(server.sockets[0].closed, 'nothing is left of it');
  server.silent = false;
  await fire();
  assert.equal(feed.state, 'open');
  assert.equal(server.sockets.length, 2);
  await fire();
  assert.equal(feed.state, 'open', 'no timer is left that would end it');
});

for (let cut = 0; cut <= events.length; cut++) {
  test(`a connection cut before event ${cut} is resumed without a gap or a repeat`, async () => {
    const server = new FakeServer(), { store, feed, got, fire } = page(server);
    server.cutAfter = cut;
    feed.open();
    await settled();
    feed.follow('t').catch(() => {});
    await settled();
    if (cut < events.length) {
      assert.equal(feed.state, 'reconnecting');
      await fire();
      assert.equal(server.asked.at(-1).do === 'follow' ? server.asked.at(-1).after : server.asked.at(-2).after, cut - 1);
    }
    assert.deepEqual(got, events.map(e => e.seq));
    assert.deepEqual(store.open('t').full, fold(events));
    assert.equal(store.open('t').ended, true);
    feed.close();
  });
}

test('a lookup is followed by itself, also after a cut', async () => {
  const server = new FakeServer(), { store, feed, fire } = page(server);
  feed.open();
  await settled();
  server.cutAfter = 9;
  const trace = await feed.lookup({ name: 'www.example.co.kr', type: 'A', network: 'lab' });
  assert.equal(trace, 't');
  await settled();
  await fire();
  assert.equal(store.open('t').seq, events.length - 1);
  assert.deepEqual(server.asked[0], { id: 'c1', do: 'lookup', name: 'www.example.co.kr', type: 'A', network: 'lab' });
  feed.close();
});

test('waits double, are partly chance, and the server counts as out of reach in the end', async () => {
  const server = new FakeServer(), { feed, waits, fire } = page(server, () => 1);
  server.refuse = 9;
  feed.open();
  await settled();
  const states = [feed.state];
  for (let i = 0; i < 8; i++) { await fire(); states.push(feed.state); }
  assert.deepEqual(waits, [500, 1000, 2000, 4000, 8000, 16000, 30000, 30000, 30000]);
  assert.deepEqual(states, ['reconnecting', 'reconnecting', 'reconnecting', 'reconnecting', 'reconnecting', 'offline', 'offline', 'offline', 'offline']);
  await fire();
  assert.equal(feed.state, 'open');
  assert.equal(feed.attempt, 0);
  const low = page(Object.assign(new FakeServer(), { refuse: 1 }), () => 0);
  low.feed.open();
  await settled();
  assert.deepEqual(low.waits, [250]);
  feed.close();
  low.feed.close();
});

test('"Now" does not wait', async () => {
  const server = Object.assign(new FakeServer(), { refuse: 1 }), { feed } = page(server);
  feed.open();
  await settled();
  feed.reconnect();
  await settled();
  assert.equal(feed.state, 'open');
  feed.reconnect(); // and does nothing to a connection that stands
  assert.equal(server.sockets.length, 2);
  feed.close();
});

test('what makes no sense is ignored', async () => {
  const server = new FakeServer(), { feed, got } = page(server);
  feed.open();
  await settled();
  const [socket] = server.sockets;
  for (const frame of ['', '{', 'null', '[]', '7', '{}', '{"trace":7,"events":[]}', '{"trace":"t","events":{}}', '{"trace":"t","events":[{"seq":"0"}]}', '{"trace":"t","events":[null]}',
    '{"trace":"t","events":[{"seq":-1,"atUs":0,"step":1,"parent":0,"kind":"x","fact":{}}]}', '{"trace":"t","held":{}}', '{"room":{"clock":{"lesson":"yesterday","rate":1},"caches":[]}}', '{"room":null}']) {
    server.say(socket, frame);
  }
  assert.equal(feed.malformed, 14);
  server.say(socket, { id: 'c99', ok: true, added: 'later' }); // unknown id, unknown member
  server.say(socket, { trace: 't', events: [events[0]], extra: 1 });
  assert.deepEqual(got, [0]);
  assert.equal(feed.malformed, 14);
  feed.close();
});

test('errors reject their command; a cut rejects all', async () => {
  const server = new FakeServer(), { feed } = page(server);
  await assert.rejects(feed.send('skip', { seconds: 10 }), { code: 'connection.lost' });
  feed.open();
  await settled();
  await assert.rejects(feed.follow('gone'), { code: 'trace.unknown' });
  assert.deepEqual(await feed.send('skip', { seconds: 10 }), { id: 'c2', ok: true });
  server.take = () => {}; // no replies any more
  const waiting = feed.send('flush', { cache: 'R1' });
  server.sockets[0].onclose({});
  await assert.rejects(waiting, { code: 'connection.lost' });
  feed.close();
});

test('a trace that nobody knows any more is not asked for again', async () => {
  const server = new FakeServer(), { feed, fire } = page(server);
  feed.open();
  await settled();
  await assert.rejects(feed.follow('gone'));
  server.sockets[0].onclose({});
  await fire();
  assert.equal(server.asked.filter(c => c.trace === 'gone').length, 1);
  feed.close();
});

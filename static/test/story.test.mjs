import test from 'node:test';
import assert from 'node:assert/strict';
import { schedule, Story } from '../js/story.js';

/** Time that moves when told, with at most one timer running. */
function fakeTime() {
  let now = 0, timer = null, most = 0;
  return {
    timers: {
      now: () => now,
      set: (fn, ms) => { assert.equal(timer, null, 'one timer at a time'); timer = { fn, at: now + ms }; most++; return timer; },
      clear: t => { if (t === timer) timer = null; },
    },
    pass(ms) {
      const end = now + ms;
      while (timer && timer.at <= end) { const t = timer; now = t.at; timer = null; t.fn(); }
      now = end;
    },
    get waiting() { return timer !== null; },
    get timersSet() { return most; },
  };
}

const trace = [
  { kind: 'cache', atUs: 20 }, { kind: 'query', atUs: 50 }, { kind: 'answer', atUs: 28_000 }, { kind: 'query', atUs: 20_028_000 }, { kind: 'answer', atUs: 20_030_000 },
];
function story(balloons = trace, ended = true) {
  const time = fakeTime(), s = new Story(time.timers), log = [];
  s.reset(balloons, ended);
  s.addEventListener('change', e => log.push(`${e.detail.cause} ${e.detail.n} ${e.detail.phase}`));
  return { s, time, log };
}

test('the schedule: travel 1100, look 900, rest 500, a pause before a gap', () => {
  assert.deepEqual(schedule(trace).map(x => [x.pause, x.travel, x.rest, x.end]), [
    [0, 0, 0, 0], [0, 0, 900, 1400], [1400, 1400, 2500, 3000], [3000, 3000, 4100, 4600], [4600, 5500, 6600, 7100], [7100, 7100, 8200, 8700],
  ]);
  assert.deepEqual(schedule(trace, true).at(-1), { pause: 12000, travel: 12000, rest: 12000, end: 15000 });
});

test('nothing moves until a step is asked for, and then only one', () => {
  const { s, time, log } = story();
  time.pass(60_000);
  assert.deepEqual([s.state.n, s.state.moving, time.waiting], [0, false, false]);
  s.step();
  assert.deepEqual([s.state.n, s.state.phase, s.state.moving, s.state.playing], [1, 'travel', true, false]);
  time.pass(450);
  assert.deepEqual([s.state.at, s.state.elapsed, s.state.duration], [450, 450, 900]);
  time.pass(60_000);
  assert.deepEqual([s.state.n, s.state.phase, s.state.moving], [1, 'rest', false]);
  assert.deepEqual(log, ['step 1 travel', 'land 1 rest']);
});

test('a second step during travel lands the first and sends the next', () => {
  const { s, time } = story();
  s.step();
  time.pass(100);
  s.step();
  assert.deepEqual([s.state.n, s.state.phase], [2, 'travel']);
  time.pass(1100);
  assert.deepEqual([s.state.n, s.state.phase, s.state.moving], [2, 'rest', false]);
});

test('play goes through everything and stops at the end', () => {
  const { s, time, log } = story();
  s.play();
  time.pass(8699);
  assert.equal(s.state.playing, true);
  time.pass(2);
  assert.deepEqual([s.state.n, s.state.playing, s.state.moving, time.waiting], [5, false, false, false]);
  assert.deepEqual(log.filter(l => l.startsWith('land')), [1, 2, 3, 4, 5].map(n => `land ${n} rest`));
  s.play(); // from the beginning again
  assert.deepEqual([s.state.n, s.state.playing], [1, true]);
  s.close();
});

test('play equals stepping: the same balloons land in the same order', () => {
  const a = story(), b = story();
  a.s.play();
  a.time.pass(100_000);
  for (let i = 0; i < 7; i++) { b.s.step(); b.time.pass(10_000); }
  const landed = log => log.filter(l => l.startsWith('land'));
  assert.deepEqual(landed(a.log), landed(b.log));
});

test('pause holds any instant; play goes on from there', () => {
  const { s, time } = story();
  s.play();
  time.pass(2000);
  s.pause();
  time.pass(50_000);
  assert.deepEqual([s.state.at, s.state.n, s.state.phase, time.waiting], [2000, 2, 'travel', false]);
  s.play();
  time.pass(500);
  assert.deepEqual([s.state.at, s.state.phase], [2500, 'rest']);
  s.pause();
  s.step(); // rest is over for a step: the next one leaves at once
  assert.deepEqual([s.state.n, s.state.phase], [3, 'travel']);
  s.pause();
  s.step(); // at a pause in mid-travel, landing is the step
  assert.deepEqual([s.state.n, s.state.phase, s.state.moving], [3, 'rest', false]);
});

test('the gap is announced by a pause', () => {
  const { s, time } = story();
  s.seek(3);
  s.step();
  assert.deepEqual([s.state.n, s.state.phase, s.state.duration], [4, 'pause', 900]);
  time.pass(900);
  assert.deepEqual([s.state.phase, s.state.at], ['travel', 5500]);
});

test('speed changes what is under way, without a jump', () => {
  const { s, time } = story();
  s.play();
  time.pass(450);
  s.setSpeed(2);
  assert.equal(s.state.at, 450);
  time.pass(225);
  assert.deepEqual([s.state.at, s.state.phase], [900, 'rest']);
  s.setSpeed(0.5);
  time.pass(1000);
  assert.equal(s.state.n, 2);
  s.setSpeed(17);
  assert.equal(s.state.speed, 0.5);
  s.close();
});

test('scrubbing finds any instant and its balloon', () => {
  const { s } = story();
  for (const [ms, n, phase] of [[0, 1, 'travel'], [899, 1, 'travel'], [900, 1, 'rest'], [1400, 2, 'travel'], [4700, 4, 'pause'], [5500, 4, 'travel'], [8700, 5, 'rest'], [1e9, 5, 'rest'], [-5, 1, 'travel']]) {
    s.seekTime(ms);
    assert.deepEqual([s.state.n, s.state.phase], [n, phase], `${ms} ms`);
    assert.equal(s.state.moving, false);
  }
});

test('seek, back, first and last are bounded', () => {
  const { s } = story();
  s.last();
  assert.equal(s.state.n, 5);
  s.step();
  assert.equal(s.state.n, 5);
  s.back();
  assert.equal(s.state.n, 4);
  for (const n of [-3, NaN, 99, 2.7]) { s.seek(n); assert.ok(s.state.n >= 0 && s.state.n <= 5); }
  s.first();
  s.back();
  assert.deepEqual([s.state.n, s.state.at], [0, 0]);
});

test('live arrivals are queued; a playing story waits for them and goes on', () => {
  const { s, time } = story(trace.slice(0, 1), false);
  s.play();
  time.pass(10_000);
  assert.deepEqual([s.state.n, s.state.playing, s.state.waiting, time.waiting], [1, true, true, false]);
  s.extend(trace.slice(0, 3), false);
  assert.deepEqual([s.state.n, s.state.moving, s.state.waiting], [2, true, false]);
  time.pass(10_000);
  assert.equal(s.state.waiting, true);
  s.extend(trace, true);
  time.pass(100_000);
  assert.deepEqual([s.state.n, s.state.playing], [5, false]);
});

test('arrivals move nothing for somebody who steps', () => {
  const { s, time } = story([], false);
  for (let k = 1; k <= 5; k++) { s.extend(trace.slice(0, k), k === 5); time.pass(1000); }
  assert.deepEqual([s.state.n, s.state.count, s.state.moving], [0, 5, false]);
});

test('a trace that ends while the story waits ends the playing', () => {
  const { s, time } = story(trace.slice(0, 2), false);
  s.play();
  time.pass(10_000);
  s.extend(trace.slice(0, 2), true);
  assert.deepEqual([s.state.playing, s.state.waiting], [false, false]);
});

test('reduced motion: a step lands at once, play rests three seconds', () => {
  const { s, time } = story();
  s.setReduced(true);
  s.step();
  assert.deepEqual([s.state.n, s.state.phase, s.state.moving], [1, 'rest', false]);
  s.play();
  time.pass(2999);
  assert.equal(s.state.n, 1);
  time.pass(1);
  assert.equal(s.state.n, 2);
  time.pass(12_000);
  assert.deepEqual([s.state.n, s.state.playing], [5, false]);
});

test('switching motion during a travel lands it', () => {
  const { s, time } = story();
  s.play();
  time.pass(100);
  s.setReduced(true);
  assert.deepEqual([s.state.n, s.state.phase], [1, 'rest']);
  time.pass(3000);
  assert.equal(s.state.n, 2);
  s.close();
  assert.equal(time.waiting, false);
});

test('one timer a boundary, none in between', () => {
  const { s, time } = story();
  const before = time.timersSet;
  s.play();
  time.pass(100_000);
  assert.equal(time.timersSet - before, 5 * 2 + 1); // travel and rest each, and one pause
});

test('a late timer does not skip balloons', () => {
  let now = 0, timer;
  const s = new Story({ now: () => now, set: fn => (timer = fn), clear: () => { timer = null; } }), landed = [];
  s.reset(trace, true);
  s.addEventListener('change', e => { if (e.detail.cause === 'land') landed.push(e.detail.n); });
  s.play();
  for (let i = 0; i < 30 && timer; i++) { now += 60_000; const t = timer; timer = null; t(); }
  assert.deepEqual(landed, [1, 2, 3, 4, 5]);
});

test('fewer balloons than were played are no mistake', () => {
  const { s } = story();
  s.last();
  s.extend(trace.slice(0, 2), true);
  assert.deepEqual([s.state.n, s.state.count], [2, 2]);
  s.extend([], false);
  assert.deepEqual([s.state.n, s.state.phase], [0, 'rest']);
});

test('after a lookup the story leads up to a balloon, then waits for steps', () => {
  const { s, time } = story([], false);
  s.playUntil(b => b.kind === 'query');
  assert.deepEqual([s.state.playing, s.state.leading, s.state.waiting], [true, true, true]);
  s.extend(trace.slice(0, 1), false);
  time.pass(5000);
  s.extend(trace, true);
  time.pass(100_000);
  assert.deepEqual([s.state.n, s.state.phase, s.state.playing, s.state.leading, time.waiting], [2, 'rest', false, false, false]);
  s.step();
  time.pass(100_000);
  assert.equal(s.state.n, 3);
});

test('leading ends at the end where there is no such balloon', () => {
  const { s, time } = story([], false);
  s.playUntil(b => b.kind === 'query');
  s.extend(trace.slice(0, 1), true);
  time.pass(100_000);
  assert.deepEqual([s.state.n, s.state.playing, s.state.leading], [1, false, false]);
});

test('whatever a person does ends the leading', () => {
  for (const act of [s => s.step(), s => s.pause(), s => s.seek(1), s => s.seekTime(10), s => s.first()]) {
    const { s, time } = story();
    s.playUntil(() => false);
    time.pass(200);
    act(s);
    assert.equal(s.state.leading, false);
    s.play();
    time.pass(100_000);
    assert.equal(s.state.n, 5); // Play goes to the end again
  }
  const { s, time } = story();
  s.playUntil(b => b.kind === 'answer');
  s.setSpeed(2); // speed and motion are no steps
  s.setReduced(true);
  time.pass(100_000);
  assert.deepEqual([s.state.n, s.state.playing], [3, false]);
});

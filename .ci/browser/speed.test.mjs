// @ts-check
// What the page weighs, and whether playing it stays smooth. Sizes are hard
// limits; smoothness is asked of the median, since machines are shared.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { gzipSync } from 'node:zlib';
import { openPage, startBoth } from './harness.mjs';

const { program, browser } = await startBoth();

test('the page is at most 100 KiB, its scripts 60, its styles 12 (gzip), all of it ours', async () => {
  const { page, context } = await openPage(browser);
  /** @type {Record<string, number>} */ const kib = { script: 0, stylesheet: 0, all: 0 };
  /** @type {Promise<void>[]} */ const reads = [];
  page.on('response', (r) => {
    assert.ok(r.url().startsWith(program.url), `${r.url()} is somebody else's`);
    reads.push(r.body().then((b) => {
      const n = gzipSync(b, { level: 9 }).length / 1024, kind = r.request().resourceType();
      kib.all += n;
      if (kind in kib) kib[kind] += n;
    }, () => {}));
  });
  await page.goto(program.url + '/', { waitUntil: 'load' });
  await page.waitForTimeout(500);
  await Promise.all(reads);
  console.log('KiB gzip:', Object.fromEntries(Object.entries(kib).map(([k, v]) => [k, v.toFixed(1)])));
  assert.ok(kib.script <= 60, `scripts: ${kib.script.toFixed(1)} KiB`);
  assert.ok(kib.stylesheet <= 12, `styles: ${kib.stylesheet.toFixed(1)} KiB`);
  assert.ok(kib.all <= 100, `all: ${kib.all.toFixed(1)} KiB`);
  await context.close();
});

test('Play: no long task, frames at the display\'s rate; nothing shifts while loading', async () => {
  const { page, context } = await openPage(browser);
  await page.addInitScript(() => {
    const w = /** @type {any} */ (window);
    w.long = []; w.shift = 0;
    new PerformanceObserver((l) => { for (const e of l.getEntries()) w.long.push([e.startTime, e.duration]); }).observe({ type: 'longtask', buffered: true });
    new PerformanceObserver((l) => { for (const e of l.getEntries()) if (!(/** @type {any} */ (e).hadRecentInput)) w.shift += /** @type {any} */ (e).value; }).observe({ type: 'layout-shift', buffered: true });
  });
  await page.goto(program.url + '/');
  await page.waitForTimeout(800);
  const shift = await page.evaluate(() => /** @type {any} */ (window).shift);
  assert.ok(shift <= 0.02, `layout shift ${shift.toFixed(3)}`);
  await page.getByRole('button', { name: 'Play', exact: true }).click();
  const result = await page.evaluate(() => new Promise((done) => {
    /** @type {number[]} */ const gaps = [];
    const from = performance.now();
    let last = from;
    const frame = (/** @type {number} */ now) => {
      gaps.push(now - last); last = now;
      if (now - from < 6000) requestAnimationFrame(frame);
      else done({ gaps: gaps.slice(2).sort((a, b) => a - b), long: /** @type {any} */ (window).long.filter((/** @type {number[]} */ l) => l[0] > from) });
    };
    requestAnimationFrame(frame);
  }));
  const { gaps, long } = /** @type {{gaps: number[], long: number[][]}} */ (result);
  const median = gaps[gaps.length >> 1];
  console.log(`Play: median frame ${median.toFixed(1)} ms of ${gaps.length}, layout shift ${shift.toFixed(4)}, long tasks ${JSON.stringify(long)}`);
  assert.ok(median < 20, `median frame ${median} ms`);
  assert.ok(long.length <= 1, `long tasks ${JSON.stringify(long)}`); // one may be the machine's
  await context.close();
});

// @ts-check
// The bars that a page of its kind is judged by: Lighthouse, how much of the
// main thread playing takes on a slow machine, and whether memory grows.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { once } from 'node:events';
import lighthouse, { desktopConfig } from 'lighthouse';
import { openPage, ready, startBrowser, startProgram } from './harness.mjs';

/** @type {Awaited<ReturnType<typeof startProgram>>} */ let program;
before(async () => { program = await startProgram(); });
after(async () => { await program?.stop(); });

/** A port that was free a moment ago. */
async function freePort() {
  const s = createServer().listen(0, '127.0.0.1');
  await once(s, 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (s.address());
  s.close();
  await once(s, 'close');
  return port;
}

const categories = ['performance', 'accessibility', 'best-practices', 'seo'];

for (const [device, config] of /** @type {const} */ ([['mobile', undefined], ['desktop', desktopConfig]])) {
  test(`Lighthouse, ${device}: full marks, performance but for the machine`, { timeout: 240000 }, async () => {
    const port = await freePort();
    const browser = await startBrowser(`--remote-debugging-port=${port}`);
    try {
      // Simulated times depend on how busy the machine is; the best of three is what the page can do.
      /** @type {Record<string, number>} */ let best = {};
      /** @type {string[]} */ let failed = [];
      for (let i = 0; i < 3; i++) {
        const result = await lighthouse(program.url + '/?lang=en', { port, onlyCategories: categories, logLevel: 'error', output: 'json' }, config);
        assert.ok(result, 'Lighthouse said nothing');
        const { lhr } = result;
        failed = Object.values(lhr.audits).filter((a) => a.score !== null && a.score < 0.9 && a.scoreDisplayMode !== 'informative').map((a) => `${a.id} ${a.score} ${a.displayValue ?? ''}`);
        for (const c of categories) best[c] = Math.max(best[c] ?? 0, Math.round((lhr.categories[c].score ?? 0) * 100));
        if (categories.every((c) => best[c] === 100)) break;
      }
      console.log(`Lighthouse ${device}:`, JSON.stringify(best));
      // The aim is 100 in all four. Performance is measured, on a machine that others use too, so there the test allows for them.
      for (const c of categories) assert.ok(best[c] >= (c === 'performance' ? 90 : 100), `${c} ${best[c]}: ${failed.join('; ')}`);
    } finally {
      await browser.close();
    }
  });
}

/** Seconds of playing whose main thread is measured. */
const WATCHED = 8;

/** Share of the main thread that playing is to take at most; what is measured on a machine that others use is a little more. */
const AIM = 0.15;

test('Play takes a small part of the main thread of a machine four times as slow', { timeout: 120000 }, async () => {
  const browser = await startBrowser();
  const { page, context } = await openPage(browser);
  const cdp = await context.newCDPSession(page);
  await page.goto(program.url + '/');
  await ready(page);
  await cdp.send('Performance.enable', { timeDomain: 'threadTicks' });
  await cdp.send('Emulation.setCPUThrottlingRate', { rate: 4 });
  const tasks = async () => {
    const { metrics } = await cdp.send('Performance.getMetrics');
    return metrics.find((m) => m.name === 'TaskDuration')?.value ?? NaN;
  };
  // What the page does by itself while nobody plays it is not playing: headless frames cost the same either way.
  await page.waitForTimeout(1000);
  // Others on the machine cost the thread's caches, never less than nothing: the best of three is what the page takes.
  const shares = [];
  for (let i = 0; i < 3; i++) {
    await page.evaluate(() => document.dispatchEvent(new CustomEvent('rw:first')));
    await page.getByRole('button', { name: 'Play', exact: true }).click();
    await page.waitForTimeout(500);
    const from = await tasks(), began = performance.now();
    await page.waitForTimeout(WATCHED * 1000);
    shares.push((await tasks() - from) / (performance.now() - began) * 1000);
    const n = Number(await page.locator('step-list [aria-current="step"] .balloon').textContent());
    assert.ok(n >= 2, `it has played: step ${n}`);
    await page.evaluate(() => document.dispatchEvent(new CustomEvent('rw:pause')));
    if (shares[i] <= AIM) break;
  }
  const share = Math.min(...shares);
  console.log(`Play at a quarter of the speed: ${shares.map(s => (s * 100).toFixed(1)).join(', ')} % of the main thread`);
  assert.ok(share <= 0.2, `${(share * 100).toFixed(1)} %`);
  await context.close();
  await browser.close();
});

/** Minutes of playing over which memory must not grow; five by hand. */
const MINUTES = Number(process.env.ROOTWALK_HEAP_MINUTES ?? 0.5);

test('memory stays flat while a drawing is played again and again', { timeout: MINUTES * 60000 + 60000 }, async () => {
  // What V8 compiles the longer something runs is on the heap too, and no leak: here it only interprets.
  const browser = await startBrowser('--js-flags=--expose-gc --no-opt --no-maglev --no-sparkplug');
  const { page, context } = await openPage(browser);
  const cdp = await context.newCDPSession(page);
  await page.goto(program.url + '/');
  await ready(page);
  const measure = async () => {
    await cdp.send('HeapProfiler.collectGarbage');
    const { usedSize } = await cdp.send('Runtime.getHeapUsage');
    const { nodes, jsEventListeners } = await cdp.send('Memory.getDOMCounters');
    return { usedSize, nodes, jsEventListeners };
  };
  const round = async () => {
    await page.evaluate(() => document.dispatchEvent(new CustomEvent('rw:first')));
    await page.evaluate(() => document.dispatchEvent(new CustomEvent('rw:speed', { detail: { speed: 2 } })));
    await page.evaluate(() => document.dispatchEvent(new CustomEvent('rw:play')));
    await page.waitForTimeout(5000);
    await page.evaluate(() => document.dispatchEvent(new CustomEvent('rw:last')));
  };
  await round(); // everything that is made once
  await round();
  const before = await measure();
  for (const end = Date.now() + MINUTES * 60000; Date.now() < end;) await round();
  const after = await measure();
  console.log('heap', JSON.stringify(before), '→', JSON.stringify(after));
  assert.ok(after.usedSize < before.usedSize * 1.1 + 200_000, `heap grew from ${before.usedSize} to ${after.usedSize} bytes`);
  assert.ok(after.nodes <= before.nodes * 1.05 + 20, `nodes grew from ${before.nodes} to ${after.nodes}`);
  assert.ok(after.jsEventListeners <= before.jsEventListeners + 5, `listeners grew from ${before.jsEventListeners} to ${after.jsEventListeners}`);
  await context.close();
  await browser.close();
});

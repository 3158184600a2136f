// @ts-check
// On the wall, and for eyes and hands that need it otherwise: the projector
// view with a presenter's keys, forced colours, more contrast, 200 %, reduced
// motion; axe-core in each.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { assertAccessible, assertQuiet, openPage, ready, startBoth, stepToEnd } from './harness.mjs';

const { program, browser } = await startBoth();

const wall = { width: 1920, height: 1080 };

test('the projector shows steps, drawing and scrubber, large, and hides what is to come', async () => {
  const { page, context, complaints } = await openPage(browser, { viewport: wall, bypassCSP: true });
  await page.goto(program.url + '/lookups/example?mode=projector#s=5');
  await ready(page);
  assert.equal(await page.locator('step-list li:visible').count(), 5, 'no later step is given away');
  for (const hidden of ['byte-inspector', 'cache-table', 'title-block', '.sheet-index', '.detail-index', 'time-lanes']) assert.ok(!(await page.locator(hidden).first().isVisible()), hidden);
  const sizes = await page.evaluate(() => {
    const px = (/** @type {Element} */ e) => parseFloat(getComputedStyle(e).fontSize) * (e instanceof SVGGraphicsElement ? Math.hypot(e.getScreenCTM()?.a ?? 1, e.getScreenCTM()?.b ?? 0) : 1);
    const texts = [...document.querySelectorAll('.steps *, net-drawing text, play-bar *, step-scrubber *')].filter(e => [...e.childNodes].some(n => n.nodeType === 3 && n.textContent?.trim()) && e.checkVisibility() && !e.closest('.vh'));
    return { root: parseFloat(getComputedStyle(document.documentElement).fontSize), least: Math.min(...texts.map(px)), title: px(/** @type {Element} */ (document.querySelector('li[data-state="now"] .title'))), why: px(/** @type {Element} */ (document.querySelector('li[data-state="now"] .why'))) };
  });
  assert.equal(sizes.root, 22, '137.5 %');
  assert.ok(sizes.least >= 16, `the smallest text has ${sizes.least} px`);
  assert.ok(sizes.title >= 23 && sizes.why >= 22, JSON.stringify(sizes));
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth && document.documentElement.scrollHeight <= innerHeight), 'it fits the wall');
  await assertAccessible(page, 'projector');
  assertQuiet(complaints);
  await context.close();
});

test('a clicker and the letter keys, which can be switched off', async () => {
  const { page, context, complaints } = await openPage(browser, { viewport: wall, reducedMotion: 'reduce' });
  await page.goto(program.url + '/lookups/example#s=2');
  await ready(page);
  const at = (/** @type {string} */ n) => page.waitForFunction(k => document.querySelector('step-list [aria-current="step"] .balloon')?.textContent === k, n);
  const mode = () => page.evaluate(() => document.documentElement.dataset.mode ?? '');
  const blank = () => page.evaluate(() => document.documentElement.hasAttribute('data-blank'));
  await at('2');
  await page.keyboard.press('p');
  assert.equal(await mode(), 'projector');
  await page.keyboard.press('PageDown');
  await at('3');
  await page.keyboard.press('PageUp');
  await at('2');
  for (const key of ['.', 'b']) {
    await page.keyboard.press(key);
    assert.ok(await blank(), `${key} blanks the screen`);
    assert.ok(!(await page.locator('net-drawing').isVisible()));
    await page.keyboard.press(key);
    assert.ok(!(await blank()), `${key} brings it back`);
  }
  await page.keyboard.press('?');
  const list = page.locator('dialog.keylist');
  await list.waitFor();
  assert.match(await list.innerText(), /Blank the projector’s screen/);
  await list.locator('input[type="checkbox"]').uncheck();
  await page.keyboard.press('Escape');
  await page.keyboard.press('b');
  assert.ok(!(await blank()), 'letters are off');
  await page.keyboard.press('PageDown');
  await at('3');
  await page.keyboard.press('Escape');
  assert.equal(await mode(), '', 'Escape leaves the projector view');
  await page.keyboard.press('p');
  assert.equal(await mode(), '', 'letters are still off');
  assertQuiet(complaints);
  await context.close();
});

for (const [name, options, check] of /** @type {[string, any, string][]} */ ([
  ['forced colours', { forcedColors: 'active' }, 'forced'], ['forced colours, dark', { forcedColors: 'active', colorScheme: 'dark' }, 'forced'],
  ['more contrast', { contrast: 'more' }, 'contrast'], ['more contrast, dark', { contrast: 'more', colorScheme: 'dark' }, 'contrast'],
  ['200 % zoom', { viewport: { width: 720, height: 450 }, deviceScaleFactor: 2 }, 'zoom'], ['reduced motion', { reducedMotion: 'reduce' }, 'still'],
])) {
  for (const path of ['/lookups/example', '/lookups/example/caches', '/glossary/referral']) {
    test(`${name}: ${path}`, async () => {
      const { page, context, complaints } = await openPage(browser, { ...options, bypassCSP: true });
      await page.goto(program.url + path);
      if (!path.startsWith('/glossary')) {
        await ready(page);
        if (path === '/lookups/example') await stepToEnd(page);
        else {
          await page.locator('step-scrubber input').focus();
          await page.keyboard.press('End');
          await page.locator('[data-layer="R1"] .copies li').waitFor();
        }
      }
      await assertAccessible(page, name, { forced: check === 'forced' });
      if (check === 'forced') {
        const [ink, ground] = await page.locator('button.primary').first().evaluate(e => [getComputedStyle(e).color, getComputedStyle(e).backgroundColor]);
        assert.deepEqual([ink, ground].sort(), ['rgb(0, 0, 0)', 'rgb(255, 255, 255)'], 'the main button has the colours of the system');
      }
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= document.documentElement.clientWidth), 'nothing is wider than the page');
      const color = (/** @type {string} */ v) => page.evaluate(n => getComputedStyle(document.documentElement).getPropertyValue(n).trim(), v);
      if (check === 'contrast') assert.equal(await color('--rule'), await color('--rule-2'), 'hairlines are as strong as borders');
      if (check === 'still') assert.equal(await page.evaluate(() => [...document.querySelectorAll('*')].filter(e => parseFloat(getComputedStyle(e).transitionDuration) > 0).length), 0, 'no transition is left');
      if (check === 'forced' && path.endsWith('caches')) {
        assert.notEqual(await page.locator('[data-layer="R1"] .ttl-ring .rest').first().evaluate(e => getComputedStyle(e).stroke), await page.locator('[data-layer="R1"] .ttl-ring .whole').first().evaluate(e => getComputedStyle(e).stroke), 'the ring can be told from its ground');
      }
      assertQuiet(complaints);
      await context.close();
    });
  }
}

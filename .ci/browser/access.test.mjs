// @ts-check
// Everybody can use it: axe-core, the keyboard alone, reduced motion, zoom.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { assertAccessible, assertQuiet, lookUp, openPage, ready, sizes, startBoth, stepToEnd } from './harness.mjs';

const { program, browser } = await startBoth();

for (const scheme of /** @type {const} */ (['light', 'dark'])) {
  for (const [size, viewport] of Object.entries(sizes)) {
    for (const locale of ['en-US', 'ko-KR']) {
      test(`axe-core: ${scheme}, ${size}, ${locale}`, async () => {
        const { page, context } = await openPage(browser, { viewport, colorScheme: scheme, locale, bypassCSP: true });
        await page.goto(program.url + '/?room=axe');
        await ready(page);
        await assertAccessible(page, 'first visit');
        await lookUp(page, 'www.sidewalk.org');
        await assertAccessible(page, 'looked up');
        await stepToEnd(page);
        await assertAccessible(page, 'at the end');
        await lookUp(page, 'nope.lame.test');
        await stepToEnd(page);
        await assertAccessible(page, 'no such name');
        await page.locator('input[name="name"]').first().fill('a..b');
        await page.keyboard.press('Enter');
        await assertAccessible(page, 'a bad name');
        await context.close();
      });
    }
  }
}

test('axe-core: without JavaScript', async () => {
  const plain = await openPage(browser, { javaScriptEnabled: false });
  await plain.page.goto(program.url + '/lookups/example');
  const html = await plain.page.content();
  await plain.context.close();
  const { page, context } = await openPage(browser, { bypassCSP: true });
  await page.route('**/*.js', (r) => r.abort());
  await page.goto(program.url + '/lookups/example');
  assert.ok(html.length > 10000);
  await assertAccessible(page, 'no script');
  await context.close();
});

test('the keyboard alone can do everything', async () => {
  const { page, context, complaints } = await openPage(browser);
  await page.goto(program.url + '/?room=keys');
  await page.keyboard.press('Tab');
  const skip = await page.evaluate(() => document.activeElement?.getAttribute('href'));
  assert.ok(skip?.startsWith('#'), 'the first stop skips to the drawing');
  // Every stop is visible and inside the window; the walk comes round.
  const stops = new Set();
  for (let i = 0; i < 120; i++) {
    const stop = await page.evaluate(() => {
      const e = document.activeElement;
      if (!e || e === document.body) return null;
      const r = e.getBoundingClientRect(), s = getComputedStyle(e);
      const name = `${e.tagName.toLowerCase()}${e.id ? '#' + e.id : ''}[${e.getAttribute('aria-label') ?? e.textContent?.trim().slice(0, 20)}]`;
      const hidden = r.width === 0 || r.height === 0 || s.visibility === 'hidden' || s.opacity === '0';
      const outside = r.bottom < 0 || r.right < 0 || r.top > innerHeight || r.left > innerWidth;
      return { name, bad: hidden ? 'hidden' : outside ? 'outside the window' : '' };
    });
    if (stop) { assert.equal(stop.bad, '', stop.name); stops.add(stop.name); }
    await page.keyboard.press('Tab');
  }
  assert.ok(stops.size >= 15, `only ${stops.size} stops`);
  // Look up by keyboard, step by keyboard, read the bytes by keyboard.
  await page.locator('input[name="name"]').first().focus();
  await page.keyboard.press('Control+A');
  await page.keyboard.type('www.example.co.kr');
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => /\/lookups\/t/.test(location.pathname) || document.querySelector('title-block')?.textContent?.includes('live'));
  await page.getByRole('button', { name: 'Next step' }).focus();
  for (let i = 0; i < 30; i++) { await page.keyboard.press('ArrowRight'); await page.waitForTimeout(30); }
  assert.match(await page.locator('title-block').innerText(), /203\.0\.113\.10/);
  const field = page.locator('byte-inspector [tabindex="0"]').first();
  await field.focus();
  const one = await page.evaluate(() => document.activeElement?.textContent);
  await page.keyboard.press('ArrowDown');
  assert.notEqual(await page.evaluate(() => document.activeElement?.textContent), one, 'Down goes to the next field');
  await page.keyboard.press('?');
  assertQuiet(complaints);
  await context.close();
});

test('reduced motion: nothing travels, everything is said', async () => {
  const { page, context, complaints } = await openPage(browser, { reducedMotion: 'reduce' });
  await page.goto(program.url + '/?room=calm');
  await lookUp(page, 'www.example.co.kr');
  await page.keyboard.press('ArrowRight');
  await page.waitForTimeout(150);
  const moving = await page.evaluate(() => document.getAnimations().filter((a) => a.playState === 'running' && JSON.stringify(/** @type {any} */ (a.effect)?.getKeyframes?.() ?? []).includes('translate')).length);
  assert.equal(moving, 0);
  await stepToEnd(page);
  assert.match(await page.locator('title-block').innerText(), /203\.0\.113\.10/);
  assertQuiet(complaints);
  await context.close();
});

test('at 200 % nothing is lost', async () => {
  const { page, context } = await openPage(browser, { viewport: { width: 720, height: 450 }, deviceScaleFactor: 2 });
  await page.goto(program.url + '/');
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.ok(overflow <= 0, `${overflow} px too wide`);
  await stepToEnd(page);
  await context.close();
});

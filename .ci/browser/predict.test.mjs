// @ts-check
// Predict, observe, explain: with keys, with the drawing, without a script.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { assertAccessible, assertQuiet, openPage, ready, sizes, startBoth } from './harness.mjs';

const { program, browser } = await startBoth();

/** Steps until a question stands; false where the run has ended without one. @param {import('playwright-core').Page} page */
async function toQuestion(page) {
  const option = page.locator('predict-card .send').first();
  for (let i = 0; i < 100 && !(await option.isVisible()); i++) {
    if (await page.locator('body[data-ended]').count()) {
      await page.waitForTimeout(300);
      return option.isVisible();
    }
    await page.keyboard.press('ArrowRight');
    await page.waitForTimeout(120);
  }
  await option.waitFor();
  return true;
}

/** @param {import('playwright-core').Page} page @param {string} room */
async function begin(page, room) {
  await page.goto(`${program.url}/?room=${room}`);
  await ready(page);
  await page.locator('input[name="predict"]').check();
  await page.locator('name-form input[name="name"]').fill('www.example.co.kr');
  await page.locator('name-form input[name="name"]').press('Enter');
  await page.waitForFunction(() => document.body.dataset.trace?.startsWith('t'));
  await page.locator('main').focus();
}

for (const [name, viewport, locale] of /** @type {const} */ ([['desktop', sizes.desktop, 'en-US'], ['tablet', sizes.tablet, 'en-US'], ['phone', sizes.phone, 'ko-KR']])) {
  test(`a walk predicted step by step, ${name}`, async () => {
    const { page, context, complaints } = await openPage(browser, { viewport, locale, reducedMotion: 'reduce', bypassCSP: true });
    /** @type {string[]} */ const frames = [];
    page.on('websocket', ws => ws.on('framereceived', f => frames.push(String(f.payload))));
    await begin(page, 'predict-' + name);
    let asked = 0;
    for (; asked < 12; asked++) {
      if (!(await toQuestion(page))) break;
      const known = frames.filter(f => f.includes('"events"')).join('');
      if (!known.includes('answer.received')) assert.ok(!known.includes('203.0.113.10'), 'the answer was on the wire before it was asked for');
      if (asked === 0) await assertAccessible(page, 'asked');
      await page.keyboard.press('2');
      assert.equal(await page.locator('predict-card .option').nth(1).getAttribute('aria-pressed'), 'true');
      await page.locator('predict-card .send').nth(asked % 2).click();
      await page.locator('predict-card .option:not(.send)').first().waitFor();
      await page.waitForFunction(() => document.querySelector('predict-card .options') && !document.querySelector('predict-card .send'));
      await page.keyboard.press('1');
      await page.locator('predict-card .result').waitFor();
      const text = await page.locator('predict-card').innerText();
      assert.ok(!/predict\.|[{}]/.test(text), text);
      if (asked === 0) await assertAccessible(page, 'explained');
      if (process.env.ROOTWALK_SHOTS) await page.screenshot({ path: `${process.env.ROOTWALK_SHOTS}/predict-${name}-${asked}.png` });
      await page.locator('predict-card .row .primary').click();
    }
    assert.equal(asked, 6, 'questions on a cold walk');
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.equal(wide, 0, 'the page is wider than the window');
    assertQuiet(complaints);
    await context.close();
  });
}

test('a plate of the drawing is an option, and Escape ends it all', async () => {
  const { page, context, complaints } = await openPage(browser, { reducedMotion: 'reduce' });
  await begin(page, 'predict-plate');
  await toQuestion(page);
  await page.locator('net-drawing .choosable').first().click();
  assert.equal(await page.locator('predict-card .option[aria-pressed="true"]').count(), 1);
  const before = await page.locator('step-list li').count();
  await page.keyboard.press('Escape');
  await page.waitForFunction(() => document.body.hasAttribute('data-ended'));
  assert.ok(await page.locator('step-list li').count() > before, 'the rest came');
  assert.equal(await page.locator('predict-card .card').count(), 0);
  assert.equal(await page.locator('input[name="predict"]').isChecked(), false);
  assertQuiet(complaints);
  await context.close();
});

test('without JavaScript the question is a form', async () => {
  const { page, context } = await openPage(browser, { javaScriptEnabled: false });
  await page.goto(program.url + '/?room=predict-nojs');
  await page.locator('input[name="name"]').fill('www.sample.co.kr');
  await page.locator('input[name="predict"]').check();
  await page.locator('#ask button').first().click();
  await page.waitForURL(/\/lookups\/t/);
  let asked = 0;
  const answered = async () => (await page.locator('main').innerText()).includes('203.0.113.142');
  for (let i = 0; i < 40; i++) {
    if (!await page.locator('predict-card input[type="radio"]').count()) {
      if (await answered()) break;
      await page.reload(); // the lookup is on its way to the next decision
      continue;
    }
    const predicting = await page.locator('predict-card button[value="predict"]').count() > 0;
    if (predicting) {
      asked++;
      if (!/authoritative answer/.test(await page.locator('net-drawing').innerText())) assert.ok(!(await page.content()).includes('203.0.113.142'), 'the page tells the answer');
    }
    await page.locator('predict-card input[type="radio"]').first().check();
    await Promise.all([page.waitForEvent('load'), page.locator(predicting ? 'predict-card button[value="predict"]' : 'predict-card button[value="observe"]').click()]);
  }
  assert.equal(asked, 6);
  assert.ok(await answered());
  await context.close();
});

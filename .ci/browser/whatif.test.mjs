// @ts-check
// The "what if" sheet: a learner changes one thing of a lookup, sees both walks
// and what differs, and opens the recordings.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { assertAccessible, assertQuiet, lookUp, openPage, ready, sizes, startBoth, traceID } from './harness.mjs';

const { program, browser } = await startBoth();

/** Chooses a change and runs it. @param {import('playwright-core').Page} page @param {string} change @param {boolean} [cold] */
async function change(page, change, cold = false) {
  await page.locator(`input[name="change"][value="${change}"]`).check();
  await page.locator('input[name="cold"]').setChecked(cold);
  await Promise.all([page.waitForURL(url => url.searchParams.get('change') === change && url.searchParams.has('right')), page.locator('form.changes button').click()]);
}

/** The table of counts: [left, right] by the word before them. @param {import('playwright-core').Page} page */
const counted = async page => Object.fromEntries(await page.locator('.tallies tbody tr').evaluateAll(rows => rows.map(r => [
  /** @type {HTMLElement} */ (r.children[0]).innerText.replace('≠ ', ''), [/** @type {HTMLElement} */ (r.children[1]).innerText, /** @type {HTMLElement} */ (r.children[2]).innerText]])));

test('from a lookup to its textbook, and to both recordings', async () => {
  const { page, context, complaints } = await openPage(browser);
  await page.goto(program.url);
  await ready(page);
  const { id } = await lookUp(page, 'www.example.co.kr');
  await page.getByRole('link', { name: 'What if?' }).click();
  await page.waitForURL(`**/lookups/${id}/whatif`);
  await change(page, 'textbook');
  const counts = await counted(page);
  assert.deepEqual(counts['Queries by its resolver'][0], '4', 'root, kr, co.kr, example.co.kr: one referral a label');
  assert.equal(counts['Queries by the device'][1], '2', 'AAAA and A');
  const says = await page.locator('.says').innerText();
  assert.match(says, /\. → kr → co\.kr → example\.co\.kr: 4 queries/);
  assert.match(says, /kr → example\.co\.kr/);
  // what exists on one side only stands on a tint, in the drawing as in the table
  const alone = [await page.locator('.walk').nth(0).locator('svg .alone').count(), await page.locator('.walk').nth(1).locator('svg .alone').count()];
  assert.deepEqual(alone.map(String), counts['Only on this side']);
  assert.equal(await page.locator('.diff td.alone').count(), alone[0] + alone[1]);
  assert.ok(await page.locator('.walk').nth(0).getByText('NS co.kr').count() === 1 && await page.locator('.walk').nth(1).getByText('NS co.kr').count() === 0);
  // both walks share one scale
  const heights = await page.locator('svg.pair').evaluateAll(all => all.map(s => s.getAttribute('viewBox')));
  assert.equal(heights[0], heights[1]);
  await assertAccessible(page, 'textbook');
  // each run is a recording like any other
  await page.getByRole('link', { name: 'Open this recording' }).first().click();
  await ready(page);
  assert.notEqual(await traceID(page), id);
  await page.waitForFunction(() => document.querySelectorAll('step-list li[data-n]').length > 8);
  assertQuiet(complaints);
  await context.close();
});

test('loss: the same seed loses the same packets', async () => {
  const { page, context, complaints } = await openPage(browser, { viewport: sizes.tablet });
  await page.goto(`${program.url}/lookups/example/whatif`);
  const seen = [];
  for (let i = 0; i < 2; i++) {
    await change(page, 'loss');
    const lines = await page.locator('.diff td').evaluateAll(cells => cells.map(c => `${c.className} ${/** @type {HTMLElement} */ (c.querySelector('b'))?.innerText ?? ''} ${/** @type {HTMLElement} */ (c.querySelector('.mono'))?.innerText ?? ''}`));
    seen.push(lines.join('\n'));
  }
  assert.equal(seen[0], seen[1]);
  assert.equal((await counted(page))['Waits without a reply'][0], '0');
  assert.ok(Number((await counted(page))['Waits without a reply'][1]) > 0, 'this seed loses something');
  assertQuiet(complaints);
  await context.close();
});

test('without a script, in Korean, on a phone: a server is down', async () => {
  const { page, context } = await openPage(browser, { javaScriptEnabled: false, viewport: sizes.phone, locale: 'ko-KR' });
  await page.goto(`${program.url}/lookups/example/whatif`);
  await change(page, 'down');
  assert.match(await page.locator('.says').innerText(), /ns\d\.example\.co\.kr이 침묵합니다.*다른 서버에 묻습니다/s);
  assert.equal(await page.locator('svg.pair .is-lost').count(), 1, 'one wait in vain, on the right');
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
  const small = await page.locator('svg.pair text').evaluateAll(all => Math.min(...all.map(t => parseFloat(getComputedStyle(t).fontSize) * /** @type {SVGTextElement} */ (t).getScreenCTM()?.a)));
  assert.ok(small >= 11.8, `words of ${small} px in the drawing`);
  await context.close();
});

test('every change runs, and says what came of it', async () => {
  const { page, context, complaints } = await openPage(browser, { colorScheme: 'dark' });
  await page.goto(`${program.url}/lookups/example/whatif`);
  const keys = await page.locator('input[name="change"]').evaluateAll(all => all.map(i => /** @type {HTMLInputElement} */ (i).value));
  assert.ok(keys.length >= 15);
  for (const key of keys) {
    await change(page, key, true);
    const says = await page.locator('.says').innerText();
    assert.ok(says.length > 20 && !/[{}]|whatif\./.test(says), `${key}: ${says}`);
    const outcome = (await counted(page))['Result'];
    if (key === 'nonrecursive') {
      assert.match(outcome[1], /REFUSED|refused/i);
      const flags = await page.locator('.diff td .muted').allInnerTexts();
      assert.ok(flags.some(f => / RD RA$/.test(f)) && flags.some(f => / RA$/.test(f) && !/RD/.test(f)), `RD and RA are there to compare: ${flags}`);
    } else assert.equal(outcome[0], outcome[1], key);
  }
  await assertAccessible(page, 'dark');
  assertQuiet(complaints);
  await context.close();
});

test('what cannot be run again says so', async () => {
  const { page, context } = await openPage(browser);
  const response = await page.request.post(`${program.url}/lookups/example/whatif`, { form: { change: 'nonsense' }, headers: { origin: program.url } });
  assert.equal(response.status(), 422);
  assert.match(await response.text(), /no such change/i);
  assert.equal((await page.request.post(`${program.url}/lookups/tnothing/whatif`, { form: { change: 'cold' }, headers: { origin: program.url } })).status(), 404);
  await context.close();
});

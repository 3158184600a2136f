// @ts-check
// The fault bench as a learner uses it: a riddle solved by evidence, links
// measured, things broken and repaired.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { assertAccessible, assertFits, assertQuiet, openPage, sizes, startBoth } from './harness.mjs';

const { program, browser } = await startBoth();

/** Looks up until a step says what is looked for. @param {import('playwright-core').Page} page @param {RegExp} sign */
async function lookUntil(page, sign) {
  for (let i = 0; i < 30; i++) {
    await page.locator('button[value="ask"]').click();
    await page.waitForURL(/\/lookups\/t[^/]+\/faults/);
    if (await page.locator('.steps li', { hasText: sign }).count()) return;
  }
  assert.fail(`nothing like ${sign} was seen`);
}

for (const [name, options] of /** @type {[string, any][]} */ ([
  ['desktop', { viewport: sizes.desktop, bypassCSP: true }], ['phone, Korean, dark', { viewport: sizes.phone, locale: 'ko-KR', colorScheme: 'dark', bypassCSP: true }],
])) {
  test(`a riddle is solved by evidence, ${name}`, async () => {
    const { page, context, complaints } = await openPage(browser, options);
    await page.goto(`${program.url}/lookups/example/faults?room=riddle-${options.locale ?? 'en'}`.toLowerCase());
    await page.locator('.numbers button').nth(1).click();
    assert.ok(!/nobody ever gave it the zone|아무도 존을 넣어/.test(await page.content()), 'the page tells');
    await lookUntil(page, /ns1\.sister\.example.*(points back up|맡지 않고)/);
    await page.locator('#culprit').selectOption('server:ns2.sister.example');
    await page.locator('button[value="accuse"]').click();
    assert.equal(await page.locator('.verdict[data-right]').count(), 0, 'somebody else is not to blame');
    await page.locator('#culprit').selectOption('server:ns1.sister.example');
    await page.locator('button[value="accuse"]').click();
    assert.equal(await page.locator('button[value="repair"]').count(), 0, 'a guess is no proof');
    await assertAccessible(page, 'accused');
    await assertFits(page, 'accused');
    await page.locator('.steps li', { hasText: /ns1\.sister\.example.*(points back up|맡지 않고)/ }).locator('input').check();
    await page.locator('.steps li', { hasText: /ns2\.sister\.example.*(answers|답합니다)/ }).locator('input').check();
    await page.locator('button[value="accuse"]').click();
    assert.equal(await page.locator('.verdict .signs li[data-found]').count(), 2);
    await page.locator('button[value="repair"]').click();
    await page.locator('button[value="ask"]').click();
    assert.equal(await page.locator('.steps li', { hasText: /points back up|맡지 않고/ }).count(), 0, 'it is repaired');
    if (process.env.ROOTWALK_SHOTS) await page.screenshot({ path: `${process.env.ROOTWALK_SHOTS}/faults-${options.locale ?? 'en'}.png`, fullPage: true });
    assertQuiet(complaints);
    await context.close();
  });
}

test('links are measured, broken and repaired; the language is that of the page', async () => {
  const { page, context, complaints } = await openPage(browser, { bypassCSP: true });
  await page.goto(program.url + '/lookups/example/faults?room=bench');
  const links = page.locator('form.set').first();
  await links.locator('select[name="at"]').selectOption('link:tld');
  await links.locator('select[name="kind"]').selectOption('delay');
  await links.locator('input[name="amount"]').fill('50');
  await links.getByRole('button').click();
  await page.locator('.now li').first().waitFor();
  await page.locator('button[value="measure"]').click();
  const row = page.locator('.map tbody tr', { hasText: 'top-level' }).locator('td').first();
  assert.ok(parseFloat(await row.innerText()) >= 100, `50 ms more each way: ${await row.innerText()}`);
  await assertAccessible(page, 'broken and measured');
  await assertFits(page, 'broken and measured');
  await page.locator('[data-do="lang"]').click();
  await page.getByRole('heading', { name: '고장 실험대' }).waitFor();
  await page.locator('button[value="clear"]').last().click();
  assert.equal(await page.locator('.now li').count(), 0);
  assertQuiet(complaints);
  await context.close();
});

test('forged responses: without defences the device is deceived, with them it is not', async () => {
  const { page, context, complaints } = await openPage(browser, { bypassCSP: true });
  await page.goto(program.url + '/lookups/example/spoof?room=spoof');
  await page.locator('.race button').click();
  await page.locator('.result .won[data-won]').first().waitFor();
  for (const d of ['ids', 'ports', 'case', 'cookies', 'dnssec']) await page.locator(`.race input[name="${d}"]`).check();
  await page.locator('.race button').click();
  await page.waitForFunction(() => document.querySelectorAll('.spoof .result').length === 2);
  assert.equal(await page.locator('.result').first().locator('.won[data-won]').count(), 0);
  assert.ok(await page.locator('input[name="cookies"]').isChecked(), 'the form keeps what was chosen');
  await assertAccessible(page, 'raced');
  await assertFits(page, 'raced');
  await page.locator('.result').last().getByRole('link').click();
  await page.waitForURL(/\/lookups\/t/);
  await page.locator('trace-transcript', { hasText: '203.0.113.30' }).waitFor({ state: 'attached' });
  assertQuiet(complaints);
  await context.close();
});

test('glue is broken at its zone, and nothing that cannot be is offered', async () => {
  const { page, context, complaints } = await openPage(browser, { bypassCSP: true });
  await page.goto(program.url + '/lookups/example/faults?room=glue');
  const zones = page.locator('form.set').last();
  await zones.locator('select').selectOption('glueDead zone:kr.');
  await zones.getByRole('button').click();
  await page.locator('.now li', { hasText: 'kr' }).waitFor();
  assertQuiet(complaints);
  await context.close();
});

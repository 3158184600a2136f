// @ts-check
// A riddle of the fault bench that is proved by several lookups together: half
// of the proof in one, the other half in the next.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { assertAccessible, assertFits, assertQuiet, openPage, sizes, startBoth } from './harness.mjs';

const { program, browser } = await startBoth();
/** @typedef {import('playwright-core').Page} Page */

/** Presses a button of the bench and waits for the page that it leads to. @param {Page} page @param {string} button */
async function press(page, button) {
  await Promise.all([page.waitForNavigation({ waitUntil: 'domcontentloaded', timeout: 0 }), page.locator(button).first().click()]);
}

for (const [name, options] of /** @type {[string, any][]} */ ([
  ['desktop', { bypassCSP: true }], ['phone, Korean, dark', { viewport: sizes.phone, locale: 'ko-KR', colorScheme: 'dark', bypassCSP: true }],
])) {
  test(`evidence of several lookups counts together, ${name}`, async () => {
    const { page, context, complaints } = await openPage(browser, options);
    await page.goto(`${program.url}/lookups/example/faults?room=several-${options.locale ?? 'en'}`.toLowerCase());
    await press(page, '.numbers button[value="2"]');
    const bad = page.locator('.steps li', { hasText: /ns1\.sister\.example.*(points back up|맡지 않고)/ }), good = page.locator('.steps li', { hasText: /ns2\.sister\.example.*(answers|답합니다)/ });
    /** Looks up until one step is there, and marks it alone. @param {import('playwright-core').Locator} step @param {string} button */
    const find = async (step, button) => {
      for (let i = 0; i < 30; i++) {
        await press(page, button);
        button = '.accuse button[value="again"]';
        if (await step.count()) return step.locator('input').check();
      }
      assert.fail('it was never seen');
    };
    // Half of the proof in one lookup, the other half in the next.
    await find(bad, '.open button[value="ask"]');
    await find(good, '.accuse button[value="again"]');
    await page.locator('#culprit').selectOption('server:ns1.sister.example');
    await press(page, '.accuse button[value="accuse"]');
    await page.locator('.verdict[data-right]').waitFor();
    const proofs = page.locator('.verdict .signs a');
    assert.equal(await proofs.count(), 2);
    assert.equal(new Set(await proofs.evaluateAll(all => all.map(a => /** @type {HTMLAnchorElement} */ (a).pathname))).size, 2, 'from two lookups');
    assert.equal(await page.locator('.asked .kept').count(), 2, 'marks are kept');
    await page.locator('.suspects summary').click();
    const row = page.locator('.suspects tr[data-place="server:ns1.sister.example"]');
    assert.ok(await row.locator('.went-wrong a').count(), 'what went wrong there');
    await assertAccessible(page, 'several lookups');
    await assertFits(page, 'several lookups');
    if (process.env.ROOTWALK_SHOTS) await page.locator('.riddle').screenshot({ path: `${process.env.ROOTWALK_SHOTS}/several-${options.locale ?? 'en'}.png` });
    await row.locator('.went-wrong a').first().click();
    await page.waitForURL(/\/lookups\/t[^/]+\?room=several-[^#]+#s=\d+/);
    await page.locator('trace-transcript', { hasText: 'ns1.sister.example' }).waitFor({ state: 'attached' });
    assertQuiet(complaints);
    await context.close();
  });
}

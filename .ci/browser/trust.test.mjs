// @ts-check
// The chain of trust: a learner checks signatures, sees where a chain breaks and
// why, steps through its links, opens the bytes, and holds a tampered answer
// against the same question with CD=1.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { assertAccessible, assertQuiet, lookUp, openPage, ready, sizes, startBoth } from './harness.mjs';

const { program, browser } = await startBoth();

/** Checks one of the names that are offered. @param {import('playwright-core').Page} page @param {string} name */
async function check(page, name) {
  const before = page.url();
  await Promise.all([page.waitForURL(url => url.href !== before && url.pathname.endsWith('/trust')), page.locator(`form.names button[value="${name}"]`).click()]);
  return page.locator('.trust-verdict').getAttribute('data-verdict');
}

/** @param {import('playwright-core').Page} page */
const states = page => page.locator('.links > .link:not(.end)').evaluateAll(all => all.map(l => `${/** @type {HTMLElement} */ (l).dataset.kind} ${/** @type {HTMLElement} */ (l).dataset.state}`));
/** Nothing is wider than the page. @param {import('playwright-core').Page} page */
const fits = page => page.evaluate(() => document.documentElement.scrollWidth <= innerWidth);

test('a lookup that nobody checked, then checked: link by link, down to the bytes', async () => {
  const { page, context, complaints } = await openPage(browser);
  await page.goto(program.url);
  await ready(page);
  const { id } = await lookUp(page, 'www.signed.example');
  await page.getByRole('link', { name: 'Chain of trust' }).click();
  await page.waitForURL(`**/lookups/${id}/trust`);
  assert.equal(await page.locator('.trust-verdict').getAttribute('data-verdict'), 'none', 'no DO bit, no chain');
  await Promise.all([page.waitForURL(url => url.pathname.endsWith('/trust') && !url.pathname.includes(id)), page.getByRole('button', { name: 'Check the signatures' }).click()]);
  assert.match(await page.locator('.trust-verdict h2').innerText(), /^Secure: /);
  assert.deepEqual(await states(page), ['anchor holds', 'keys holds', 'ds holds', 'keys holds', 'ds holds', 'keys holds', 'data holds']);
  // the digest of the DS record is that of the key, in full
  for (const dl of await page.locator('.digest').all()) {
    const [expected, computed] = await dl.locator('dd').allInnerTexts();
    assert.match(expected, /^[0-9a-f]{64}$/);
    assert.equal(computed, expected);
  }
  // links are inked one by one
  await page.getByRole('button', { name: 'From the start' }).click();
  assert.equal(await page.locator('.link[data-later]').count(), 7);
  await page.getByRole('button', { name: 'Next link' }).click();
  assert.equal(await page.locator('.link[data-later]').count(), 6);
  await page.getByRole('button', { name: 'All links' }).click();
  assert.equal(await page.locator('.link[data-later]').count(), 0);
  // a link leads to its bytes: those of the answer hold the address, 203.0.113.24
  const last = page.locator('.link[data-kind="data"]');
  await last.locator('summary').first().click();
  assert.match((await last.locator('pre').first().innerText()).replace(/\s[0-9a-f]{4} {2}|\n[0-9a-f]{4} {2}|^[0-9a-f]{4} {2}/g, ' ').replace(/\s+/g, ' '), /cb 00 71 18/);
  assert.ok(await fits(page));
  await assertAccessible(page, 'secure');
  assertQuiet(complaints);
  await context.close();
});

test('each way in which a chain can break or end', async () => {
  const { page, context, complaints } = await openPage(browser, { viewport: sizes.tablet });
  await page.goto(`${program.url}/lookups/example/trust`);
  for (const [name, verdict, broken, says] of /** @type {[string, string, string, RegExp][]} */ ([
    ['www.expired.example', 'bogus', 'keys broken', /has expired/],
    ['www.notyet.example', 'bogus', 'keys broken', /not valid yet/],
    ['www.wrongds.example', 'bogus', 'ds broken', /DS record/],
    ['www.stripped.example', 'bogus', 'keys broken', /should be signed and is not/],
    ['www.tampered.example', 'bogus', 'data broken', /not what was signed/],
    ['www.newalg.example', 'insecure', 'ds ends', /algorithm|signed/i],
    ['www.plain.signed.example', 'insecure', 'unsigned ends', /not signed/],
    ['nobody.optout.example', 'insecure', 'denial ends', /opt-out|unsigned/i],
    ['nobody.iterations.example', 'insecure', 'denial ends', /iteration|hash/i],
  ])) {
    assert.equal(await check(page, name), verdict, name);
    assert.ok((await states(page)).includes(broken), `${name}: ${await states(page)}`);
    assert.match(await page.locator('.trust-verdict h2').innerText(), says, name);
    if (verdict === 'bogus') assert.equal(await page.locator('.rail svg path').count() > 0, true, name);
  }
  // what has run out lies outside of its window, and is hatched
  await check(page, 'www.expired.example');
  assert.equal(await page.locator('.validity[data-inside="false"] .cross').count(), 1);
  assertQuiet(complaints);
  await context.close();
});

test('denials: an interval of names, an arc of hashes', async () => {
  const { page, context, complaints } = await openPage(browser, { locale: 'ko-KR', colorScheme: 'dark', viewport: sizes.phone });
  await page.goto(`${program.url}/lookups/example/trust`);
  assert.equal(await check(page, 'nobody.signed.example'), 'secure');
  assert.deepEqual(await page.locator('.interval').first().locator('> span').allInnerTexts(), ['mail.signed.example', 'ns1.signed.example', '✕ nobody.signed.example']);
  assert.ok(await fits(page));
  await assertAccessible(page, 'NSEC, Korean, dark, phone');
  assert.equal(await check(page, 'nobody.nsec3.example'), 'secure');
  assert.equal(await page.locator('.circle .arc').count(), 3, 'closest encloser, next closer name, wildcard');
  assert.equal(await page.locator('.circle .gone').count(), 2);
  assert.ok(await fits(page));
  await assertAccessible(page, 'NSEC3');
  assertQuiet(complaints);
  await context.close();
});

test('tampered: SERVFAIL beside the false address, without a script', async () => {
  const { page, context } = await openPage(browser, { javaScriptEnabled: false });
  await page.goto(`${program.url}/lookups/example/trust?room=tampered`);
  await Promise.all([page.waitForURL(url => url.searchParams.has('beside')), page.getByRole('button', { name: 'Ask for the tampered name' }).click()]);
  const [checked, unchecked] = await page.locator('.beside article').allInnerTexts();
  assert.match(checked, /SERVFAIL/);
  assert.match(checked, /EDE\s+6/);
  assert.doesNotMatch(checked, /203\.0\.113/);
  assert.match(unchecked, /NOERROR[\s\S]*203\.0\.113\.27/);
  assert.match(unchecked, /AD\s+0/);
  // everything is there without a script
  assert.equal(await page.locator('.link .line').count() > 5, true);
  await context.close();
});

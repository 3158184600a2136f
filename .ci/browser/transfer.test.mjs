// @ts-check
// Zone transfers as a learner sees them: a change travels, timers run out on
// lesson time, the primary is switched off, strangers are refused.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { assertAccessible, assertQuiet, openPage, sizes, startBoth } from './harness.mjs';

const { program, browser } = await startBoth();

/** @param {import('playwright-core').Page} page */
const ladder = (page) => page.locator('.rung .said p').allInnerTexts();
/** Serials of the plates, the primary's first. @param {import('playwright-core').Page} page */
const serials = (page) => page.locator('.copy .serial').allInnerTexts();
/** @param {import('playwright-core').Page} page @param {string | RegExp} text */
const told = (page, text) => page.locator('.rung .said p', { hasText: text }).first().waitFor({ timeout: 15000 });
/** @param {import('playwright-core').Page} page @param {string | RegExp} name */
const press = (page, name) => page.getByRole('button', { name }).click();

test('a change travels: NOTIFY, SOA, IXFR, difference; forgotten, the whole zone; unraised, nothing', async () => {
  const { page, context, complaints } = await openPage(browser);
  await page.goto(program.url + '/lookups/example/transfer?room=travel&zone=copies.example');
  await page.locator('#transfer-record').selectOption({ label: 'www A 203.0.113.28' });
  await page.locator('#transfer-to').fill('203.0.113.29');
  await press(page, 'Change the record');
  await told(page, 'is up to date again');
  assert.match(page.url(), /\/lookups\/t\w+\/transfer\?room=travel$/);
  const lines = (await ladder(page)).join('\n');
  for (const part of [/sends ns2\.dnshost\.net a NOTIFY/, /asks ns1\.dnshost\.net for the SOA record/, /is newer than 2026010100/, /IXFR over TCP/, /ends with the SOA/, /1 record out, 1 record in/]) assert.match(lines, part);
  assert.deepEqual(await page.locator('.changes figure:last-child li').allInnerTexts(), ['− www 300 A 203.0.113.28', '+ www 300 A 203.0.113.29']);
  const [a, b] = await serials(page);
  assert.equal(a, b);

  // The same record back, but nobody can tell.
  await page.locator('#transfer-record').selectOption({ label: 'www A 203.0.113.29' });
  await page.locator('#transfer-to').fill('203.0.113.28');
  await page.getByLabel('raise the serial').uncheck();
  await press(page, 'Change the record');
  await told(page, 'nobody can tell by it');
  await told(page, 'nothing to copy');
  assert.deepEqual(await serials(page), [a, a]);

  // Raised, not told, and the primary forgets: the whole zone, in several messages.
  await page.locator('#transfer-record').selectOption({ label: 'www A 203.0.113.28' });
  await page.locator('#transfer-to').fill('203.0.113.27');
  await page.getByLabel('raise the serial').check();
  await page.getByLabel('send NOTIFY').uncheck();
  await press(page, 'Change the record');
  await page.waitForFunction(() => new Set([...document.querySelectorAll('.copy .serial')].map((e) => e.textContent)).size === 2);
  await press(page, /^Forget what changed/);
  await page.getByRole('button', { name: 'Forget what changed (0)' }).waitFor();
  await press(page, 'Secondaries ask now');
  await told(page, 'has a whole new copy');
  const whole = (await ladder(page)).filter((t) => /^Message \d/.test(t));
  assert.ok(whole.length >= 2, whole.join('\n'));
  await page.locator('.rung.is-stream summary').first().click();
  assert.match(await page.locator('.rung.is-stream .lines li').first().innerText(), /^@ 300 SOA ns1/);
  await assertAccessible(page, 'copies');

  // Nobody else gets it.
  await press(page, 'Try AXFR from your device');
  await told(page, /refuses AXFR of copies\.example to your device: REFUSED/);
  assertQuiet(complaints);
  await context.close();
});

test('the primary is down: the secondary answers, its timers run on lesson time, its copy expires; a second page sees it', async () => {
  const { page, context, complaints } = await openPage(browser);
  await page.goto(program.url + '/lookups/example/transfer?room=timers&zone=copies.example');
  const { page: other, context: second } = await openPage(browser, { locale: 'ko-KR', colorScheme: 'dark' });
  await other.goto(program.url + '/lookups/example/transfer?room=timers&zone=copies.example');
  await press(page, 'Switch ns1.dnshost.net off');
  await page.locator('.copy.is-down').waitFor();
  await other.locator('.copy.is-down').waitFor(); // live
  await press(page, 'Skip 1 h');
  await page.locator('.rings b', { hasText: 'RETRY' }).waitFor({ timeout: 15000 });
  await page.locator('.latest a').first().click();
  await told(page, 'has not answered within');
  await told(page, 'REFRESH of 1 h has run out');
  await assertAccessible(page, 'copies');
  // A real lookup, with no cache to help: ns2 answers.
  await page.request.post(program.url + '/flush', { form: { cache: 'all', room: 'timers', back: '/' }, headers: { origin: program.url } });
  const trace = await (await page.request.post(program.url + '/lookups', { data: { name: 'www.copies.example', type: 'A', room: 'timers' }, headers: { origin: program.url, accept: 'application/json' } })).json();
  const done = trace.events.find((/** @type {any} */ e) => e.kind === 'lookup.finished').fact;
  assert.equal(done.outcome, 'answer');
  assert.ok(trace.events.some((/** @type {any} */ e) => e.kind === 'query.timedOut'), 'ns1 was asked first, or never: the primary is silent');

  await press(page, 'Skip 24 h');
  await page.locator('.copy.is-expired').waitFor({ timeout: 20000 });
  await other.locator('.copy.is-expired').waitFor({ timeout: 20000 });
  assert.match(await other.locator('.copy.is-expired dl').innerText(), /만료: SERVFAIL/);
  await press(page, 'Switch ns1.dnshost.net on');
  await press(page, 'Secondaries ask now');
  await page.waitForFunction(() => document.querySelectorAll('.copy').length === 2 && !document.querySelector('.copy.is-expired, .copy.is-down'));
  await assertAccessible(other, 'the other page');
  assertQuiet(complaints);
  await context.close();
  await second.close();
});

test('without a script, on a phone, in Korean', async () => {
  const { page, context, complaints } = await openPage(browser, { javaScriptEnabled: false, viewport: sizes.phone, locale: 'ko-KR' });
  await page.goto(program.url + '/lookups/example/transfer?room=plain');
  await press(page, '레코드 바꾸기');
  assert.match(page.url(), /\/lookups\/t\w+\/transfer\?/);
  await told(page, '다시 최신이 되었습니다');
  assert.deepEqual(await page.locator('.changes figure:last-child li').allInnerTexts(), ['− @ 300 A 203.0.113.28', '+ @ 300 A 203.0.113.29']);
  await press(page, '내 기기에서 AXFR 해 보기');
  await told(page, 'REFUSED');
  await page.locator('.latest a').last().click();
  await told(page, 'NOTIFY를 보냅니다');
  for (const viewport of [sizes.phone, sizes.tablet]) {
    await page.setViewportSize(viewport);
    const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.ok(over <= 0, `at ${viewport.width} px the page is ${over} px too wide`);
  }
  assertQuiet(complaints.filter((c) => !c.endsWith(' csp'))); // a browser without scripts says so of each
  await context.close();
});

test('bad input is told where the form is', async () => {
  const { page, context } = await openPage(browser);
  await page.goto(program.url + '/lookups/example/transfer?room=bad&zone=copies.example');
  await page.locator('#transfer-to').fill('not an address');
  await press(page, 'Change the record');
  await page.getByRole('alert').filter({ hasText: 'is no IP address' }).waitFor();
  assert.match(page.url(), /\/lookups\/example\/transfer/);
  await context.close();
});

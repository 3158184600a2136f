// @ts-check
// HTTP/2 on the sheet of requests: frames and streams, the same page in four
// versions, and a host with an address of each family.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { assertAccessible, assertFits, assertQuiet, openPage, sizes, startBoth } from './harness.mjs';

const { program, browser } = await startBoth();

/** @param {import('playwright-core').Page} page @param {() => Promise<void>} act */
async function leads(page, act) {
  const before = page.url();
  await act();
  await page.waitForURL(u => u.href !== before && /\/lookups\/t[^/]*\/request/.test(u.pathname), { timeout: 60000 });
}

test('thirteen requests on one connection: streams side by side, every frame, every field', async () => {
  const { page, context, complaints } = await openPage(browser);
  await page.goto(program.url + '/lookups/example/request?room=frames');
  await leads(page, () => page.getByRole('button', { name: 'twelve pictures over HTTP/2' }).click());
  const rows = page.locator('.waterfall tbody tr');
  await rows.nth(12).waitFor();
  assert.equal(new Set(await rows.locator('td:nth-of-type(2)').evaluateAll(all => all.map(e => e.firstChild?.textContent?.trim()))).size, 1, 'one connection');
  const lanes = page.locator('.frame-lanes tbody tr');
  assert.equal(await lanes.count(), 14, 'stream 0 and thirteen others');
  assert.match(await lanes.nth(13).innerText(), /^25/);
  const all = page.locator('.frame-list');
  await all.locator('summary').first().click();
  const said = await all.innerText();
  for (const what of [/SETTINGS of the client: ENABLE_PUSH=0/, /SETTINGS of the server/, /HEADERS of the client on stream 1/, /DATA of the server on stream 3/, /GOAWAY of the client/]) assert.match(said, what);
  const again = all.locator('li').filter({ hasText: 'HEADERS of the client on stream 5' });
  await again.locator('summary').first().click();
  assert.match(await again.locator('table').innerText(), /:authority: www\.example\.co\.kr\s+an index alone \(entry \d+, learnt on this connection\)\s+1/);
  await again.locator('summary').nth(1).click();
  assert.match(await again.locator('pre').innerText(), /^00 00 [0-9a-f]{2} 01 05 00 00 00 05/);
  assert.match(await page.locator('.fetch pre').first().innerText(), /^:method: GET\n:scheme: https\n:authority: www\.example\.co\.kr\n:path: \/gallery\n/);
  await assertAccessible(page, 'frames');
  assertQuiet(complaints);
  await context.close();
});

test('the same page four ways, with losses: in Korean, on a phone, without a script', async () => {
  const { page, context } = await openPage(browser, { javaScriptEnabled: false, viewport: sizes.phone, locale: 'ko-KR' });
  await page.goto(program.url + '/lookups/example/request?room=ways');
  await page.locator('#versions-loss').selectOption('5');
  await leads(page, () => page.locator('.versions-form button').click());
  const rows = page.locator('.versions tbody tr');
  for (let i = 0; i < 60 && /진행 중/.test(await page.locator('.versions').innerText()); i++) await page.reload();
  assert.equal(await rows.count(), 4);
  const cell = async (/** @type {number} */ n) => (await rows.locator(`td:nth-of-type(${n})`).allInnerTexts()).map(Number);
  assert.deepEqual(await cell(1), [13, 1, 6, 1], 'connections');
  assert.deepEqual(await cell(2), [13, 13, 13, 13], 'answers');
  for (const lost of await cell(8)) assert.ok(lost > 0, 'packets were lost');
  assert.equal(await page.locator('.run-bars').count(), 4);
  assert.match(await page.locator('.run').last().innerText(), /빠져 이미 도착한|기다림|받았습니다/);
  await assertFits(page, 'four ways');
  await context.close();
});

test('one family is broken: the other one is tried beside it', async () => {
  const { page, context, complaints } = await openPage(browser);
  await page.goto(program.url + '/lookups/example/faults?room=dual');
  const set = await page.request.post(program.url + '/faults', { form: { do: 'set', at: 'link:web-1', kind: 'noIpv6', trace: 'example', room: 'dual' }, headers: { Origin: program.url } });
  assert.ok(set.ok(), `${set.status()}`);
  await page.goto(program.url + '/lookups/example/request?room=dual');
  await leads(page, () => page.getByRole('button', { name: 'IPv6 and IPv4' }).click());
  const tried = page.locator('ul.attempts li');
  await tried.nth(1).waitFor();
  assert.match(await tried.nth(0).innerText(), /3fff:80::14: .*given up/);
  assert.match(await tried.nth(1).innerText(), /203\.0\.113\.14: .*used/);
  assert.match(await page.locator('.fetch .lines').first().innerText(), /Nothing has answered for a while: 203\.0\.113\.14/);
  assert.equal(await page.locator('input[name="errand"][type="checkbox"]').isChecked(), true);
  await assertAccessible(page, 'attempts');
  assertQuiet(complaints);
  await context.close();
});

test('an HTTPS record makes https of http before anything is sent', async () => {
  const { page, context, complaints } = await openPage(browser);
  await page.goto(program.url + '/lookups/example/request?room=record');
  await leads(page, () => page.getByRole('button', { name: 'an HTTPS record', exact: true }).click());
  await page.locator('.fetch .lines').first().waitFor();
  assert.match(await page.locator('.fetch .lines').first().innerText(), /www\.types\.example has an HTTPS record: .*http becomes https, https:\/\/www\.types\.example\//);
  assert.match(await page.locator('.fetch pre').first().innerText(), /^:method: GET\n:scheme: https\n/);
  for (const [name, said] of [
    ['an alias in an HTTPS record', /alias\.types\.example has an HTTPS record that is an alias: www\.types\.example is asked .*www\.types\.example has an HTTPS record/s],
    ['three places that fail', /could not be reached at gone\.types\.example:443 .*could not be reached at :80 .*could not be reached at :8444 /s],
  ]) {
    await leads(page, () => page.getByRole('button', { name, exact: true }).click());
    await page.locator('.fetch .lines', { hasText: said }).first().waitFor();
    assert.match(await page.locator('.fetch pre').first().innerText(), /^:method: GET\n:scheme: https\n/);
  }
  await assertAccessible(page, 'places');
  await page.goto(page.url().replace('/request', '')); // the drawing of the same trace
  await page.locator('.ladder, net-drawing, step-list li').first().waitFor();
  assertQuiet(complaints);
  await context.close();
});

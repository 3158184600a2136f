// @ts-check
// A learner edits the internet of the room: a record is changed while a cache
// still holds the old one, a mistake is told at its line, a version is undone, a
// domain is registered and found by a real lookup.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { assertAccessible, assertQuiet, openPage, sizes, startBoth } from './harness.mjs';

const { program, browser } = await startBoth();

/** Looks a name up in a room and returns how it ended. @param {import('playwright-core').Page} page @param {string} name @param {string} room */
async function lookUp(page, name, room) {
  const trace = await (await page.request.post(program.url + '/lookups', { data: { name, type: 'A', room }, headers: { origin: program.url, accept: 'application/json' } })).json();
  const done = trace.events.find((/** @type {any} */ e) => e.kind === 'lookup.finished').fact;
  return done.records?.at(-1)?.data ?? done.outcome;
}

test('a record is changed, caches hold the old one until the clock has passed its TTL; undo; a mistake', async () => {
  const { page, context, complaints } = await openPage(browser);
  assert.equal(await lookUp(page, 'www.example.co.kr', 'edit'), '203.0.113.10');
  await page.goto(program.url + '/lookups/example/zones?room=edit&zone=example.co.kr');
  const file = page.locator('#zone-text');
  await file.fill((await file.inputValue()).replace('www     300     A       203.0.113.10', 'www     300     A       203.0.113.11'));
  await page.getByRole('button', { name: 'Save at the primary' }).click();
  await page.locator('.changes ins', { hasText: '203.0.113.11' }).first().waitFor();
  await page.locator('.held .is-old', { hasText: 'www A 203.0.113.10' }).first().waitFor();
  assert.equal(await lookUp(page, 'www.example.co.kr', 'edit'), '203.0.113.10', 'from the cache');
  await page.getByRole('button', { name: 'Skip 5 min' }).click();
  await page.waitForFunction(() => !document.querySelector('.held .is-old'));
  assert.equal(await lookUp(page, 'www.example.co.kr', 'edit'), '203.0.113.11', 'once the TTL is over');
  assert.equal(await lookUp(page, 'www.example.co.kr', 'another'), '203.0.113.10', 'rooms are apart');
  await assertAccessible(page, 'edited');

  await page.locator('.zone-steps li', { hasText: 'example.co.kr' }).waitFor();
  await page.getByRole('button', { name: 'Take back the newest (1)' }).click();
  await page.locator('.changes ins', { hasText: '203.0.113.10' }).first().waitFor();
  await page.waitForFunction(() => !document.querySelector('.zone-steps li'));

  await file.fill((await file.inputValue()) + '\nbad A 203.0.113.999\n');
  await page.getByRole('button', { name: 'Save at the primary' }).click();
  await page.getByRole('alert').filter({ hasText: /Line \d+: “203.0.113.999” is no IPv4 address/ }).waitFor();
  assert.match(await page.locator('.wrong-line pre').innerText(), /203\.0\.113\.999/);
  assert.match(await file.inputValue(), /203\.0\.113\.999/, 'what was typed is still there');
  assert.deepEqual(complaints.filter((c) => !c.includes('422')), []);
  await context.close();
});

test('without a script, on a phone, in Korean: a domain is registered, and a lookup finds it', async () => {
  const { page, context, complaints } = await openPage(browser, { javaScriptEnabled: false, viewport: sizes.phone, locale: 'ko-KR' });
  assert.equal(await lookUp(page, 'www.mine.example', 'shop'), 'nxdomain');
  await page.request.post(program.url + '/flush', { form: { cache: 'all', room: 'shop', back: '/' }, headers: { origin: program.url } });
  await page.goto(program.url + '/lookups/example/zones?room=shop');
  await page.locator('#zone-name').fill('mine.example');
  await page.getByRole('button', { name: '등록' }).click();
  await page.locator('.changes ins', { hasText: 'mine 300 NS ns1.mine.example.' }).first().waitFor();
  assert.equal(await lookUp(page, 'www.mine.example', 'shop'), '203.0.113.10');
  await page.getByRole('link', { name: '바뀐 것이 보조 네임서버로 퍼지는 과정 보기' }).click();
  await page.locator('.rung', { hasText: 'NOTIFY를 보냅니다' }).first().waitFor();
  const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.ok(over <= 0, `the page is ${over} px too wide`);
  assertQuiet(complaints.filter((c) => !c.endsWith(' csp'))); // a browser without scripts says so of each
  await context.close();
});

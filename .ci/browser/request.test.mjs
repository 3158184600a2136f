// @ts-check
// The sheet of requests: how an address is read, what is asked for, over which
// connection, and where the time went.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { assertQuiet, openPage, sizes, startBrowser, startProgram } from './harness.mjs';

const axe = readFileSync(fileURLToPath(new URL('../node_modules/axe-core/axe.min.js', import.meta.url)), 'utf8');
/** @type {Awaited<ReturnType<typeof startProgram>>} */ let program;
/** @type {import('playwright-core').Browser} */ let browser;
before(async () => { program = await startProgram(); browser = await startBrowser(); });
after(async () => { await browser?.close(); await program?.stop(); });

/** @param {import('playwright-core').Page} page @param {string} url */
async function open(page, url) {
  const before = page.url();
  await page.locator('#request-url').fill(url);
  await page.locator('.request-form button').click();
  await page.waitForURL(u => u.href !== before && /\/lookups\/t[^/]*\/request/.test(u.pathname));
  await page.locator('.waterfall tbody tr').first().waitFor();
}

/** The lines of all requests. @param {import('playwright-core').Page} page */
const lines = async (page) => (await page.locator('.fetch .lines').allInnerTexts()).join('\n');

test('a page of four parts over one connection, and over four with HTTP/1.0', async () => {
  const { page, context, complaints } = await openPage(browser);
  await page.goto(program.url + '/lookups/example/request?room=parts');
  await page.getByText('This recording is a lookup and nothing more').waitFor();
  await open(page, 'http://www.example.co.kr/page');
  assert.deepEqual(await page.locator('.url-parts dt:not(.vh)').allInnerTexts(), ['scheme', 'host', 'path']);
  const rows = page.locator('.waterfall tbody tr');
  assert.equal(await rows.count(), 4);
  assert.deepEqual(await rows.locator('td:nth-of-type(2)').allInnerTexts(), ['1', '1', '1', '1']);
  assert.match(await page.locator('.fetch pre').first().innerText(), /^GET \/page HTTP\/1\.1\nHost: www\.example\.co\.kr\n/);
  assert.match(await rows.first().innerText(), /lookup .*connect .*wait /s);
  await page.goto(program.url + '/lookups/example/request?room=old');
  await page.locator('#request-http').selectOption('1.0');
  await open(page, 'http://www.example.co.kr/page');
  assert.equal(new Set(await page.locator('.waterfall tbody tr td:nth-of-type(2)').allInnerTexts()).size, 4);
  await page.evaluate(axe);
  const found = await page.evaluate(async () => (await /** @type {any} */ (window).axe.run()).violations.map((/** @type {any} */ v) => v.id + ': ' + v.nodes.map((/** @type {any} */ n) => n.target).join(' ')));
  assert.deepEqual(found, []);
  assertQuiet(complaints);
  await context.close();
});

test('redirects, a loop, the HTTP cache: in Korean, on a phone, without a script', async () => {
  const { page, context } = await openPage(browser, { javaScriptEnabled: false, viewport: sizes.phone, locale: 'ko-KR' });
  await page.goto(program.url + '/lookups/example/request?room=ko');
  await open(page, 'http://www.example.co.kr/chain/3');
  assert.equal(await page.locator('.waterfall tbody tr').count(), 4);
  assert.match(await lines(page), /302 응답이 .*\/landed/);
  await open(page, 'http://www.example.co.kr/loop');
  assert.match(await lines(page), /여기서 멈춥니다/);
  await open(page, 'http://www.example.co.kr/cached');
  assert.match(await lines(page), /HTTP 캐시가 .* 보관합니다/);
  await open(page, 'http://www.example.co.kr/cached');
  assert.match(await lines(page), /아무에게도 묻지 않습니다/);
  assert.equal(await page.locator('.fetch pre').count(), 0, 'nothing was sent');
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), sizes.phone.width);
  await context.close();
});

test('what the browser remembers, apart from the DNS: lists with the time left, and forgotten one by one, without a script too', async () => {
  for (const javaScriptEnabled of [true, false]) {
    const { page, context, complaints } = await openPage(browser, { javaScriptEnabled });
    const room = javaScriptEnabled ? 'stores' : 'stores-plain';
    await page.goto(program.url + '/lookups/example/request?room=' + room);
    for (const path of ['cached', 'cookie', 'secure', 'other']) await open(page, 'https://www.example.co.kr/' + path);
    const list = (/** @type {string} */ key) => page.locator(`[data-store="${key}"] li`);
    assert.match(await list('hsts').allInnerTexts().then(all => all.join('|')), /www\.example\.co\.kr.*left.*\|.*www\.signed\.example.*came with the browser/s);
    assert.match(await list('cookies').first().innerText(), /visits=1\s+for www\.example\.co\.kr\/ only, HttpOnly, SameSite=Lax\s+until .*left/);
    assert.match(await list('responses').filter({ hasText: '/cached' }).innerText(), /ETag "one"[^]*fresh: .* old, good for/);
    assert.match(await list('services').first().innerText(), /https:\/\/www\.example\.co\.kr:443\s+h2 at :8443\s+until/);
    await page.getByRole('button', { name: 'Forget visits' }).click();
    await page.waitForFunction(() => !document.querySelector('[data-store="cookies"] li'));
    await page.getByRole('button', { name: 'Forget all: Responses (HTTP cache)' }).click();
    await page.waitForFunction(() => !document.querySelector('[data-store="responses"] li'));
    assert.equal(await list('services').count(), 1, 'the others are still there');
    await open(page, 'https://www.example.co.kr/other');
    assert.match(await lines(page), /goes there\. The certificate must still be the origin’s/);
    if (javaScriptEnabled) {
      await page.evaluate(axe);
      assert.deepEqual(await page.evaluate(async () => (await /** @type {any} */ (window).axe.run()).violations.map((/** @type {any} */ v) => v.id)), []);
      assertQuiet(complaints);
    }
    await context.close();
  }
});

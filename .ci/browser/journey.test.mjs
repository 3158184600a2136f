// @ts-check
// The sheet of a whole journey: one line of time, runs that are compared, a
// prediction at connect(), and the files that a journey leaves as.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { assertAccessible, assertFits, assertQuiet, openPage, sizes, startBoth } from './harness.mjs';

const { program, browser } = await startBoth();

/** @param {import('playwright-core').Page} page @param {string} url */
async function open(page, url) {
  const before = page.url();
  await page.locator('#journey-url').fill(url);
  await page.locator('.request-form button').click();
  await page.waitForURL(u => u.href !== before && /\/lookups\/t[^/]*\/journey/.test(u.pathname));
}

/** The phases of the journey on show, in order. @param {import('playwright-core').Page} page */
const phases = (page) => page.locator('[data-live="journey-trace"] tbody tr').evaluateAll(rows => rows.map(r => /** @type {HTMLElement} */ (r).dataset.phase));

test('one line from the address to the page; each phase leads to its sheet', async () => {
  const { page, context, complaints } = await openPage(browser);
  await page.goto(program.url + '/lookups/example/journey?room=line');
  await page.getByText('This recording is a lookup and nothing more').waitFor();
  await open(page, 'https://www.example.co.kr/page');
  await page.locator('[data-phase="first-sent"]').waitFor();
  assert.deepEqual(await phases(page), ['lookup', 'connect', 'secure', 'request', 'request', 'request', 'request', 'draw', 'first-start', 'first-sent']);
  assert.ok(await page.locator('.whole rect').count() >= 15);
  assert.match(await page.locator('[data-phase="request"]').first().innerText(), /GET https:\/\/www\.example\.co\.kr\/page.*wait /s);
  await assertAccessible(page, 'a journey');
  for (const [size, view] of Object.entries(sizes)) {
    await page.setViewportSize(view);
    await assertFits(page, size);
  }
  await page.setViewportSize(sizes.desktop);
  for (const [phase, path] of [['connect', 'connect'], ['secure', 'encrypt'], ['request', 'request']]) {
    const here = page.url();
    await page.locator(`[data-phase="${phase}"] a`).first().click();
    await page.waitForURL(u => u.pathname.endsWith('/' + path));
    if (phase === 'request') assert.match(page.url(), /#fetch-1$/);
    await page.goto(here);
    await page.locator('[data-phase="first-sent"]').waitFor();
  }
  assertQuiet(complaints);
  await context.close();
});

test('the same address again, on the same scale, in Korean and on a phone', async () => {
  const { page, context, complaints } = await openPage(browser, { locale: 'ko-KR', viewport: sizes.phone });
  await page.goto(program.url + '/lookups/example/journey?room=again');
  await open(page, 'https://www.example.co.kr/');
  await page.locator('[data-phase="first-sent"]').waitFor();
  await page.getByRole('button', { name: '두 번째로 열기' }).click();
  await page.locator('.counts').waitFor();
  assert.equal(await page.locator('.journey-pair .whole').count(), 2);
  const queries = await page.locator('.counts tr', { hasText: 'DNS 질의' }).locator('td').allInnerTexts();
  assert.deepEqual(queries, ['4', '0']);
  assert.match(await page.locator('.journey-pair').innerText(), /티켓으로 재개/);
  await page.locator('.crossings summary').click();
  assert.ok(await page.locator('.crossings td.alone').count() > 0);
  await assertFits(page, 'two runs');
  await assertAccessible(page, 'two runs');
  assertQuiet(complaints);
  await context.close();
});

test('a prediction at connect(), without a script', async () => {
  const { page, context } = await openPage(browser, { javaScriptEnabled: false });
  await page.goto(program.url + '/lookups/example/journey?room=predict');
  await page.getByLabel('Predict first').check();
  await open(page, 'http://www.example.co.kr/');
  let asked = '';
  for (let i = 0; i < 40 && await page.locator('.ask-next form').count() > 0; i++) {
    const question = await page.locator('.ask-next .q').innerText(), predicting = await page.getByRole('button', { name: 'Predict', exact: true }).count() > 0;
    const choice = page.locator('.ask-next .choice', { hasText: question.includes('calls connect()') ? 'The whole request' : '' }).first();
    if (question.includes('calls connect()') && predicting) {
      asked = question;
      assert.equal(await page.locator('[data-phase="request"]').count(), 0, 'nothing of what follows is there');
    }
    await choice.locator('input').check();
    await page.getByRole('button', { name: predicting ? 'Predict' : 'That is what I saw', exact: true }).click();
    await page.waitForLoadState();
    if (asked && predicting && question === asked) continue;
    if (asked) break;
  }
  assert.match(asked, /what has the server received\?$/);
  assert.match(await page.locator('.ask-next').innerText(), /connect\(\) sends the request.*M22/s);
  assert.equal(await page.locator('[data-phase="request"]').count(), 1);
  await context.close();
});

test('a journey leaves as files, and its archive serves the page again', async () => {
  const { page, context, complaints } = await openPage(browser);
  await page.goto(program.url + '/lookups/example/journey?room=files');
  await open(page, 'https://www.example.co.kr/cookie');
  await page.locator('[data-phase="first-sent"]').waitFor();
  /** @param {string} name */
  const file = async (name) => {
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name, exact: true }).click()]);
    const chunks = [];
    for await (const c of await download.createReadStream()) chunks.push(c);
    return { name: download.suggestedFilename(), body: Buffer.concat(chunks).toString('latin1') };
  };
  const har = await file('HAR');
  assert.match(har.name, /journey\.har$/);
  assert.equal(JSON.parse(har.body).log.version, '1.2');
  const archive = join(await mkdtemp(join(tmpdir(), 'har-')), har.name);
  await writeFile(archive, har.body, 'latin1');
  const again = await browser.newContext();
  await again.routeFromHAR(archive, { notFound: 'abort' }); // nothing but what stands in it
  const shown = await again.newPage();
  const got = await shown.goto('https://www.example.co.kr/cookie');
  assert.equal(got?.status(), 200);
  assert.ok(((await shown.textContent('body')) ?? '').trim().length > 0, 'the page that was fetched');
  await again.close();
  assert.match((await file('curl')).body, /^# request 1\ncurl /);
  assert.match((await file('TLS key log')).body, /^CLIENT_HANDSHAKE_TRAFFIC_SECRET /);
  assert.match((await file('lan.pcapng')).body, /CLIENT_TRAFFIC_SECRET_0 /);
  assertQuiet(complaints);
  await context.close();
});

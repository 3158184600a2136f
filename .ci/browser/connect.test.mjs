// @ts-check
// Sheet 4 as a learner uses it: a connection from every side, how connections
// end, what fails, one's own calls, and a journey to an address.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { assertQuiet, openPage, sizes, startBrowser, startProgram } from './harness.mjs';

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
/** @type {Awaited<ReturnType<typeof startProgram>>} */ let program;
/** @type {import('playwright-core').Browser} */ let browser;
before(async () => { program = await startProgram(); browser = await startBrowser(); });
after(async () => { await browser?.close(); await program?.stop(); });

/** @param {import('playwright-core').Page} page */
async function accessible(page) {
  await page.evaluate(axeSource);
  const found = await page.evaluate(async () => {
    const r = await /** @type {any} */ (window).axe.run(document, { resultTypes: ['violations'] });
    return r.violations.map((/** @type {any} */ v) => `${v.id}: ${v.nodes.map((/** @type {any} */ n) => n.target.join(' ')).join(', ')}`);
  });
  assert.deepEqual(found, []);
}

/** Chooses something to see and waits until it is there. @param {import('playwright-core').Page} page @param {string} script @param {string} name */
async function see(page, script, name) {
  await page.locator(`.connect-scripts button[value="${script}"]`).click();
  await page.locator('.connect-note b', { hasText: name }).waitFor({ timeout: 30000 });
  await page.locator('table.lanes').waitFor();
}

/** @param {import('playwright-core').Page} page @param {'client' | 'server'} side */
const states = (page, side) => page.locator(`.lanes td.kernel.${side} .state`).allInnerTexts();
/** @param {import('playwright-core').Page} page */
const words = async page => (await page.locator('.lanes').innerText()).replace(/\s+/g, ' ');

test('one\'s own text there and back; steps by keys; the descriptor is on no wire', async () => {
  const { page, context, complaints } = await openPage(browser);
  await page.goto(program.url + '/lookups/example/connect');
  await page.locator('#connect-text').fill('안녕, socket');
  await see(page, 'echo', 'Echo');
  assert.match(page.url(), /\/lookups\/t\w+\/connect$/);
  assert.deepEqual(await states(page, 'client'), ['SYN-SENT', 'ESTABLISHED', 'FIN-WAIT-1', 'FIN-WAIT-2', 'TIME-WAIT']);
  assert.deepEqual(await states(page, 'server'), ['SYN-RECEIVED', 'ESTABLISHED', 'CLOSE-WAIT', 'LAST-ACK', 'CLOSED']);
  const all = await words(page);
  for (const part of ['socket(AF_INET, SOCK_STREAM) = 6', 'connect(6, 203.0.113.10:8080)', '"안녕, socket"', 'accept(3) = 4', 'SYN ACK']) assert.ok(all.includes(part), `${part} in ${all}`);
  assert.match(await page.locator('.connect-now').innerText(), /the stack itself said the same \d+ times\./);
  await accessible(page);

  // Back to the SYN: the server's program has nothing yet, and the header can be read.
  await page.locator('h1').click();
  await page.keyboard.press('Home');
  await page.waitForFunction(() => document.querySelectorAll('.lanes tbody tr').length === 1);
  for (let n = 2; n <= 6; n++) {
    await page.keyboard.press('ArrowRight');
    await page.waitForFunction(k => document.querySelectorAll('.lanes tbody tr').length === k, n);
  }
  assert.match(page.url(), /at=6$/);
  assert.match(await page.locator('.row-now').innerText(), /SYN[\s\S]*mss \d+/);
  await page.locator('.row-now summary').click();
  assert.match(await page.locator('.row-now pre').first().innerText(), /^45 00/);
  assert.deepEqual(await states(page, 'server'), []);
  assertQuiet(complaints);
  await context.close();
});

test('how connections end, and what fails', async () => {
  const { page, context, complaints } = await openPage(browser);
  await page.goto(program.url + '/lookups/example/connect');
  await see(page, 'serverFirst', 'Server closes first');
  assert.deepEqual((await states(page, 'server')).slice(-2), ['FIN-WAIT-2', 'TIME-WAIT']);
  assert.match(await words(page), /read\(6, …, 1024\) = 0/);
  await see(page, 'both', 'Both at once');
  for (const side of /** @type {const} */ (['client', 'server'])) assert.deepEqual((await states(page, side)).slice(-3), ['FIN-WAIT-1', 'CLOSING', 'TIME-WAIT']);
  for (const [script, name, errno] of [['reset', 'Reset', 'ECONNRESET'], ['refused', 'Refused', 'ECONNREFUSED'], ['timeout', 'Timed out', 'ETIMEDOUT'], ['timeWait', 'TIME-WAIT', 'EADDRINUSE']]) {
    await see(page, script, name);
    assert.ok((await words(page)).includes(`= −1 ${errno}`), script);
  }
  await see(page, 'loss', 'Loss');
  assert.match(await words(page), /lost on access[\s\S]*sent again/);
  await page.locator('.cwnd svg .curve').waitFor();
  await see(page, 'five', 'Five clients, one port');
  assert.equal(await page.locator('.conns tbody').count(), 5);
  await accessible(page);
  assertQuiet(complaints);
  await context.close();
});

test('what many believe is refuted by the recording on show, and the others have a run that does', async () => {
  const { page, context, complaints } = await openPage(browser);
  await page.goto(program.url + '/lookups/example/connect');
  const belief = (/** @type {string} */ key) => page.locator(`.beliefs li[data-belief="${key}"]`);
  assert.equal(await page.locator('.beliefs li').count(), 8);
  assert.equal(await page.locator('.beliefs li[data-refuted]').count(), 0); // a lookup says nothing of sockets
  await belief('M24').locator('button').click();
  await page.locator('.connect-note b', { hasText: 'The cable is cut' }).waitFor({ timeout: 30000 });
  await belief('M24').and(page.locator('[data-refuted]')).waitFor();
  assert.match(await belief('M24').innerText(), /This recording: write\(\) returned \d+, while nothing of it had arrived; then it got lost/);
  assert.match(await words(page), /recv\(4, …, 1024, MSG_DONTWAIT\) = −1 EAGAIN/);
  await see(page, 'five', 'Five clients, one port');
  assert.match(await belief('M23').innerText(), /5 accepted sockets have the local port 8080/);
  assert.match(await belief('M29').innerText(), /The SYNs of 5 connections on descriptors 6 to 10 were held against each other/);
  await see(page, 'three', 'Nothing, end, reset');
  assert.match(await belief('M26').innerText(), /EAGAIN, then gave octets, then 0 for good; another one said ECONNRESET/);
  await accessible(page);
  assertQuiet(complaints);
  await context.close();
});

test('one call after the other, by choice: accept waits until somebody connects', async () => {
  const { page, context, complaints } = await openPage(browser);
  await page.goto(program.url + '/lookups/example/connect');
  await page.locator('button[value="own"]').click();
  const server = page.locator('form.turn.server'), client = page.locator('form.turn.client');
  await server.locator('select[name="call"]').selectOption('accept');
  await server.locator('button').click();
  await server.locator('.busy').waitFor();
  assert.match(await server.innerText(), /Waits in accept\(3\)/);
  await client.locator('select[name="call"]').selectOption('socket');
  await client.locator('button').click();
  await client.locator('select[name="socket"] option').first().waitFor({ state: 'attached' });
  await client.locator('select[name="call"]').selectOption('connect');
  await client.locator('button').click();
  await page.locator('.lanes td.server code', { hasText: '= 4' }).waitFor();
  await server.locator('.busy').waitFor({ state: 'detached' });
  await accessible(page);
  await page.locator('button[value="end"]').click();
  await client.waitFor({ state: 'detached' });
  assertQuiet(complaints);
  await context.close();
});

test('an address is followed to its server, also in Korean, without a script, on a phone', async () => {
  const { page, context } = await openPage(browser, { locale: 'ko-KR', viewport: sizes.phone, javaScriptEnabled: false });
  await page.goto(program.url + '/lookups/example/connect');
  await page.locator('#connect-url').fill('http://www.example.co.kr/');
  await page.locator('.connect-url button').click();
  assert.deepEqual((await states(page, 'client')).slice(0, 2), ['SYN-SENT', 'ESTABLISHED']);
  assert.match(await page.locator('h1').innerText(), /연결/);
  assert.ok(await page.evaluate('document.documentElement.scrollWidth <= innerWidth'));
  await page.goto(page.url().replace('/connect', '')); // the lookup before it is a drawing as ever
  assert.match(await page.locator('main').innerText(), /www\.example\.co\.kr/);
  await context.close();
});

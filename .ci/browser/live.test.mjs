// @ts-check
// Several browsers, lost connections, and no JavaScript at all.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { assertQuiet, lookUp, openPage, startBoth, stepTitles, stepToEnd } from './harness.mjs';

const { program, browser } = await startBoth();

test('two browsers on one trace show the same', async () => {
  const a = await openPage(browser), b = await openPage(browser);
  await a.page.goto(program.url + '/?room=two');
  const { id } = await lookUp(a.page, 'www.chain.example');
  await b.page.goto(`${program.url}/lookups/${id}?room=two`);
  await stepToEnd(a.page);
  await stepToEnd(b.page);
  assert.deepEqual(await stepTitles(b.page), await stepTitles(a.page));
  const drawn = (/** @type {import('playwright-core').Page} */ p) => p.locator('net-drawing svg').first().evaluate((s) => s.textContent);
  assert.equal(await drawn(b.page), await drawn(a.page));
  for (const x of [a, b]) { assertQuiet(x.complaints); await x.context.close(); }
});

test('a lost connection says so, keeps the drawing, and comes back', async () => {
  const { page, context } = await openPage(browser);
  await page.addInitScript(() => {
    const Real = WebSocket;
    /** @type {any} */ (window).sockets = [];
    /** @type {any} */ (window).WebSocket = class extends Real { constructor(/** @type {string} */ u, /** @type {any} */ p) { if (/** @type {any} */ (window).blocked) throw new Error('blocked'); super(u, p); /** @type {any} */ (window).sockets.push(this); } };
  });
  await page.goto(program.url + '/?room=lost');
  await lookUp(page, 'www.example.co.kr');
  await stepToEnd(page);
  const before = await stepTitles(page);
  await context.setOffline(true);
  await page.evaluate(() => /** @type {any} */ (window).sockets.at(-1).close());
  const strip = page.locator('net-strip');
  await strip.getByText(/Reconnecting/i).waitFor({ timeout: 15000 });
  assert.deepEqual(await stepTitles(page), before, 'the drawing is still there');
  await page.keyboard.press('ArrowLeft');
  await context.setOffline(false);
  await strip.getByRole('button').first().click({ timeout: 2000 }).catch(() => {}); // it may have come back by itself
  await strip.getByText(/Reconnecting/i).waitFor({ state: 'hidden', timeout: 30000 });
  await lookUp(page, 'www.dual.example');
  await stepToEnd(page);
  assert.match(await page.locator('title-block').innerText(), /www\.dual\.example/);
  await context.close();
});

test('without JavaScript: the form, the finished drawing, the transcript, the bytes, the clock', async () => {
  const { page, context } = await openPage(browser, { javaScriptEnabled: false });
  await page.goto(program.url + '/?room=nojs');
  await page.locator('input[name="name"]').fill('www.example.co.kr');
  await page.locator('form[action="/lookups"] button').first().click();
  await page.waitForURL(/\/lookups\/t/);
  const text = await page.locator('main').innerText();
  for (const part of ['203.0.113.10', 'kr', 'example.co.kr']) assert.ok(text.includes(part), part);
  assert.ok(await page.locator('net-drawing').getByText('The authoritative answer').first().isVisible(), 'a drawing');
  assert.ok(await page.locator('trace-transcript li').count() >= 15, 'a line for each fact');
  assert.ok(await page.locator('details pre, pre').count() >= 3, 'the bytes of the messages');
  await page.locator('form[action="/clock"] button[value="300"]').click();
  await page.waitForURL(/lookups/);
  await page.locator('form[action="/lookups"] input[name="name"]').fill('www..example');
  await page.locator('form[action="/lookups"] button').first().click();
  assert.match(await page.locator('body').innerText(), /two dots/);
  await page.goto(program.url + '/lookups/tnone');
  assert.match(await page.locator('body').innerText(), /./);
  await context.close();
});

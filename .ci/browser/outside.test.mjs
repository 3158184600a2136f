// @ts-check
// A student's own dig: it appears on the page while the page is open, and its
// drawing can be looked at, with JavaScript and without.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';
import { assertAccessible, assertFits, assertQuiet, openPage, sizes, startBrowser, startProgram, stepTitles, stepToEnd, traceID } from './harness.mjs';

const run = promisify(execFile), none = spawnSync('dig', ['-v']).error ? 'dig is not installed' : false;
if (none && process.env.ROOTWALK_CI) throw new Error(none);

/** @type {Awaited<ReturnType<typeof startProgram>>} */ let program;
/** @type {import('playwright-core').Browser} */ let browser;
/** What the page says is to be typed, up to the name. @type {string[]} */ let command;
before(async () => { program = await startProgram('-dns-listen', '127.0.0.1:0', '-doh'); browser = await startBrowser(); });
after(async () => { await browser?.close(); await program?.stop(); });

/** @param {string[]} args */
const dig = async (...args) => (await run('dig', [...command, '+tries=1', '+time=10', '+short', ...args])).stdout.trim();

test('dig appears on an open page, and a click shows its drawing', { skip: none }, async () => {
  const { page, context, complaints } = await openPage(browser);
  await page.goto(program.url);
  const list = page.locator('outside-list');
  assert.match(await list.innerText(), /None has come yet/);
  const [, ...words] = (await list.locator('code').first().innerText()).split(/\s+/);
  command = words.slice(0, -1); // without NAME
  assert.equal(command[1], '-p');
  await page.locator('outside-count').getByText('From outside: 0').waitFor();

  assert.equal(await dig('www.example.co.kr'), '203.0.113.10');
  const link = list.getByRole('link', { name: 'www.example.co.kr A' });
  await link.waitFor({ timeout: 10000 });
  await page.locator('outside-count').getByText('From outside: 1').waitFor();
  assert.match(await list.locator('li').first().innerText(), /127\.0\.0\.1:\d+\s+\d\d:\d\d:\d\d/);
  assert.ok(!/None has come/.test(await list.innerText()));

  assert.match(await dig('+tcp', 'nobody.example'), /^$/);
  await list.getByRole('link', { name: 'nobody.example A' }).waitFor();
  assert.deepEqual(await list.getByRole('link').allInnerTexts(), ['nobody.example A', 'www.example.co.kr A'], 'newest first');

  await link.click();
  await page.waitForURL(/\/lookups\/t/);
  await page.waitForFunction(() => document.body.hasAttribute('data-ended'));
  assert.match(page.url(), new RegExp(await traceID(page)));
  await stepToEnd(page);
  const titles = await stepTitles(page);
  assert.equal(titles[0], 'A query comes from outside');
  assert.equal(titles.at(-1), 'The resolver answers the program');
  const drawn = await page.locator('net-drawing svg').first().evaluate((s) => s.textContent ?? '');
  for (const part of ['Program outside', 'Recursive resolver', 'Root server']) assert.ok(drawn.includes(part), part);
  assert.ok(!drawn.includes('Your device'), 'no device took part');
  assert.match(await page.locator('title-block').innerText(), /203\.0\.113\.10/);
  assert.match(await page.locator('byte-inspector').innerText(), /www/, 'the bytes of the response');
  assert.equal(await page.locator('outside-list a[aria-current="page"]').innerText(), 'www.example.co.kr A');

  // the resolver's cache is the room's: the second query costs no packet
  await dig('www.example.co.kr');
  await list.locator('li').nth(2).waitFor();
  await list.getByRole('link').first().click();
  await page.waitForURL((u) => !u.pathname.includes('none') && /\/lookups\/t/.test(u.pathname));
  await page.waitForFunction(() => document.body.hasAttribute('data-ended') && document.querySelectorAll('step-list li[data-n]').length === 3);
  assert.deepEqual((await stepTitles(page)).at(-1), 'Answered from the resolver’s cache');
  assertQuiet(complaints);
  await context.close();
});

test('in Korean, on a tablet, on a phone: nothing is cut off', { skip: none }, async () => {
  await dig('www.chain.example');
  for (const [name, viewport] of Object.entries(sizes)) {
    const { page, context, complaints } = await openPage(browser, { viewport, locale: 'ko-KR' });
    await page.goto(program.url + '/?lang=ko');
    const list = page.locator('outside-list');
    await list.getByRole('link', { name: 'www.chain.example A' }).waitFor();
    assert.match(await page.locator('#outside').innerText(), /바깥에서 온 질의/);
    await assertFits(page, name);
    await assertAccessible(page, name, { part: '#outside, .from-outside' });
    if (process.env.ROOTWALK_SHOTS) {
      await page.screenshot({ path: `${process.env.ROOTWALK_SHOTS}/outside-${name}.png` });
      await list.scrollIntoViewIfNeeded();
      await page.screenshot({ path: `${process.env.ROOTWALK_SHOTS}/outside-${name}-list.png` });
      await list.getByRole('link').first().click();
      await page.waitForFunction(() => document.body.hasAttribute('data-ended'));
      await stepToEnd(page);
      await page.screenshot({ path: `${process.env.ROOTWALK_SHOTS}/outside-${name}-drawn.png` });
    }
    assertQuiet(complaints);
    await context.close();
  }
});

test('without JavaScript the list and the drawing are there as well', { skip: none }, async () => {
  const { page, context } = await openPage(browser, { javaScriptEnabled: false });
  await page.goto(program.url);
  await page.locator('outside-list').getByRole('link', { name: 'nobody.example A' }).click();
  await page.waitForURL(/\/lookups\/t/);
  assert.match(await page.locator('main').innerText(), /A query comes from outside, over TCP/);
  assert.match(await page.locator('#transcript').innerText(), /there is no nobody\.example/);
  await context.close();
});

test('over HTTPS, with a certificate made for the run: kdig and curl appear on a page that came over TLS too', async (t) => {
  for (const tool of ['kdig', 'curl']) {
    if (spawnSync(tool, ['--version']).error) {
      if (process.env.ROOTWALK_CI) throw new Error(`${tool} is not installed`);
      return;
    }
  }
  const secure = await startProgram('-doh', '-tls', 'self');
  t.after(() => secure.stop());
  assert.match(secure.url, /^https:\/\/127\.0\.0\.1:/);
  for (const lang of ['en', 'ko']) {
    const { page, context, complaints } = await openPage(browser, { ignoreHTTPSErrors: true });
    await page.goto(`${secure.url}/?lang=${lang}`);
    const list = page.locator('outside-list'), address = `${secure.url}/dns-query`;
    await list.waitFor();
    assert.ok((await list.innerText()).includes(address), 'the page says where');
    await page.locator('outside-count').waitFor();
    const name = `n-${lang}.wild.example`;
    const { stdout } = await run('kdig', ['@127.0.0.1', '-p', new URL(secure.url).port, '+https=/dns-query', name]);
    assert.match(stdout, /203\.0\.113\.19/);
    await list.getByRole('link', { name: `${name} A` }).waitFor({ timeout: 10000 });
    // From a loopback address there is no way to the web server, and no packet leaves: that it tries is what is wanted.
    const curl = spawnSync('curl', ['-sv', '-4', '--interface', '127.0.0.1', '--max-time', '10', '--doh-insecure', '--doh-url', address, `http://c-${name}/`], { encoding: 'utf8' });
    assert.match(curl.stderr, /Trying 203\.0\.113\.19/);
    const link = list.getByRole('link', { name: `c-${name} A`, exact: true });
    await link.waitFor({ timeout: 10000 });
    await link.click();
    await page.waitForURL(/\/lookups\/t/);
    await page.waitForFunction(() => document.body.hasAttribute('data-ended'));
    await stepToEnd(page);
    assert.match(await page.locator('step-list').innerText(), /DoH/);
    if (process.env.ROOTWALK_SHOTS) await page.screenshot({ path: `${process.env.ROOTWALK_SHOTS}/doh-${lang}.png` });
    assertQuiet(complaints);
    await context.close();
  }
});

test('where nobody may ask, nothing is said of it', async () => {
  const closed = await startProgram();
  const { page, context } = await openPage(browser);
  await page.goto(closed.url);
  assert.equal(await page.locator('outside-list, outside-count').count(), 0);
  await page.goto(program.url + '/?room=elsewhere');
  assert.equal(await page.locator('outside-list, outside-count').count(), 0, 'another room has another resolver');
  await context.close();
  await closed.stop();
});

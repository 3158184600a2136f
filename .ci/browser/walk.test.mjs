// @ts-check
// What a learner does: look up, step, look up again, let time pass.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { assertQuiet, lookUp, openPage, ready, sizes, startBrowser, startProgram, stepToEnd, stepTitles } from './harness.mjs';

/** @type {Awaited<ReturnType<typeof startProgram>>} */ let program;
/** @type {import('playwright-core').Browser} */ let browser;
before(async () => { program = await startProgram(); browser = await startBrowser(); });
after(async () => { await browser?.close(); const ms = await program?.stop(); assert.ok(ms < 2000, `closing took ${ms} ms`); });

test('the recorded example can be stepped through at once', async () => {
  const { page, context, complaints } = await openPage(browser);
  await page.goto(program.url + '/');
  await stepToEnd(page);
  assert.match(await page.locator('title-block').innerText(), /203\.0\.113\.10/);
  assert.match(await page.locator('title-block').innerText(), /recorded/i);
  assertQuiet(complaints);
  await context.close();
});

test('a walk: root, kr (one level skipped), example.co.kr; then a hit; then expiry by the clock', async () => {
  const { page, context, complaints } = await openPage(browser);
  await page.goto(program.url + '/?room=walk');
  await lookUp(page, 'www.example.co.kr');
  await stepToEnd(page);
  const block = page.locator('title-block');
  assert.match(await block.innerText(), /203\.0\.113\.10/);
  assert.match(await block.innerText(), /1 by your device, 3 by (its )?resolver/i);
  assert.match(await block.innerText(), /live/i);
  const plates = await page.locator('net-drawing').innerText();
  for (const word of ['Root server', 'kr server', 'Authoritative server', 'example', 'www']) assert.ok(plates.includes(word), `the drawing names ${word}`);
  const rows = page.locator('cache-table section[data-cache="R1"] tbody tr');
  assert.ok(await rows.count() >= 4, 'R1 keeps what it learned');

  await lookUp(page, 'www.example.co.kr');
  await stepToEnd(page);
  assert.match(await block.innerText(), /0 by your device, 0 by (its )?resolver/i);
  assert.match(await block.innerText(), /203\.0\.113\.10/);

  const ring = page.locator('cache-table section[data-cache="device"] tbody tr').first();
  assert.match(await ring.innerText(), /4:\d\d|5:00/, 'the ring is nearly full');
  await page.getByRole('button', { name: '5 min' }).click();
  await page.waitForFunction(() => document.querySelector('cache-table section[data-cache="device"] tbody tr')?.getAttribute('data-state') === 'expired'
    || document.querySelectorAll('cache-table section[data-cache="device"] tbody tr').length === 0);
  await lookUp(page, 'www.example.co.kr');
  await stepToEnd(page);
  assert.match(await block.innerText(), /1 by your device, 1 by (its )?resolver/i, 'the zone is still known, the record is not');
  assertQuiet(complaints);
  await context.close();
});

test('no such name, and a name without that type', async () => {
  const { page, context, complaints } = await openPage(browser);
  await page.goto(program.url + '/?room=none');
  await lookUp(page, 'wwww.example.co.kr');
  await stepToEnd(page);
  assert.match(await page.locator('title-block').innerText(), /NXDOMAIN|no such name/i);
  assert.match(await page.locator('cache-table').innerText(), /wwww\.example\.co\.kr/);
  await lookUp(page, 'www.nodata.example', 'AAAA');
  await stepToEnd(page);
  assert.match((await stepTitles(page)).join('\n'), /the type does not/);
  assertQuiet(complaints);
  await context.close();
});

for (const [name, type, what] of [
  ['www.sidewalk.org', 'A', 'side walk'], ['www.chain.example', 'A', 'alias chain'], ['t4k.big.test', 'TXT', 'truncation and TCP'], ['www.lame.test', 'A', 'lame server'],
  ['www.old.dname.example', 'A', 'DNAME'], ['a.loop.example', 'A', 'alias loop'], ['한글.kr', 'A', 'IDN'], ['www.closed.test', 'A', 'closed port'], ['localhost', 'A', 'hosts file'],
]) {
  test(`drawn without complaint: ${what}`, async () => {
    const { page, context, complaints } = await openPage(browser);
    await page.goto(program.url + '/?room=cases');
    await lookUp(page, name, type);
    await stepToEnd(page);
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.ok(overflow <= 0, `the page is ${overflow} px too wide`);
    assertQuiet(complaints);
    await context.close();
  });
}

test('a bad name is explained beside the field and nothing is sent', async () => {
  const { page, context, complaints } = await openPage(browser);
  /** @type {string[]} */ const sent = [];
  page.on('websocket', (ws) => ws.on('framesent', (f) => sent.push(String(f.payload))));
  await page.goto(program.url + '/');
  await ready(page);
  await page.locator('name-form input[name="name"]').fill('www..example');
  await page.locator('name-form button[type="submit"], name-form button.primary').first().click();
  const said = page.locator('name-form').getByText(/two dots/i);
  await said.waitFor();
  const id = await page.locator('name-form input[name="name"]').getAttribute('aria-describedby');
  assert.ok(id, 'the field names its message');
  assert.equal(await page.locator('name-form input[name="name"]').getAttribute('aria-invalid'), 'true');
  assert.ok(!sent.some((s) => s.includes('"lookup"')), 'nothing was asked');
  assertQuiet(complaints);
  await context.close();
});

test('the phone has its own drawing and can do the same', async () => {
  const { page, context, complaints } = await openPage(browser, { viewport: sizes.phone, hasTouch: true, isMobile: true });
  await page.goto(program.url + '/?room=phone');
  await lookUp(page, 'www.example.co.kr');
  await stepToEnd(page);
  for (const tab of ['Cache', 'Bytes', 'Time', 'Steps']) {
    await page.getByRole('button', { name: tab, exact: true }).or(page.getByRole('tab', { name: tab, exact: true })).first().click();
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.ok(overflow <= 0, `${tab}: the page is ${overflow} px too wide`);
  }
  assertQuiet(complaints);
  await context.close();
});

test('the same in Korean, and the switch keeps the place', async () => {
  const { page, context, complaints } = await openPage(browser, { locale: 'ko-KR' });
  await page.goto(program.url + '/?room=ko');
  assert.equal(await page.locator('html').getAttribute('lang'), 'ko');
  await lookUp(page, 'www.example.co.kr');
  await page.locator('step-list li[data-n] button').nth(3).click();
  await page.waitForTimeout(200);
  const at = await page.locator('step-list [aria-current="step"] .balloon').innerText();
  await page.getByRole('link', { name: 'English' }).or(page.getByRole('button', { name: 'English' })).first().click();
  await page.waitForFunction(() => document.documentElement.lang === 'en');
  assert.equal(await page.locator('step-list [aria-current="step"] .balloon').innerText(), at, 'still at the same step');
  const text = await page.locator('body').innerText();
  assert.ok(!/[가-힣]/.test(text.replaceAll('한국어', '').replaceAll('한글', '')), 'no Korean is left: ' + (text.match(/.*[가-힣].*/g) ?? []).slice(0, 5).join(' | '));
  assertQuiet(complaints);
  await context.close();
});

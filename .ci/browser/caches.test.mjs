// @ts-check
// The detail sheet of caches: every layer side by side, each copy with its own
// clock; presets, one layer emptied, two resolvers that differ, the forecast.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { assertAccessible, assertFits, assertQuiet, lookUp, openPage, ready, sizes, startBoth } from './harness.mjs';

const { program, browser } = await startBoth();

/** @param {import('playwright-core').Page} page @param {string} layer */
const result = (page, layer) => page.locator(`[data-layer="${layer}"]`).getAttribute('data-result');

/** @param {import('playwright-core').Page} page @param {string} layer */
const left = async (page, layer) => {
  const [, min, sec] = /(\d+):(\d\d)/.exec(await page.locator(`[data-layer="${layer}"] .copies .time`).first().innerText()) ?? [];
  return Number(min) * 60 + Number(sec);
};

/** @param {import('playwright-core').Page} page @param {string} preset @param {RegExp} done */
async function prepare(page, preset, done) {
  await page.getByRole('button', { name: preset, exact: true }).click();
  await page.locator('layer-controls .done').filter({ hasText: done }).waitFor();
}

/** Looks the name up once more and stays on this sheet. @param {import('playwright-core').Page} page */
async function again(page) {
  const before = page.url();
  await page.getByRole('button', { name: 'Look it up again' }).click();
  await page.waitForURL(u => u.href !== before && u.pathname.endsWith('/caches'));
  await ready(page);
  await page.waitForFunction(() => document.body.hasAttribute('data-ended'));
  await page.locator('step-scrubber input').focus();
  await page.keyboard.press('End');
  await page.locator('cache-layers[data-now]').waitFor();
}

test('every layer is asked in turn, shown at the step where it happens', async () => {
  const { page, context, complaints } = await openPage(browser);
  await page.goto(program.url + '/lookups/example/caches');
  await ready(page);
  assert.deepEqual(await page.locator('cache-layers .layer h2').allInnerTexts(), ['Browser', 'Hosts file', 'Operating system', 'Resolver R1', 'Resolver R2', 'ns1.example.co.kr', 'ns2.example.co.kr']);
  assert.equal(await result(page, 'browser'), 'none', 'nothing is asked before the first step');
  await page.locator('step-scrubber input').focus();
  await page.keyboard.press('ArrowRight');
  await page.locator('[data-layer="device"][data-result="miss"]').waitFor();
  assert.equal(await result(page, 'browser'), 'miss');
  assert.equal(await result(page, 'hosts'), 'miss');
  assert.equal(await result(page, 'R1'), 'none', 'the resolver is asked later');
  await page.keyboard.press('End');
  await page.locator('[data-layer="ns1.example.co.kr."][data-result="answered"]').waitFor();
  assert.equal(await result(page, 'R1'), 'miss');
  assert.equal(await result(page, 'R2'), 'none');
  assert.match(await page.locator('[data-layer="browser"] .copies').innerText(), /1:00/, 'the browser keeps a minute');
  assert.match(await page.locator('[data-layer="device"] .copies').innerText(), /5:00/);
  assert.match(await page.locator('[data-layer="ns1.example.co.kr."]').innerText(), /TTL 5 min, not counting down/);
  assertQuiet(complaints);
  await context.close();
});

test('presets, a flush of one layer, a partial hit, and an hour later', async () => {
  const { page, context, complaints } = await openPage(browser);
  await page.goto(program.url + '/?room=presets');
  const { id } = await lookUp(page, 'www.example.co.kr');
  await page.goto(`${program.url}/lookups/${id}/caches?room=presets`);
  await ready(page);
  await page.waitForFunction(() => document.body.hasAttribute('data-ended'));

  await prepare(page, 'All warm', /have the answer now/);
  assert.ok(await left(page, 'browser') <= 60 && await left(page, 'device') > 60);
  await page.getByRole('button', { name: 'Empty it: Browser' }).click();
  await page.waitForFunction(() => document.querySelectorAll('[data-layer="browser"] .copies li:not([data-state="expired"])').length === 0);
  assert.ok(await left(page, 'device') > 60, 'only that layer is empty');
  await again(page);
  assert.equal(await result(page, 'browser'), 'miss');
  assert.equal(await result(page, 'device'), 'hit');
  assert.equal(await result(page, 'R1'), 'none', 'nobody else was asked');

  await prepare(page, 'Knows the TLD', /top-level domain/);
  await again(page);
  assert.equal(await result(page, 'R1'), 'partial');
  assert.match(await page.locator('[data-layer="R1"] .look').innerText(), /starts at kr/);

  const verdict = page.locator('.forecast .verdict');
  assert.match(await verdict.innerText(), /latest moment anybody here sees the old one is \d\d:\d\d:\d\d/);
  assert.equal(await page.locator('.forecast .bars li').count(), 3);
  assert.match(await page.locator('.forecast .reasons').innerText(), /5 min more \(negative TTL of example\.co\.kr\)/);
  await page.getByRole('button', { name: '1 h', exact: true }).click();
  await page.locator('[data-layer="R1"] .copies li[data-state="expired"]').waitFor();
  assert.match(await verdict.innerText(), /Nobody here has a copy/);
  assert.match(await page.locator('[data-layer="R1"] .others').innerText(), /4[67] h/, 'the delegation of kr lives on');
  assertQuiet(complaints);
  await context.close();
});

test('two resolvers filled at different moments differ, and the device may use either', async () => {
  const { page, context, complaints } = await openPage(browser);
  await page.goto(program.url + '/?room=two');
  const { id } = await lookUp(page, 'www.example.co.kr');
  await page.goto(`${program.url}/lookups/${id}/caches?room=two`);
  await ready(page);
  await prepare(page, 'R1 and R2, 2 min apart', /two minutes earlier/);
  const apart = await left(page, 'R1') - await left(page, 'R2');
  assert.ok(Math.abs(apart - 120) <= 2, `${apart} s apart`);
  assert.equal(await page.locator('.forecast .bars li').count(), 2);
  await page.getByRole('button', { name: 'R2', exact: true }).click();
  await page.locator('button[value="R2"][aria-pressed="true"]').waitFor();
  await again(page);
  assert.equal(await result(page, 'R2'), 'hit');
  assert.equal(await result(page, 'R1'), 'none');
  const sec = await left(page, 'device');
  assert.ok(sec <= 180 && sec > 60, `the device got what R2 has left: ${sec} s`);
  assertQuiet(complaints);
  await context.close();
});

test('a denial has a ring too, and is not kept by the browser', async () => {
  const { page, context, complaints } = await openPage(browser);
  await page.goto(program.url + '/?room=denial');
  const { id } = await lookUp(page, 'wwww.example.co.kr');
  await page.goto(`${program.url}/lookups/${id}/caches?room=denial#s=1`);
  await ready(page);
  await page.locator('step-scrubber input').focus();
  await page.keyboard.press('End');
  const row = page.locator('[data-layer="R1"] .copies li[data-kind="nxdomain"]');
  await row.waitFor();
  assert.match(await row.innerText(), /no such name/);
  assert.equal(await page.locator('[data-layer="browser"] .copies li').count(), 0);
  assert.equal(await page.locator('[data-layer="ns1.example.co.kr."] .held .data').innerText(), 'no such name');
  assertQuiet(complaints);
  await context.close();
});

for (const [lang, locale, w] of /** @type {const} */ ([['en', 'en-US', { change: 'Change the record', again: 'Look it up again', skip: /latest moment/, done: /now has 203\.0\.113\.44/ }], ['ko', 'ko-KR', { change: '레코드 바꾸기', again: '다시 찾기', skip: /마지막|늦/, done: /203\.0\.113\.44/ }]])) {
  test(`the record is changed, copies stay old until their time is over, then each turns: ${lang}`, async () => {
    const { page, context, complaints } = await openPage(browser, { locale });
    await page.goto(`${program.url}/?room=stale-${lang}`);
    const { id } = await lookUp(page, 'www.example.co.kr');
    await page.goto(`${program.url}/lookups/${id}/caches?room=stale-${lang}`);
    await ready(page);
    await page.waitForFunction(() => document.body.hasAttribute('data-ended'));
    await page.locator('step-scrubber input').focus();
    await page.keyboard.press('End');
    await page.locator('cache-layers[data-now]').waitFor();
    await page.locator('#change-to').fill('203.0.113.44');
    await page.getByRole('button', { name: w.change, exact: true }).click();
    await page.locator('layer-controls .done').filter({ hasText: w.done }).waitFor();
    // The servers of the zone have the new address, each cache the old one.
    for (const ns of ['ns1', 'ns2']) await page.locator(`[data-layer="${ns}.example.co.kr."] .held .data`, { hasText: '203.0.113.44' }).waitFor();
    for (const layer of ['browser', 'device', 'R1']) await page.locator(`[data-layer="${layer}"] .copies li[data-old]`, { hasText: '203.0.113.10' }).waitFor();
    assert.match(await page.locator('.forecast .verdict').innerText(), w.skip);
    assert.equal(await page.locator('.forecast .bars li[data-old]').count(), 3);
    const until = (await page.locator('.forecast .bars li[data-old] .until').allInnerTexts()).map(t => /\d\d:\d\d:\d\d/.exec(t)?.[0] ?? '').sort();
    assert.ok((await page.locator('.forecast .verdict').innerText()).includes(String(until.at(-1))), 'the latest moment is the end of the longest copy');
    // Lesson time passes: the last old copy is over, and the next lookup finds the new address everywhere.
    await page.locator('lesson-clock button[value="300"], lesson-clock [data-seconds="300"]').first().click();
    await page.waitForFunction(() => !document.querySelector('.copies li[data-old]:not([data-state="expired"])'));
    await page.getByRole('button', { name: w.again }).click();
    await page.waitForFunction(old => !location.href.includes(old), id);
    await ready(page);
    await page.waitForFunction(() => document.body.hasAttribute('data-ended'));
    await page.locator('step-scrubber input').focus();
    await page.keyboard.press('End');
    for (const layer of ['browser', 'device', 'R1']) await page.locator(`[data-layer="${layer}"] .copies li:not([data-old])`, { hasText: '203.0.113.44' }).waitFor();
    assert.equal(await page.locator('.copies li[data-old]:not([data-state="expired"])').count(), 0);
    assertQuiet(complaints);
    await context.close();
  });
}

test('without a script: the layers, the forecast, the forms and where each copy comes from', async () => {
  const { page, context } = await openPage(browser, { javaScriptEnabled: false });
  await page.goto(program.url + '/lookups/example/caches');
  assert.match(await page.locator('.forecast .verdict').innerText(), /latest moment/);
  await page.getByRole('button', { name: 'All warm', exact: true }).click();
  await page.waitForURL(/\/lookups\/example\/caches$/);
  await page.getByRole('button', { name: 'R2', exact: true }).click();
  assert.equal(await page.locator('button[value="R2"]').getAttribute('aria-pressed'), 'true');
  await page.getByRole('button', { name: 'R1', exact: true }).click();
  const origin = page.locator('details', { has: page.locator('summary', { hasText: 'www.example.co.kr A in: Resolver R1' }) });
  await origin.locator('summary').click();
  const text = await origin.innerText();
  for (const part of [/ns1\.example\.co\.kr, 203\.0\.113\.53/, /step 9, \d+ bytes/, /0x23–0x32: c0 0c/, /AA=1/, /6 of 6: answer section of an authoritative response/, /5 min then/]) assert.match(text, part);
  await context.close();
});

for (const [name, options] of /** @type {[string, any][]} */ ([['desktop', {}], ['tablet, dark', { viewport: sizes.tablet, colorScheme: 'dark' }], ['phone, Korean', { viewport: sizes.phone, locale: 'ko-KR' }]])) {
  test(`axe-core and width: ${name}`, async () => {
    const { page, context, complaints } = await openPage(browser, { ...options, bypassCSP: true });
    await page.goto(program.url + '/lookups/example/caches#s=10');
    await ready(page);
    await page.locator('[data-layer="R1"] .copies li').waitFor();
    await assertAccessible(page, name);
    await assertFits(page, name);
    const small = await page.evaluate(() => [...document.querySelectorAll('cache-layers *')].filter(e => e.childNodes.length && e.checkVisibility() && parseFloat(getComputedStyle(e).fontSize) < 11.9).length);
    assert.equal(small, 0, 'no text below 12 px');
    assertQuiet(complaints);
    await context.close();
  });
}

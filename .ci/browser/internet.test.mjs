// @ts-check
// The real internet beside the lab, in network namespaces: the switch, what the
// probe found, and what only a real network has: silence, a truncated response, an
// address that nothing may be sent to.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { assertAccessible, assertFits, assertQuiet, lookUp, openPage, ready, sizes, startBrowser, stepTitles, stepToEnd } from './harness.mjs';
import { noWorld, startWorld } from './world.mjs';

const none = noWorld();
if (none && process.env.ROOTWALK_CI === '1' && process.getuid?.() === 0) throw new Error(none);
const shots = process.env.ROOTWALK_SHOTS;

/** @type {Awaited<ReturnType<typeof startWorld>>} */ let world;
/** @type {Awaited<ReturnType<Awaited<ReturnType<typeof startWorld>>['program']>>} */ let program;
/** @type {import('playwright-core').Browser} */ let browser;
before(async () => {
  if (none) return;
  world = await startWorld();
  program = await world.program(false, '-net', 'both');
  browser = await startBrowser();
});
after(async () => { await browser?.close(); await program?.stop(); await world?.stop(); });

/** Waits until the probe has ended. @param {import('playwright-core').Page} page @param {string} state */
const probed = (page, state) => page.waitForFunction((s) => /** @type {HTMLElement | null} */ (document.querySelector('network-choice'))?.dataset.state === s, state, { timeout: 15000 });

/** @param {import('playwright-core').Page} page */
async function wellMade(page, what = 'network-choice') {
  await assertFits(page, what);
  await assertAccessible(page, what, { part: what });
}

test('the switch: first the lab, then the real internet, each with caches of its own', { skip: none }, async () => {
  const { page, context, complaints } = await openPage(browser);
  await page.goto(program.url);
  await ready(page);
  await probed(page, 'open');
  const lab = page.getByRole('radio', { name: 'the lab' }), internet = page.getByRole('radio', { name: 'the real internet' });
  assert.ok(await lab.isChecked(), 'nothing is asked of the real internet before it is chosen');
  assert.match(await page.locator('network-choice .state').innerText(), /Port 53 is open.*ARP cannot be seen/);
  await wellMade(page);
  await lookUp(page, 'www.example.co.kr');
  await stepToEnd(page);
  assert.match(await page.locator('title-block').innerText(), /live, lab internet/);

  await internet.check();
  await lookUp(page, 'www.good.test');
  await stepToEnd(page);
  assert.match(await page.locator('title-block').innerText(), /live, real internet/);
  assert.match(await page.locator('title-block').innerText(), /193\.108\.91\.10/);
  assert.ok(await internet.isChecked());
  const caches = await page.locator('cache-table').innerText();
  assert.match(caches, /www\.good\.test/);
  assert.doesNotMatch(caches, /example\.co\.kr/, 'the lab’s caches are others');

  // emptied: the next walk begins at the root again
  await page.locator('cache-table section[data-cache="R1"] button').click();
  await page.waitForFunction(() => !document.querySelector('cache-table section[data-cache="R1"]')?.textContent?.includes('193.108.88.50'));
  await lookUp(page, 'nobody.good.test');
  assert.ok((await stepTitles(page)).some((t) => t.includes('root')), 'from the root');

  // the lab has not forgotten
  await lab.check();
  await lookUp(page, 'www.example.co.kr');
  await stepToEnd(page);
  assert.match(await page.locator('title-block').innerText(), /0 by (your device|resolvers)/);
  assertQuiet(complaints);
  await context.close();
});

const sentences = {
  en: { blocked: ['Nothing is sent to ns.evil.test', /169\.254\.169\.254 is no address of the public internet \(link-local\)/], viewport: sizes.desktop },
  ko: { blocked: ['ns.evil.test로 아무것도 보내지 않습니다', /169\.254\.169\.254는 공용 인터넷 주소가 아닙니다\(link-local\)/], viewport: sizes.phone },
};

/** Kinds of the facts of the trace on show. @param {import('playwright-core').Page} page @returns {Promise<string[]>} */
const kinds = (page) => page.evaluate(() => fetch(`/lookups/${document.body.dataset.trace}.json`).then(r => r.json()).then(f => f.events.map((/** @type {any} */ e) => e.kind)));

for (const lang of /** @type {const} */ (['en', 'ko'])) {
  test(`refusal, retry and TCP are drawn from facts (${lang})`, { skip: none }, async () => {
    const { blocked, viewport } = sentences[lang];
    const { page, context, complaints } = await openPage(browser, { viewport, colorScheme: lang === 'ko' ? 'dark' : 'light' });
    await page.goto(`${program.url}/?lang=${lang}&room=${lang}`);
    await ready(page);
    await probed(page, 'open');
    await page.locator('network-choice input[value="internet"]').check();

    await lookUp(page, 'www.evil.test');
    await stepToEnd(page);
    const titles = await stepTitles(page);
    assert.ok(titles.some((t) => t.includes(String(blocked[0]))), titles.join(' | '));
    assert.match(await page.locator('trace-transcript').innerText(), /** @type {RegExp} */ (blocked[1]));
    assert.ok((await kinds(page)).includes('query.blocked'));
    assert.doesNotMatch(await page.locator('trace-transcript').innerText(), /169\.254\.169\.254.*(bytes|바이트)/, 'nothing was sent there');
    if (shots) await page.screenshot({ path: `${shots}/blocked-${lang}.png` });

    // Silence: asked, and asked again, each with its timer.
    await lookUp(page, 'www.silent.test');
    await stepToEnd(page);
    assert.equal((await kinds(page)).filter((k) => k === 'query.timedOut').length, 2, 'two timers ran out');
    assert.equal((await stepTitles(page)).filter((t) => /No reply|응답이 없습니다/.test(t)).length, 2, (await stepTitles(page)).join(' | '));
    assert.match(await page.locator('trace-transcript').innerText(), lang === 'en' ? /again/ : /다시/);
    if (shots) await page.screenshot({ path: `${shots}/silence-${lang}.png` });

    await lookUp(page, 'long.good.test', 'TXT');
    await stepToEnd(page);
    assert.ok((await stepTitles(page)).some((t) => /TCP/.test(t)), (await stepTitles(page)).join(' | '));
    if (shots) await page.screenshot({ path: `${shots}/tcp-${lang}.png` });
    await wellMade(page, 'main');
    assertQuiet(complaints);
    await context.close();
  });
}

test('without JavaScript the switch is part of the form', { skip: none }, async () => {
  const { page, context } = await openPage(browser, { javaScriptEnabled: false });
  await page.goto(program.url + '/?room=plain');
  await page.getByRole('radio', { name: 'the real internet' }).check();
  await page.locator('#ask-name').fill('www.good.test');
  await page.getByRole('button', { name: 'Look up' }).click();
  await page.waitForURL(/\/lookups\/t/);
  assert.match(await page.locator('title-block').innerText(), /193\.108\.91\.10[\s\S]*live, real internet/);
  assert.ok(await page.getByRole('radio', { name: 'the real internet' }).isChecked(), 'it stays there');
  await context.close();
});

test('where port 53 is closed the page says so, stays in the lab, and is loud about -allow-private', { skip: none }, async () => {
  const closed = await world.program(true, '-net', 'internet', '-allow-private');
  const words = { en: [/Port 53 is closed in this network: lookups stay in the lab/, /-allow-private is on/], ko: [/53번 포트가 막혀 있습니다/, /-allow-private가 켜져 있습니다/] };
  for (const lang of /** @type {const} */ (['en', 'ko'])) {
    const { page, context, complaints } = await openPage(browser, { viewport: lang === 'ko' ? sizes.phone : sizes.desktop });
    await page.goto(`${closed.url}/?lang=${lang}`);
    await ready(page);
    await probed(page, 'closed');
    for (const w of words[lang]) assert.match(await page.locator('network-choice').innerText(), w);
    assert.ok(await page.locator('network-choice input[value="internet"]').isDisabled());
    await wellMade(page);
    await lookUp(page, 'www.example.co.kr');
    await stepToEnd(page);
    assert.match(await page.locator('title-block').innerText(), /203\.0\.113\.10/);
    if (shots) await page.screenshot({ path: `${shots}/closed-${lang}.png` });
    assertQuiet(complaints);
    await context.close();
  }
  await closed.stop();
});

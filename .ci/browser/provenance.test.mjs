// @ts-check
// Where a record comes from: of a row of a cache, of the answer, of a step, of
// the bytes of a record; by hand and by keyboard alone.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { assertAccessible, assertFits, assertQuiet, lookUp, openPage, ready, sizes, startBoth, stepToEnd, traceID } from './harness.mjs';

const { program, browser } = await startBoth();

/** The ribbon once it has told. @param {import('playwright-core').Page} page */
async function told(page) {
  const ribbon = page.locator('dialog.provenance[open]');
  await ribbon.locator('dl').waitFor();
  return ribbon;
}

test('a row of a cache leads to the very bytes, and the link opens them', async () => {
  const { page, context, complaints } = await openPage(browser);
  await page.goto(program.url + '/');
  await ready(page);
  await stepToEnd(page);
  assert.equal(await page.evaluate(() => performance.getEntriesByType('resource').filter(r => r.name.includes('provenance')).length), 0, 'it comes by need');
  await page.locator('cache-table [data-cache="R1"] tr', { hasText: '203.0.113.10' }).locator('.owner a').click();
  const ribbon = await told(page);
  const text = await ribbon.innerText();
  for (const part of [/www\.example\.co\.kr A\s+203\.0\.113\.10/, /ns1\.example\.co\.kr, 203\.0\.113\.53/, /step 9, \d+ bytes/, /AA=1/, /5 min then, (5:00|4:59) now/, /www\.example\.co\.kr A/]) assert.match(text, part);
  assert.equal(await ribbon.locator('.ranks [aria-current]').innerText(), 'answer section of an authoritative response: nothing outranks it');
  assert.match(await ribbon.locator('.hex').innerText(), /0x23 c0 0c 00 01 00 01 00 00 01 2c 00 04 cb 00 71 0a/);
  await ribbon.locator('.message a').click();
  await page.waitForFunction(() => document.querySelector('step-list [aria-current="step"] .balloon')?.textContent === '9');
  await page.waitForFunction(() => document.querySelector('byte-inspector .field[aria-selected="true"] .name')?.textContent === 'NAME');
  assert.ok(!(await page.locator('dialog.provenance').isVisible()));
  assertQuiet(complaints);
  await context.close();
});

test('the address with a step and a byte opens there', async () => {
  const { page, context, complaints } = await openPage(browser);
  await page.goto(program.url + '/lookups/example#s=9&f=b41');
  await ready(page);
  await page.waitForFunction(() => document.querySelector('byte-inspector .field[aria-selected="true"] .name')?.textContent === 'TTL');
  assert.equal(await page.locator('step-list [aria-current="step"] .balloon').innerText(), '9');
  assertQuiet(complaints);
  await context.close();
});

test('by keyboard: from a field of a record, and the focus comes back', async () => {
  const { page, context, complaints } = await openPage(browser);
  await page.goto(program.url + '/lookups/example#s=5');
  await ready(page);
  const field = page.locator('byte-inspector .field[aria-selected="true"]');
  await field.waitFor();
  await field.focus();
  await page.keyboard.press('End');
  await page.keyboard.press('Enter');
  await page.locator('dialog.provenance[open]', { hasText: 'not a record of any name' }).waitFor();
  await page.keyboard.press('Escape');
  for (let i = 0; i < 40 && !/^RDATA/.test(await page.evaluate(() => document.activeElement?.textContent ?? '')); i++) await page.keyboard.press('ArrowUp');
  await page.keyboard.press('Enter');
  const ribbon = await told(page);
  assert.match(await ribbon.innerText(), /Additional/);
  assert.equal(await ribbon.locator('.ranks [aria-current]').innerText(), 'additional section: good for finding a server, never an answer (glue)');
  await page.keyboard.press('Escape');
  await ribbon.waitFor({ state: 'hidden' });
  assert.ok(await page.evaluate(() => document.activeElement?.closest('byte-inspector') !== null), 'the focus is back in the inspector');
  await page.locator('step-list [data-state="now"] .more a').focus();
  await page.keyboard.press('Enter');
  await page.locator('dialog.provenance[open] .records button').first().waitFor();
  assert.match(await page.locator('dialog.provenance h2').innerText(), /\d+ records/);
  await page.keyboard.press('Enter');
  await told(page);
  assertQuiet(complaints);
  await context.close();
});

test('what an earlier lookup stored names the question that paid for it', async () => {
  const { page, context, complaints } = await openPage(browser);
  await page.goto(program.url + '/?room=paid');
  const first = await lookUp(page, 'www.example.co.kr');
  await lookUp(page, 'mail.example.co.kr');
  await stepToEnd(page);
  await page.locator('cache-table [data-cache="R1"] tr', { hasText: 'kr' }).filter({ has: page.locator('.type', { hasText: /^NS$/ }) }).locator('.owner a').last().click();
  const ribbon = await told(page);
  assert.match(await ribbon.locator('.paid').innerText(), /www\.example\.co\.kr A/);
  assert.ok((await ribbon.locator('.paid a').getAttribute('href'))?.includes(first.id), 'the link leads to that trace');
  assert.match(await ribbon.locator('.ranks [aria-current]').innerText(), /authority section of a referral/);
  await page.keyboard.press('Escape');
  await page.locator('title-block .answer a').click();
  assert.match(await (await told(page)).innerText(), /mail\.example\.co\.kr A\s+203\.0\.113\.149/);
  assertQuiet(complaints);
  await context.close();
});

test('from the transcript: what was stored, what a message brought, what was found', async () => {
  const { page, context, complaints } = await openPage(browser);
  await page.goto(program.url + '/?room=told');
  await lookUp(page, 'www.example.co.kr');
  await stepToEnd(page);
  const line = (/** @type {RegExp} */ text) => page.locator('trace-transcript .details li', { hasText: text }).last();
  const stored = line(/R1.*www\.example\.co\.kr A/).locator('.origin');
  await stored.focus();
  await page.keyboard.press('Enter');
  let ribbon = await told(page);
  assert.match(await ribbon.innerText(), /www\.example\.co\.kr A\s+203\.0\.113\.10/);
  assert.match(await ribbon.locator('.message').innerText(), /step 9/);
  await page.keyboard.press('Escape');
  assert.ok(await stored.evaluate((a) => a === document.activeElement), 'the focus is back');
  assert.equal(await stored.getAttribute('aria-label'), 'source');
  await page.locator('trace-transcript .origin[aria-label^="Its records"]').first().click();
  await page.locator('dialog.provenance[open] .records button').first().click();
  ribbon = await told(page);
  assert.match(await ribbon.locator('.server').innerText(), /root-servers\.net/);
  await page.keyboard.press('Escape');
  // The next lookup's own facts are led to, not those of the one before.
  await lookUp(page, 'mail.example.co.kr');
  await stepToEnd(page);
  const events = (await (await page.request.get(`${program.url}/lookups/${await traceID(page)}.json`)).json()).events;
  const seqs = await page.locator('trace-transcript .items > li:not([hidden]) .origin').evaluateAll((all) => all.map((a) => Number(/** @type {HTMLElement} */ (a).dataset.seq)));
  assert.ok(seqs.length > 2);
  for (const seq of seqs) assert.match(events[seq].kind, /^cache\.(stored|hit)$|\.received$|^lookup\.finished$/, `${seq}`);
  // In Korean it is the same way.
  await page.getByRole('link', { name: '한국어' }).or(page.getByRole('button', { name: '한국어' })).first().click();
  await page.locator('trace-transcript .origin[aria-label="출처"]').first().waitFor();
  await context.close();
  // Without a script the link leads to the same in text.
  const plain = await openPage(browser, { javaScriptEnabled: false });
  await plain.page.goto(program.url + '/lookups/example');
  const a = plain.page.locator('trace-transcript .origin[aria-label="source"]').last();
  const target = await a.getAttribute('href');
  await a.click();
  assert.match(plain.page.url(), /\/lookups\/example\/caches/);
  if (target?.includes('#')) assert.equal(await plain.page.locator(`[id="${decodeURIComponent(target.split('#')[1])}"]`).count(), 1, target);
  assertQuiet(complaints);
  await plain.context.close();
});

for (const [name, options] of /** @type {[string, any][]} */ ([['light', {}], ['dark, Korean, phone', { colorScheme: 'dark', locale: 'ko-KR', viewport: sizes.phone }]])) {
  test(`axe-core: ${name}`, async () => {
    const { page, context, complaints } = await openPage(browser, { ...options, bypassCSP: true });
    await page.goto(program.url + '/lookups/example/caches#s=10');
    await ready(page);
    await page.locator('[data-layer="R1"] .copies a').click();
    await told(page);
    await assertAccessible(page, name);
    await assertFits(page, name);
    assertQuiet(complaints);
    await context.close();
  });
}

test('a copy that has left its cache still says where it came from, and that it is gone', async () => {
  const { page, context, complaints } = await openPage(browser);
  await page.goto(program.url + '/?room=gone');
  await lookUp(page, 'www.example.co.kr');
  await stepToEnd(page);
  const way = page.locator('trace-transcript .details li', { hasText: /R1.*www\.example\.co\.kr A/ }).last().locator('.origin');
  await way.press('Enter');
  assert.doesNotMatch(await (await told(page)).innerText(), /has left it/);
  await page.keyboard.press('Escape');
  await page.locator('cache-table [data-cache="R1"] .flush button').click();
  await page.waitForFunction(() => !document.querySelector('cache-table [data-cache="R1"] tbody tr'));
  await way.press('Enter');
  const text = await (await told(page)).innerText();
  for (const part of [/this copy has left it/, /ns1\.example\.co\.kr, 203\.0\.113\.53/, /AA=1/]) assert.match(text, part);
  await page.keyboard.press('Escape');
  const href = /** @type {string} */ (await way.getAttribute('href'));
  assertQuiet(complaints);
  await context.close();
  const other = await openPage(browser, { javaScriptEnabled: false });
  await other.page.goto(new URL(href, program.url).href);
  assert.match(await other.page.locator('#source').innerText(), /this copy has left it/);
  await other.context.close();
});

for (const [locale, words] of /** @type {[string, RegExp[]][]} */ ([
  ['en-US', [/Where this comes from/, /step \d+, \d+ bytes/, /AA=1: said by a server of the zone itself/, /6 of 6/]],
  ['ko-KR', [/여기 담긴 레코드의 출처/, /\d+단계, \d+바이트/, /AA=1: 존을 맡은 서버가 직접 한 말/, /6단계 중 6/]],
])) {
  test(`without a script every record of the transcript has a page that says where it comes from: ${locale}`, async () => {
    const { page, context } = await openPage(browser, { javaScriptEnabled: false, locale });
    await page.goto(program.url + '/lookups/example');
    const links = page.locator('trace-transcript .details a[data-need="provenance"]');
    const hrefs = await links.evaluateAll((all) => all.map((a) => /** @type {HTMLAnchorElement} */ (a).href));
    assert.ok(hrefs.length > 8, String(hrefs.length));
    /** @type {string[]} */ const told = [];
    for (const href of new Set(hrefs)) {
      await page.goto(href);
      assert.ok(await page.locator('#source details').count() > 0, href);
      told.push(await page.locator('#source').innerText());
    }
    assert.ok(told.some((text) => words.every((part) => part.test(text))), told.join('\n\n'));
    await context.close();
  });
}

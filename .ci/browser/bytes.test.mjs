// @ts-check
// The bytes of a message, large: every field belongs to its bytes, every pointer
// leads somewhere, and a message that was changed by hand really goes to a
// server, which reacts as it does.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { assertAccessible, assertQuiet, openPage, ready, sizes, startBoth } from './harness.mjs';

const { program, browser } = await startBoth();

/** A lookup's trace. @param {import('playwright-core').Page} page @param {string} name @param {string} type @param {string} room */
async function walked(page, name, type, room) {
  return (await page.request.post(program.url + '/lookups', { data: { name, type, room } })).json();
}

/** @param {any} trace @param {(e: any) => boolean} which */
const message = (trace, which) => Buffer.from(trace.events.find(which).fact.message, 'base64');

/** What may be seen without a script is the same as with one. */
for (const javaScriptEnabled of [true, false]) {
  test(`all bytes, fields, flags, pointers and sizes of a referral, ${javaScriptEnabled ? 'with' : 'without'} a script`, async () => {
    const { page, context, complaints } = await openPage(browser, { javaScriptEnabled });
    const trace = await walked(page, 'www.example.co.kr', 'A', 'referral' + javaScriptEnabled);
    const bytes = message(trace, (e) => e.kind === 'referral.received'), spans = trace.events.find((/** @type {any} */ e) => e.kind === 'referral.received').fact.spans;
    await page.goto(`${program.url}/lookups/${trace.id}/bytes`);
    await page.locator('.messages a', { hasText: 'NS kr' }).click();
    await page.waitForLoadState(); // all of it is there
    assert.equal((await page.locator('.hexview .cell text').allTextContents()).join(''), bytes.toString('hex'));
    assert.deepEqual(await page.locator('tr.field th').allInnerTexts(), spans.map((/** @type {any} */ s) => s.name));
    const pointers = spans.flatMap((/** @type {any} */ s) => s.points ?? []);
    assert.ok(pointers.length > 5);
    assert.equal(await page.locator('.hexview .arrow').count(), pointers.length, 'an arrow for every pointer');
    // What compression saves: each pointer's name written out, less two bytes.
    const length = (/** @type {number} */ at) => { let n = 1; while (bytes[at]) { if (bytes[at] > 0xbf) at = (bytes[at] & 0x3f) << 8 | bytes[at + 1]; else { n += 1 + bytes[at]; at += 1 + bytes[at]; } } return n; };
    const saved = pointers.reduce((/** @type {number} */ n, /** @type {any} */ p) => n + length(p.to) - 2, 0);
    assert.match(await page.locator('.hex').innerText(), new RegExp(`${pointers.length} pointers save ${saved} bytes.*${bytes.length + saved} bytes, not ${bytes.length}`));
    assert.equal((await page.locator('.bitrow .bit .value').allTextContents()).join(''), bytes.readUInt16BE(2).toString(2).padStart(16, '0'));
    assert.match(await page.locator('.flagtable tr[data-flag="QR"]').innerText(), /A response[\s\S]*A query[\s\S]*RFC 1035 §4\.1\.1/);
    assert.equal(await page.locator('.flagtable tr[data-flag="AD"] a').getAttribute('href'), 'https://www.rfc-editor.org/rfc/rfc4035#section-3.2.3');
    const octets = (await page.locator('.sections td:nth-child(2)').allInnerTexts()).map(Number);
    assert.equal(octets[0], 12);
    assert.equal(octets.reduce((a, b) => a + b), bytes.length, 'the sections are the whole');
    for (const size of ['512', '1232', '1400', `${bytes.length} bytes`]) assert.ok((await page.locator('.ruler').textContent())?.includes(size), size);
    if (javaScriptEnabled) assertQuiet(complaints);
    await context.close();
  });
}

test('bytes, field and arrow are chosen together, and the address says which', async () => {
  const { page, context, complaints } = await openPage(browser);
  const trace = await walked(page, 'www.example.co.kr', 'A', 'chosen');
  await page.goto(`${program.url}/lookups/${trace.id}/bytes`);
  await page.locator('.messages a', { hasText: 'NS kr' }).click();
  await page.waitForLoadState(); // all of it is there
  await page.waitForFunction(() => customElements.get('byte-sheet'));
  const row = page.locator('tr.field', { has: page.locator('.saves') }).nth(1);
  await row.locator('td').first().click();
  await page.waitForSelector('tr.is-chosen');
  const id = await row.getAttribute('id') ?? '', at = Number(await row.getAttribute('data-at')), len = Number(await row.getAttribute('data-len'));
  assert.deepEqual(await page.locator('.cell.is-chosen').evaluateAll((all) => all.map((c) => Number(/** @type {SVGElement} */ (c).dataset.at))), Array.from({ length: len }, (_, i) => at + i));
  assert.equal(await page.locator('.arrow.is-chosen').count(), 1);
  assert.equal(new URL(page.url()).hash, '#' + id);
  await page.reload();
  await page.waitForSelector('tr.is-chosen');
  assert.equal(await page.locator('tr.is-chosen').getAttribute('id'), id, 'and leads there again');
  await page.locator('.cell[data-at="2"]').click();
  assert.equal(await page.locator('tr.is-chosen').getAttribute('id'), 'f-flags');
  assertQuiet(complaints);
  await context.close();
});

test('over TCP the length in front is shown', async () => {
  const { page, context } = await openPage(browser, { viewport: sizes.phone });
  const trace = await walked(page, 't4k.big.test', 'TXT', 'tcp');
  const bytes = message(trace, (e) => e.kind === 'answer.received' && e.fact.transport === 'tcp');
  await page.goto(`${program.url}/lookups/${trace.id}/bytes`);
  await page.locator('.messages a', { hasText: 'TXT "' }).first().click();
  await page.waitForLoadState(); // all of it is there
  const text = await page.locator('.prefix').innerText();
  assert.ok(text.includes(bytes.length.toString(16).padStart(4, '0').match(/../g)?.join(' ') ?? '?') && text.includes(`${bytes.length} bytes`), text);
  const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.ok(over <= 0, `${over} px too wide`);
  await context.close();
});

test('a flag turned over: expect, send, see what really comes back', async () => {
  const { page, context, complaints } = await openPage(browser, { bypassCSP: true });
  const trace = await walked(page, 'www.example.co.kr', 'A', 'edit');
  const sent = message(trace, (e) => e.kind === 'query.sent' && e.fact.by === 'stub');
  await page.goto(`${program.url}/lookups/${trace.id}/bytes?room=edit`);
  await page.waitForSelector('button.bit:enabled');
  await assertAccessible(page, 'bytes');
  await page.getByRole('button', { name: 'Opcode STATUS' }).click();
  assert.match(await page.locator('.changes').innerText(), /0002 01 → 11/);
  assert.equal(await page.locator('.cell[data-at="2"].is-edited text').textContent(), '11');
  assert.equal(await page.locator('.bit[data-bit="12"].is-edited[aria-pressed="true"]').count(), 1);
  await page.locator('.bit[data-bit="8"]').focus();
  await page.keyboard.press('Space'); // RD, by the keyboard
  assert.match(await page.locator('.changes').innerText(), /0002 01 → 10/);
  await page.getByLabel('NOTIMP').check();
  await assertAccessible(page, 'an edit');
  await page.getByRole('button', { name: 'Send these bytes' }).click();
  await page.waitForURL(/guess=notimp/);
  assert.match(await page.locator('.reaction').innerText(), /NOTIMP[\s\S]*R1 responds NOTIMP[\s\S]*As you expected[\s\S]*0002 FLAGS 01 → 10/);
  const expected = Buffer.from(sent);
  expected[2] = 0x10;
  assert.equal((await page.locator('.hexview .cell text').allTextContents()).join(''), expected.toString('hex'), 'the very bytes that were written left');
  await assertAccessible(page, 'the reaction');
  // It is an ordinary trace: it has a drawing, and frames on the links.
  await page.getByRole('link', { name: 'The drawing of it' }).click();
  await ready(page);
  assert.deepEqual(await page.locator('step-list .title').allInnerTexts(), ['Somebody has changed the message', 'The edited message leaves for R1', 'R1 responds NOTIMP']);
  const id = await page.locator('body').getAttribute('data-trace');
  const frames = await (await page.request.get(`${program.url}/lookups/${id}/files/index.json`)).json();
  assert.ok(frames.links.length > 0, JSON.stringify(frames));
  assertQuiet(complaints);
  await context.close();
});

test('bytes by hand, to a root server, over TCP with a wrong length; nonsense is refused before it is sent', async () => {
  const { page, context, complaints } = await openPage(browser, { locale: 'ko-KR' });
  const trace = await walked(page, 'www.example.co.kr', 'A', 'hand');
  await page.goto(`${program.url}/lookups/${trace.id}/bytes?room=hand`);
  await page.waitForSelector('button.bit:enabled');
  const text = page.locator('#edit-bytes'), good = await text.inputValue();
  await text.fill('zz');
  assert.equal(await text.getAttribute('aria-invalid'), 'true');
  assert.match(await page.locator('.changes').innerText(), /16진수/);
  await page.getByRole('button', { name: '원래대로' }).click();
  assert.equal(await text.inputValue(), good);
  await page.locator('#edit-to').selectOption('a.root-servers.net');
  await page.getByLabel('TCP', { exact: true }).check();
  await page.getByRole('radio', { name: '위임 응답' }).check();
  await page.getByRole('button', { name: '이 바이트 보내기' }).click();
  await page.waitForURL(/guess=referral/);
  assert.match(await page.locator('.reaction').innerText(), /예상한 대로/);
  await page.goBack();
  await page.waitForSelector('button.bit:enabled');
  await page.locator('#edit-to').selectOption('a.root-servers.net');
  await page.getByLabel('TCP', { exact: true }).check();
  await page.locator('#edit-prefix').fill('500');
  await page.getByRole('radio', { name: '위임 응답' }).check();
  await page.getByRole('button', { name: '이 바이트 보내기' }).click();
  await page.waitForURL(/guess=referral/);
  assert.match(await page.locator('.reaction').innerText(), /침묵[\s\S]*예상: 위임 응답[\s\S]*46 → 500/, 'the server waits for the rest');
  assertQuiet(complaints);
  await context.close();
});

test('without a script a message can be changed and sent as well', async () => {
  const { page, context } = await openPage(browser, { javaScriptEnabled: false });
  const trace = await walked(page, 'www.example.co.kr', 'A', 'form');
  await page.goto(`${program.url}/lookups/${trace.id}/bytes?room=form`);
  const text = page.locator('#edit-bytes'), good = await text.inputValue();
  await text.fill(good.replace(/^(.. ..) 01/, '$1 81')); // QR=1
  await page.getByLabel('Silence').check();
  await page.getByRole('button', { name: 'Send these bytes' }).click();
  assert.match(await page.locator('.reaction').innerText(), /Silence[\s\S]*As you expected/);
  await context.close();
});

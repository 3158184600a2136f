// @ts-check
// A learner edits a zone as file, table and tree; breaks and mends a delegation;
// keeps a serial and sees what follows; takes the whole lab to another room as a
// file. With a script, by keyboard, and without.
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

/** @typedef {import('playwright-core').Page} Page */

/** Looks a name up in a room and returns what it ended with. @param {Page} page @param {string} name @param {string} room */
async function lookUp(page, name, room) {
  const trace = await (await page.request.post(program.url + '/lookups', { data: { name, type: 'A', room }, headers: { origin: program.url, accept: 'application/json' } })).json();
  const done = trace.events.find((/** @type {any} */ e) => e.kind === 'lookup.finished').fact;
  return done.records?.at(-1)?.data ?? done.outcome;
}

/** @param {Page} page */
async function accessible(page) {
  await page.evaluate(axeSource);
  const found = await page.evaluate(async () => (await /** @type {any} */ (window).axe.run(document, { resultTypes: ['violations'] })).violations.map((/** @type {any} */ v) => `${v.id}: ${v.nodes.map((/** @type {any} */ n) => n.target.join(' ')).join(', ')}`));
  assert.deepEqual(found, []);
  const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.ok(over <= 0, `the page is ${over} px too wide`);
}

test('by keyboard: a record in the table, then the file has it, the tree leads to it, a mistake is told at its field', async () => {
  const { page, context, complaints } = await openPage(browser);
  await page.goto(program.url + '/lookups/example/zones?room=keys&zone=example.co.kr');
  await page.getByRole('link', { name: 'Change www A 203.0.113.10' }).focus();
  await page.keyboard.press('Enter');
  await page.waitForURL(/edit=24/);
  await page.locator('#rec-data').focus();
  await page.keyboard.press('ControlOrMeta+A');
  await page.keyboard.type('203.0.113.999');
  await page.keyboard.press('Enter');
  const alert = page.getByRole('alert').filter({ hasText: '“203.0.113.999” is no IPv4 address' });
  await alert.waitFor();
  assert.equal(await page.locator('#rec-data').getAttribute('aria-invalid'), 'true');
  await accessible(page);
  await page.locator('#rec-data').focus();
  await page.keyboard.press('ControlOrMeta+A');
  await page.keyboard.type('203.0.113.12');
  await page.keyboard.press('Enter');
  await page.locator('.changes ins', { hasText: '203.0.113.12' }).first().waitFor();
  await page.waitForFunction(() => /www\t300\tA\t203\.0\.113\.12/.test(/** @type {HTMLTextAreaElement} */ (document.querySelector('#zone-text')).value));
  assert.match(await page.locator('#zone-text').inputValue(), /^; A plain zone/, 'comments stay');

  await page.locator('#new-name').fill('fresh');
  await page.locator('#new-data').fill('203.0.113.13');
  await page.keyboard.press('Enter');
  await page.locator('.name-tree a', { hasText: /^fresh$/ }).waitFor();
  assert.equal(await lookUp(page, 'fresh.example.co.kr', 'keys'), '203.0.113.13');
  const line = Number(await page.locator('.name-tree a', { hasText: /^fresh$/ }).getAttribute('data-line'));
  await page.locator('.name-tree a', { hasText: /^fresh$/ }).click();
  await page.locator(`tr#r${line}:target`, { hasText: '203.0.113.13' }).waitFor();
  await page.getByRole('link', { name: `Line ${line} of the file` }).click();
  assert.match(await page.evaluate(() => { const t = /** @type {HTMLTextAreaElement} */ (document.activeElement); return t.value.slice(t.selectionStart, t.selectionEnd); }), /^fresh\t.*203\.0\.113\.13$/, 'a record leads to its line');
  assert.equal(await page.locator('.records tr.is-chosen').getAttribute('id'), `r${line}`, 'and the line to its record');
  assert.equal(await page.locator('.zone-steps li').count(), 2);
  assert.deepEqual(complaints.filter((c) => !c.includes('422')), []);
  await context.close();
});

test('a serial that is kept: the secondary goes on with the old record', async () => {
  const { page, context, complaints } = await openPage(browser);
  await page.goto(program.url + '/lookups/example/zones?room=kept&zone=copies.example');
  const file = page.locator('#zone-text');
  const text = await file.inputValue();
  await file.fill(text.replace(/^(www\s.*)$/m, 'new A 203.0.113.14\n$1'));
  await page.locator('#file-keep').check();
  await page.getByRole('button', { name: 'Save at the primary' }).click();
  await page.locator('.apart .is-old', { hasText: 'Equal serials' }).waitFor();
  await page.getByRole('button', { name: 'Take back the newest (1)' }).click();
  await page.waitForFunction(() => !document.querySelector('.apart .is-old'));
  assertQuiet(complaints);
  await context.close();
});

test('without a script, on a phone, in Korean: glue is broken, found by its difference, and mended', async () => {
  const { page, context, complaints } = await openPage(browser, { javaScriptEnabled: false, viewport: sizes.phone, locale: 'ko-KR' });
  await page.goto(program.url + '/lookups/example/zones?room=glue&zone=co.kr');
  await page.locator('[data-child="example.co.kr"] summary').click();
  await page.getByRole('link', { name: '등록대행자에서처럼 바꾸기: example.co.kr' }).click();
  const servers = page.locator('#del-servers');
  await servers.fill('ns1.example.co.kr. 203.0.113.400\n');
  await page.getByRole('button', { name: '위임 저장' }).click();
  await page.getByRole('alert').filter({ hasText: '1번째 줄' }).filter({ hasText: '주소가 아닙니다' }).waitFor();
  await servers.fill('ns1.example.co.kr. 203.0.113.60\nns2.example.co.kr. 203.0.113.60\n');
  await page.getByRole('button', { name: '위임 저장' }).click();
  await page.locator('.changes ins', { hasText: '203.0.113.60' }).first().waitFor();
  assert.equal(await lookUp(page, 'www.example.co.kr', 'glue'), 'servfail', 'nobody is at the new glue');
  await page.locator('[data-child="example.co.kr"].is-wrong', { hasText: '낡은 글루' }).waitFor();
  await page.goto(program.url + '/lookups/example/zones?room=glue&zone=co.kr&cut=example.co.kr');
  await page.getByRole('button', { name: '자식이 말하는 대로 맞추기' }).click();
  await page.locator('.changes ins', { hasText: '203.0.113.53' }).first().waitFor();
  assert.equal(await page.locator('[data-child="example.co.kr"].is-wrong').count(), 0);
  await page.request.post(program.url + '/flush', { form: { cache: 'all', room: 'glue', back: '/' }, headers: { origin: program.url } });
  assert.equal(await lookUp(page, 'www.example.co.kr', 'glue'), '203.0.113.10');
  const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.ok(over <= 0, `the page is ${over} px too wide`);
  assertQuiet(complaints.filter((c) => !c.endsWith(' csp') && !c.includes('422') && !c.includes('preload')));
  await context.close();
});

test('the whole lab goes to another room as a file; a hostile one is refused at its line; the import is taken back', async () => {
  const { page, context, complaints } = await openPage(browser);
  await page.goto(program.url + '/lookups/example/zones?room=from');
  await page.locator('#zone-name').fill('mine.example');
  await page.getByRole('button', { name: 'Register', exact: true }).click();
  await page.locator('.changes ins', { hasText: 'mine 300 NS' }).first().waitFor();
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'Save the lab as a file' }).click()]);
  assert.equal(download.suggestedFilename(), 'rootwalk-lab-from.txt');
  const lab = readFileSync(String(await download.path()), 'utf8');
  assert.match(lab, /^rootwalk-lab 1\n/);

  assert.equal(await lookUp(page, 'www.mine.example', 'to'), 'nxdomain');
  await page.goto(program.url + '/lookups/example/zones?room=to');
  const hostile = lab.replace('\nzone mine.example.', '\nzone ../../etc.');
  await page.locator('#lab-file').setInputFiles({ name: 'lab.txt', mimeType: 'text/plain', buffer: Buffer.from(hostile) });
  await page.getByRole('button', { name: 'Import the file' }).click();
  const line = lab.slice(0, lab.indexOf('\nzone mine.example.')).split('\n').length + 1;
  await page.getByRole('alert').filter({ hasText: `Line ${line}:` }).filter({ hasText: 'Nothing was changed' }).waitFor();
  assert.equal(await page.locator('.zone-steps li').count(), 0);
  await page.locator('#lab-file').setInputFiles({ name: 'lab.txt', mimeType: 'text/plain', buffer: Buffer.from(lab) });
  await page.getByRole('button', { name: 'Import the file' }).click();
  await page.locator('.zone-steps li', { hasText: 'A lab file with' }).waitFor();
  assert.equal(await lookUp(page, 'www.mine.example', 'to'), '203.0.113.10', 'the caches were emptied too');
  await page.getByRole('button', { name: 'Take back the newest (1)' }).click();
  await page.waitForFunction(() => !document.querySelector('.zone-steps li'));
  await page.request.post(program.url + '/flush', { form: { cache: 'all', room: 'to', back: '/' }, headers: { origin: program.url } });
  assert.equal(await lookUp(page, 'www.mine.example', 'to'), 'nxdomain');
  assert.deepEqual(complaints.filter((c) => !c.includes('422')), []);
  await context.close();
});

for (const [name, options] of /** @type {[string, any][]} */ ([['tablet, dark', { viewport: sizes.tablet, colorScheme: 'dark' }], ['phone, Korean', { viewport: sizes.phone, locale: 'ko-KR' }]])) {
  test(`axe-core and width, with a record and a delegation as forms: ${name}`, async () => {
    const { page, context, complaints } = await openPage(browser, { ...options, bypassCSP: true });
    await page.goto(program.url + '/lookups/example/zones?room=axe&zone=co.kr&cut=example.co.kr&edit=12');
    await accessible(page);
    assertQuiet(complaints);
    await context.close();
  });
}

test('the DS that the lab makes is withdrawn and the child is insecure; put back, and it is secure', async () => {
  const { page, context, complaints } = await openPage(browser);
  const sheet = program.url + '/lookups/example/zones?room=ds&zone=example';
  /** What the chain of trust says now, with empty caches. @param {string} verdict */
  const checked = async (verdict) => {
    await page.request.post(program.url + '/flush', { form: { cache: 'all', room: 'ds', back: '/' }, headers: { origin: program.url } });
    await page.goto(sheet);
    await page.locator('live-parts:defined').waitFor();
    const child = page.locator('[data-child="signed.example"]');
    if (!(await child.locator('details').getAttribute('open') !== null)) await child.locator('summary').click();
    await page.getByRole('button', { name: 'Check the signatures of signed.example now' }).click();
    await page.waitForURL(/\/trust/);
    await page.locator('main').getByText(new RegExp(`^${verdict}\\b`)).first().waitFor();
  };
  await page.goto(sheet);
  await page.locator('live-parts:defined').waitFor();
  const child = page.locator('[data-child="signed.example"]');
  await child.locator('summary').click();
  await child.getByText('made from the child\'s key by the lab').waitFor();
  await page.getByRole('button', { name: 'Withdraw the DS: signed.example' }).click();
  await page.locator('[data-child="signed.example"].is-wrong', { hasText: 'withdrawn: the parent\'s file says CDS 0 0 0 00' }).waitFor();
  await page.locator('[data-child="signed.example"]', { hasText: 'The child is signed, but there is no DS' }).waitFor();
  await accessible(page);
  await checked('Insecure');
  await page.goto(sheet);
  await page.locator('live-parts:defined').waitFor();
  await page.getByRole('button', { name: 'Put the DS back: signed.example' }).click();
  await page.locator('[data-child="signed.example"]:not(.is-wrong)').waitFor();
  await checked('Secure');
  assertQuiet(complaints);
  await context.close();
});

for (const script of [true, false]) {
  test(`a domain that cannot be registered is told at its field, ${script ? 'with' : 'without'} a script, in Korean`, async () => {
    const { page, context, complaints } = await openPage(browser, { javaScriptEnabled: script, locale: 'ko-KR', viewport: sizes.phone });
    await page.goto(program.url + `/lookups/example/zones?room=field${script}&zone=kr`);
    if (script) await page.locator('live-parts:defined').waitFor();
    const register = page.getByRole('button', { name: '등록', exact: true });
    await page.locator('#zone-name').fill('www.example.co.kr');
    await register.click();
    await page.getByRole('alert').filter({ hasText: 'www.example.co.kr은 이미 있습니다.' }).waitFor();
    assert.equal(await page.locator('#zone-name').getAttribute('aria-describedby'), 'wrong-register-name');
    assert.equal(await page.locator('#zone-name').inputValue(), 'www.example.co.kr', 'what was typed is still there');
    assert.match(await page.locator('h1').innerText(), /kr/, 'the zone on show is still on show');
    await page.locator('#zone-name').fill('새이름.kr');
    await page.locator('#zone-address').fill('203.0.113.999');
    await register.click();
    await page.getByRole('alert').filter({ hasText: '203.0.113.999' }).waitFor();
    assert.equal(await page.locator('#zone-address').getAttribute('aria-invalid'), 'true');
    await page.locator('#zone-address').fill('2001:db8:81::9');
    await register.click();
    await page.locator('.zone-steps li', { hasText: '등록했습니다' }).waitFor();
    assertQuiet(complaints.filter((c) => !c.endsWith(' csp') && !c.includes('422') && !c.includes('preload')));
    await context.close();
  });
}

// @ts-check
// The glossary: from a term in a step to its page and back, in both languages,
// without a script, and how much of the page the depth switch leaves out.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { assertAccessible, assertQuiet, openPage, ready, sizes, startBoth } from './harness.mjs';

const { program, browser } = await startBoth();

test('a term in a step leads to its page, and back to the same step', async () => {
  const { page, context, complaints } = await openPage(browser);
  await page.goto(program.url + '/lookups/example#s=5');
  await ready(page);
  const link = page.locator('step-list li[data-state="now"] .why a.term', { hasText: 'authority section' });
  await link.waitFor();
  assert.match(await page.locator('step-list li[data-state="now"] .why').innerText(), /Not an answer: AA=0/, 'the text is as it was');
  await link.click();
  await page.waitForURL(/\/glossary\/authority-section$/);
  const text = await page.locator('main').innerText();
  for (const part of [/Authority section/, /권한 영역/, /Common mistake/, /bytes underlined with dashes/, /RFC 1035 §4\.1/]) assert.match(text, part);
  await page.goBack();
  await page.waitForFunction(() => document.querySelector('step-list [aria-current="step"] .balloon')?.textContent === '5');
  await page.locator('.tools').getByRole('link', { name: '한국어' }).click();
  await page.locator('step-list li[data-state="now"] .why a.term', { hasText: '권한 부분' }).waitFor();
  assertQuiet(complaints);
  await context.close();
});

test('the words of the glossary are not sent to the sheet', async () => {
  const { page, context, complaints } = await openPage(browser);
  /** @type {string[]} */ const bodies = [];
  page.on('response', async r => { if (r.url().includes('/i18n/')) bodies.push(await r.text().catch(() => '')); });
  await page.goto(program.url + '/');
  await ready(page);
  await page.locator('step-list a.term').first().waitFor({ state: 'attached' });
  assert.ok(bodies.length > 0 && !bodies.some(b => b.includes('glossary.referral')), 'no "glossary." key');
  assertQuiet(complaints);
  await context.close();
});

test('without a script, in Korean: the list, a term, and terms linked in the steps', async () => {
  const { page, context } = await openPage(browser, { javaScriptEnabled: false, locale: 'ko-KR' });
  await page.goto(program.url + '/glossary');
  const all = page.locator('.terms li');
  assert.ok(await all.count() >= 40);
  for (const li of await all.all()) assert.equal(await li.locator('svg.shape > *').count() > 0, true, `${await li.innerText()} is drawn`);
  await page.getByRole('link', { name: '부정 캐싱', exact: true }).click();
  assert.match(await page.locator('main').innerText(), /RFC 2308 §5/);
  assert.match(await page.locator('main').innerText(), /흔한 오해/);
  const answer = await page.goto(program.url + '/glossary/nothing');
  assert.equal(answer?.status(), 404);
  await context.close();
});

test('basic hides expert detail, says so, is remembered, and keeps the transcript whole', async () => {
  const { page, context, complaints } = await openPage(browser);
  await page.goto(program.url + '/lookups/example#s=9');
  await ready(page);
  const hex = page.locator('byte-inspector .hex'), told = () => page.locator('trace-transcript .items').innerText();
  await hex.waitFor();
  const before = await told();
  await page.getByRole('link', { name: 'Basic' }).click();
  await hex.waitFor({ state: 'hidden' });
  assert.equal(await page.locator('byte-inspector .field:visible .name', { hasText: /^(ID|RDLENGTH|QDCOUNT)$/ }).count(), 0);
  assert.equal(await told(), before, 'every fact is still told');
  assert.equal(await page.locator('step-list [aria-current="step"] .balloon').innerText(), '9', 'the place is kept');
  await page.locator('byte-inspector .field[aria-selected="true"]').focus();
  await page.keyboard.press('Home');
  assert.match(await page.evaluate(() => document.activeElement?.textContent ?? ''), /^FLAGS/, 'keys pass over what is hidden');
  await page.reload();
  await ready(page);
  assert.ok(!(await hex.isVisible()), 'remembered');
  await page.getByRole('link', { name: 'Expert' }).click();
  await hex.waitFor();
  assertQuiet(complaints);
  await context.close();

  const plain = await openPage(browser, { javaScriptEnabled: false });
  await plain.page.goto(program.url + '/lookups/example');
  await plain.page.getByRole('link', { name: 'Basic' }).click();
  assert.equal(await plain.page.locator('html').getAttribute('data-depth'), 'basic');
  await plain.page.goto(program.url + '/');
  assert.equal(await plain.page.locator('html').getAttribute('data-depth'), 'basic', 'remembered without a script');
  await plain.context.close();
});

for (const [name, path, options] of /** @type {[string, string, any][]} */ ([['list', '/glossary', {}], ['term, dark, phone', '/glossary/zone-cut?lang=ko', { colorScheme: 'dark', viewport: sizes.phone }], ['basic sheet', '/lookups/example?depth=basic#s=9', {}]])) {
  test(`axe-core: ${name}`, async () => {
    const { page, context, complaints } = await openPage(browser, { ...options, bypassCSP: true });
    await page.goto(program.url + path);
    if (!path.startsWith('/glossary')) await ready(page);
    await assertAccessible(page, name);
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= document.documentElement.clientWidth), 'nothing is wider than the page');
    assertQuiet(complaints);
    await context.close();
  });
}

// @ts-check
// The whole tree: who was asked of all that there are, kept up to date while
// somebody else edits the room's lab.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { assertAccessible, assertFits, assertQuiet, lookUp, openPage, ready, sizes, startBoth } from './harness.mjs';

const { program, browser } = await startBoth();

test('the list follows an edit that is made on another page, and its being taken back', async () => {
  const { page, context, complaints } = await openPage(browser);
  await page.goto(program.url + '/?room=tree');
  await ready(page);
  const { id } = await lookUp(page, 'www.example.co.kr');
  await page.goto(program.url + `/lookups/${id}/hierarchy?room=tree`);
  await page.locator('live-parts:defined').waitFor();
  const says = page.locator('#live-hierarchy-asked .says');
  const before = await says.innerText();
  assert.equal(await page.locator('.census-new').count(), 0);
  assert.equal(await page.locator('.squares .asked').count(), 3);

  const other = await openPage(browser);
  await other.page.goto(program.url + '/lookups/example/moves?room=tree');
  await other.page.locator('live-parts:defined').waitFor();
  await other.page.locator('#domain-name').fill('mine.example');
  await other.page.getByRole('button', { name: 'Register', exact: true }).click();
  await other.page.locator('.zone-steps', { hasText: 'mine.example was registered' }).waitFor();
  await page.locator('.census-new', { hasText: 'mine.example' }).waitFor();
  assert.notEqual(await says.innerText(), before, 'one zone more is counted');
  await other.page.getByRole('button', { name: 'Take back the newest (1)' }).click();
  await page.locator('.census-new').waitFor({ state: 'detached' });
  assert.equal(await says.innerText(), before);
  await assertAccessible(page, 'the whole tree');
  assertQuiet([...complaints, ...other.complaints]);
  await context.close();
  await other.context.close();
});

test('without a script, on a phone, in Korean: a zone that was cut off is in the list and leads to where it can be moved', async () => {
  const { page, context, complaints } = await openPage(browser, { javaScriptEnabled: false, viewport: sizes.phone, locale: 'ko-KR' });
  await page.goto(program.url + '/lookups/example/moves?room=baum&name=www.example.co.kr');
  await page.getByRole('button', { name: '여기서 나누기: www.example.co.kr' }).click();
  await page.locator('.zone-steps li').waitFor();
  await page.goto(program.url + '/lookups/example/hierarchy?room=baum');
  await page.locator('.census-new', { hasText: '새로 만든 존 1개' }).waitFor();
  await assertFits(page, 'the whole tree');
  await page.getByRole('link', { name: 'www.example.co.kr' }).first().click();
  await page.getByRole('button', { name: 'example.co.kr에 합치기' }).waitFor();
  assertQuiet(complaints.filter(c => !c.endsWith(' csp')));
  await context.close();
});

// @ts-check
// Small things that make the page readable: no word key shown raw, no text
// too small to read or written over other text, rows that fit or scroll, keys
// that do what the list of keys says, a printed sheet.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { assertQuiet, lookUp, openPage, sizes, startBoth, stepToEnd } from './harness.mjs';

const keys = Object.keys(JSON.parse(readFileSync(fileURLToPath(new URL('../../static/i18n/en.json', import.meta.url)), 'utf8')));
const { program, browser } = await startBoth();

/** What cannot be read as it should be. @param {import('playwright-core').Page} page */
const unreadable = (page) => page.evaluate((known) => {
  const found = new Set(), words = new Set(known);
  /** @param {Element} e */
  const shown = (e) => !e.closest('.vh, [hidden], .skip') && e.checkVisibility({ opacityProperty: true, visibilityProperty: true });
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const text = walk.currentNode.textContent?.trim() ?? '', e = /** @type {Element} */ (walk.currentNode.parentElement);
    if (!text || e.closest('script, style')) continue;
    for (const m of text.matchAll(/[a-z][\w]*(?:\.\w+)+/g)) if (words.has(m[0])) found.add(`raw key ${m[0]}`);
    if (/\{\w+\}|undefined|NaN/.test(text)) found.add(`blank in "${text.slice(0, 60)}"`);
    if (!shown(e)) continue;
    const m = e instanceof SVGGraphicsElement ? e.getScreenCTM() : null, size = parseFloat(getComputedStyle(e).fontSize) * (m ? Math.hypot(m.a, m.b) : 1);
    if (size < 11.9) found.add(`${size.toFixed(1)} px: "${text.slice(0, 30)}"`);
  }
  for (const root of document.querySelectorAll('net-drawing svg, time-lanes svg')) {
    const texts = [...root.querySelectorAll('text')].filter((t) => t.textContent?.trim() && shown(t)).map((t) => ({ t: t.textContent, r: t.getBoundingClientRect() }));
    texts.forEach((a, i) => {
      for (const b of texts.slice(i + 1)) {
        const wide = Math.min(a.r.right, b.r.right) - Math.max(a.r.left, b.r.left), high = Math.min(a.r.bottom, b.r.bottom) - Math.max(a.r.top, b.r.top);
        if (wide > 2 && high > .4 * Math.min(a.r.height, b.r.height)) found.add(`"${a.t}" over "${b.t}"`);
      }
    });
  }
  return [...found];
}, keys);

for (const [locale, name, type] of [
  ['en-US', 'www.dead.test', 'A'], ['ko-KR', 'www.halfdead.test', 'A'], ['en-US', 'foo.nosuchtld', 'A'], ['ko-KR', '.', 'NS'],
  ['en-US', Array(127).fill('a').join('.'), 'A'], ['en-US', 'a'.repeat(63) + '.' + 'b'.repeat(63) + '.test', 'A'], ['ko-KR', 't4k.big.test', 'TXT'], ['en-US', 'many.big.test', 'A'],
]) {
  test(`everything can be read: ${name.slice(0, 20)} ${type}, ${locale}`, async () => {
    const { page, context, complaints } = await openPage(browser, { locale });
    await page.goto(program.url + '/?room=read');
    await lookUp(page, name, type);
    await stepToEnd(page);
    for (const viewport of [sizes.desktop, sizes.tablet, sizes.phone, { width: 320, height: 640 }]) {
      await page.setViewportSize(viewport);
      await page.waitForTimeout(150);
      assert.deepEqual(await unreadable(page), [], `${viewport.width} px`);
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      assert.ok(overflow <= 0, `at ${viewport.width} px the page is ${overflow} px too wide`);
    }
    assertQuiet(complaints);
    await context.close();
  });
}

test('a dead zone: each server once, and the name is not said to exist', async () => {
  const { page, context } = await openPage(browser);
  await page.goto(program.url + '/?room=dead');
  await lookUp(page, 'www.dead.test');
  await stepToEnd(page);
  const failed = await page.locator('[data-plate="zone:dead.test."] .failed').allTextContents();
  assert.deepEqual(failed.map((t) => t.replace('✕ ', '')).sort(), ['ns1.dead.test', 'ns2.dead.test']);
  assert.equal(await page.locator('.node.on text', { hasText: /^www$/ }).count(), 0);
  await lookUp(page, 'foo.nosuchtld');
  await stepToEnd(page);
  assert.equal(await page.locator('.node.on text', { hasText: 'nosuchtld' }).count(), 0, 'NXDOMAIN for foo.nosuchtld says nothing about nosuchtld');
  assert.equal(await page.locator('.node.denied text', { hasText: 'foo' }).count(), 1);
  await context.close();
});

test('more rows of time than fit: the axis stays, the row of the step is in sight', async () => {
  const { page, context } = await openPage(browser, { viewport: sizes.tablet });
  await page.goto(program.url + '/?room=rows');
  await lookUp(page, 'www.chain.example');
  await stepToEnd(page);
  const n = await page.locator('step-list li').evaluateAll((all) => all.findLastIndex((li) => li.textContent?.includes('authoritative answer')) + 1);
  await page.locator('step-list li button').nth(n - 1).click();
  await page.waitForTimeout(200);
  const at = await page.evaluate(() => {
    const box = /** @type {Element} */ (document.querySelector('time-lanes')).getBoundingClientRect(), foot = /** @type {Element} */ (document.querySelector('time-lanes .foot')).getBoundingClientRect();
    const last = /** @type {Element} */ ([...document.querySelectorAll('time-lanes .label')].at(-1)).getBoundingClientRect();
    return { foot: foot.bottom <= box.bottom + 1 && foot.bottom > box.bottom - 4, row: last.top >= box.top && last.bottom <= foot.top + 3 };
  });
  assert.deepEqual(at, { foot: true, row: true });
  await context.close();
});

test('the keys do what their list says', async () => {
  const { page, context, complaints } = await openPage(browser);
  await page.goto(program.url + '/?room=list');
  await lookUp(page, 'www.example.co.kr');
  const field = page.locator('#ask-name'), next = page.locator('play-bar .next'), dialog = page.locator('dialog.keylist');
  const mode = () => page.evaluate(() => document.documentElement.dataset.mode ?? '');
  const focused = () => page.evaluate(() => document.activeElement?.className ?? '');
  await field.fill('p?f');
  assert.equal(await mode(), '', 'letters in a field are letters');
  assert.ok(!(await dialog.isVisible()));
  await page.keyboard.press('ArrowDown');
  assert.equal(await page.evaluate(() => document.activeElement?.closest('.examples') !== null), true, 'Down goes into the examples');
  await page.keyboard.press('Escape');
  assert.equal(await page.evaluate(() => document.activeElement?.id), 'ask-name');
  await next.focus();
  await page.keyboard.press('?');
  await dialog.waitFor();
  await page.keyboard.press('Escape');
  assert.ok(!(await dialog.isVisible()));
  assert.match(await focused(), /next/, 'the focus comes back');
  await page.keyboard.press('End');
  await page.waitForFunction(() => document.querySelector('step-list li:last-child')?.getAttribute('data-state') === 'now');
  await page.keyboard.press('Home');
  await page.waitForFunction(() => !document.querySelector('step-list li[data-state="now"]'));
  await page.keyboard.press('p');
  await page.waitForFunction(() => document.documentElement.dataset.mode === 'projector');
  await page.keyboard.press('PageDown');
  await page.waitForFunction(() => document.querySelector('step-list li[data-n="1"]')?.getAttribute('data-state') === 'now');
  await page.keyboard.press('Escape');
  await page.waitForFunction(() => document.documentElement.dataset.mode !== 'projector');
  assertQuiet(complaints);
  await context.close();
});

test('the printed sheet is whole: drawing, legend, title block on one page, then steps and caches', async () => {
  const { page, context } = await openPage(browser);
  await page.goto(program.url + '/?room=print');
  await lookUp(page, 'www.example.co.kr');
  await stepToEnd(page);
  await page.emulateMedia({ media: 'print' });
  await page.setViewportSize({ width: 1047, height: 718 }); // A4 landscape less its margins, 96 px an inch
  await page.waitForTimeout(150);
  const box = await page.evaluate(() => Object.fromEntries(['.svgbox > svg', 'title-block', 'line-legend', 'step-list', 'cache-table'].map((s) => {
    const e = /** @type {Element} */ (document.querySelector(s)), r = e.getBoundingClientRect();
    return [s, { bottom: r.bottom, width: r.width, cut: e.scrollHeight - e.clientHeight > 1 && getComputedStyle(e).overflow !== 'visible' }];
  })));
  assert.ok(box['title-block'].bottom <= 718 && box['line-legend'].bottom <= 718, JSON.stringify(box));
  assert.ok(box['.svgbox > svg'].width > 1000);
  for (const [what, b] of Object.entries(box)) assert.ok(b.width > 0 && !b.cut, what);
  assert.equal(await page.locator('step-list .why').evaluateAll((all) => all.filter((e) => !(/** @type {HTMLElement} */ (e).offsetHeight)).length), 0, 'every step says why');
  const pdf = await page.pdf({ format: 'A4', landscape: true, preferCSSPageSize: true });
  assert.equal(pdf.toString('latin1').match(/\/Type \/Page\b/g)?.length, 2);
  await context.close();
});

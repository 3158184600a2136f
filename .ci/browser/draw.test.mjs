// @ts-check
// Sheet 7: a page of the lab is drawn stage by stage, by the engine and by the
// browser itself, in a frame that can reach nothing.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { assertAccessible, assertFits, assertQuiet, openPage, sizes, startBoth } from './harness.mjs';

const { program, browser } = await startBoth();
const PAGE = 'http://www.example.co.kr/page';

/** Opens an address on the sheet. @param {import('playwright-core').Page} page @param {string} url @param {string} [room] */
async function open(page, url, room = 'draw') {
  await page.goto(`${program.url}/lookups/example/draw?room=${room}`);
  await page.locator('#draw-url').fill(url);
  await page.locator('.request-form button').click();
  await page.waitForURL(u => /\/lookups\/t[^/]*\/draw/.test(u.pathname));
  await page.locator('.draw-lamps').waitFor();
}

/** @param {import('playwright-core').Page} page */
const place = async page => Number(await page.locator('.draw-steps [data-at]').getAttribute('data-at'));
/** @param {import('playwright-core').Page} page */
const frameOf = async page => {
  const frame = await (await page.locator('page-frame iframe').elementHandle())?.contentFrame();
  assert.ok(frame);
  await frame.waitForLoadState('load');
  return frame;
};

test('octets become a tree, rules, boxes, places and paint, step by step', async () => {
  const { page, context, complaints } = await openPage(browser);
  await open(page, PAGE);
  const last = await place(page);
  assert.ok(last >= 8, `${last} steps`);
  assert.match(await page.locator('.tree').innerText(), /<h1>/);
  assert.match(await page.locator('.tree .is-dropped', { hasText: '<p>' }).first().innerText(), /display: none/);
  // Back to the beginning by the keyboard: the tree is smaller, nothing is laid out.
  const all = await page.locator('.tree li').count();
  await page.keyboard.press('Home');
  await page.locator('.draw-steps [data-at="1"]').waitFor();
  assert.ok(await page.locator('.tree li').count() <= all);
  assert.equal(await page.locator('svg.layout').count(), 0);
  assert.match(page.url(), /step=1/);
  await page.keyboard.press('ArrowRight');
  await page.locator('.draw-steps [data-at="2"]').waitFor();
  // By the slider to the end.
  await page.locator('#draw-step').focus();
  await page.keyboard.press('End');
  await page.locator(`.draw-steps [data-at="${last}"]`).waitFor();
  await page.locator('svg.layout rect.box').first().waitFor();
  // A node leads to its octets, its style and its box.
  await page.locator('.tree a', { hasText: '<h1>' }).click();
  await page.locator('.draw-node').waitFor();
  assert.match(await page.locator('.source .is-chosen').first().innerText(), /^<h1/);
  assert.match(await page.locator('.draw-node').innerText(), /px at/);
  assert.ok(await page.locator('.layout .is-chosen').count() > 0);
  await assertAccessible(page, 'a node is looked at');
  assertQuiet(complaints);
  await context.close();
});

test('the browser draws the same page in a frame, and measures', async () => {
  const { page, context, complaints } = await openPage(browser);
  await open(page, PAGE);
  await page.locator('.browser-time tbody tr.mark, .browser-time tbody th').first().waitFor();
  await page.locator('page-frame iframe').scrollIntoViewIfNeeded(); // out of sight nothing is painted
  await page.waitForFunction(() => ['load', 'first paint'].every(part => document.querySelector('.browser-time')?.textContent?.includes(part)));
  const rows = (await page.locator('.browser-time tbody tr').allInnerTexts()).join('\n');
  for (const part of ['document', 'style.css', 'script.js', 'first paint', 'DOMContentLoaded', 'load']) assert.ok(rows.includes(part), `${part} in ${rows}`);
  assert.ok(!rows.includes('measure.js'), 'our own script is not of the page');
  assert.match(rows, /style\.css[\s\S]*nothing is drawn before it/);
  await page.waitForFunction(() => /engine and your browser/.test(document.querySelector('.browser-boxes')?.textContent ?? ''));
  const frame = await frameOf(page);
  assert.equal(await frame.locator('h1').innerText(), 'A page of several resources');
  assert.equal(await frame.locator('.hidden').isVisible(), false, 'the style sheet is in force');
  assertQuiet(complaints);
  await context.close();
});

test('a change runs the stages again that it makes necessary, in both', async () => {
  const { page, context, complaints } = await openPage(browser);
  await open(page, PAGE);
  await page.locator('#draw-kind').selectOption('colour');
  await page.locator('#draw-of').selectOption({ label: (await page.locator('#draw-of option', { hasText: '<h1>' }).first().innerText()) });
  await page.locator('#draw-value').fill('rgb(200, 20, 60)');
  await page.locator('.draw-change button').click();
  await page.locator('.runs th', { hasText: 'After the change' }).waitFor();
  const runs = Object.fromEntries((await page.locator('.runs tbody tr').allInnerTexts()).map(t => [t.split('\t')[0], t]));
  assert.match(runs.Layout, /not run/);
  assert.match(runs.Paint, /needs a stage that ran|it is what changed/);
  await page.waitForFunction(() => /mean of 20 times/.test(document.querySelector('.browser-change')?.textContent ?? ''));
  const frame = await frameOf(page);
  assert.equal(await frame.locator('h1').evaluate(e => getComputedStyle(e).color), 'rgb(200, 20, 60)');
  // The window becomes narrower: both lay out anew.
  await page.locator('.tries button', { hasText: 'window 360 px' }).click();
  await page.waitForFunction(() => document.querySelector('page-frame iframe')?.getAttribute('width') === '360');
  await page.waitForFunction(() => /360 px wide now/.test(document.querySelector('.browser-change')?.textContent ?? ''));
  assert.match((await page.locator('.runs tbody tr', { hasText: 'Layout' }).innerText()).split('\t').at(-1) ?? '', /of/);
  await assertAccessible(page, 'after a change');
  assertQuiet(complaints);
  await context.close();
});

test('the frame reaches nothing: no page around it, no cookies, no storage, no endpoint', async () => {
  const { page, context } = await openPage(browser);
  await open(page, PAGE);
  const frame = await frameOf(page);
  const asked = /** @type {string[]} */ ([]);
  // What a policy stops is told as a request too, and never leaves the browser.
  const left = (/** @type {import('playwright-core').Request} */ r) => { if (r.frame() !== page.mainFrame()) asked.push(`${r.method()} ${new URL(r.url()).pathname}`); };
  page.on('requestfinished', left);
  page.on('requestfailed', r => { if (!/csp/i.test(r.failure()?.errorText ?? '')) left(r); });
  /** @param {string} code */
  const tried = code => frame.evaluate(c => { try { return `got ${String(eval(c))}`; } catch (e) { return `refused: ${/** @type {Error} */ (e).name}`; } }, code);
  assert.equal(await frame.evaluate(() => self.origin), 'null');
  for (const code of ['parent.document.body.innerHTML', 'parent.location.href', 'document.cookie', 'document.cookie = "lang=ko"', 'localStorage.length', 'sessionStorage.length', 'indexedDB.open("x")', 'top.location.href', 'parent.frames.length && parent.localStorage', 'frameElement.id']) {
    assert.match(await tried(code), /^refused|null/, code);
  }
  const site = program.url;
  const fetched = await frame.evaluate(async (/** @type {string} */ site) => {
    const out = [];
    for (const [url, how] of /** @type {[string, RequestInit][]} */ ([['/', {}], ['/lookups', { method: 'POST', body: 'name=a.example' }], ['/flush', { method: 'POST', mode: 'no-cors', body: 'cache=all' }], ['/lookups/example.json', {}]])) {
      out.push(await fetch(site + url, how).then(() => 'sent', () => 'refused'));
    }
    out.push(await new Promise(done => { const s = new WebSocket(site.replace('http', 'ws') + '/live?room=draw'); s.onopen = () => done('open'); s.onerror = () => done('refused'); }));
    out.push(await new Promise(done => { const i = new Image(); i.onload = () => done('loaded'); i.onerror = () => done('refused'); i.src = site + '/static/css/icon.svg'; }));
    out.push(navigator.sendBeacon(site + '/flush', 'cache=all') ? 'queued' : 'refused');
    return out;
  }, site).catch(e => [String(e)]);
  assert.deepEqual(fetched.slice(0, 6), Array(6).fill('refused'));
  // No form, no window, no navigation of the page around it, and none of the frame to another page of ours.
  await frame.evaluate((/** @type {string} */ site) => {
    const f = document.createElement('form');
    f.action = site + '/flush'; f.method = 'post';
    document.body.append(f);
    f.submit();
    try { window.open(site + '/'); } catch { /* refused */ }
    try { parent.location.href = site + '/lookups/example'; } catch { /* refused */ }
  }, site);
  const here = page.url();
  await page.waitForTimeout(300);
  assert.equal(page.url(), here);
  assert.equal(context.pages().length, 1);
  assert.deepEqual(asked.filter(a => !a.includes('/framed/')), [], 'nothing left the frame');
  await frame.evaluate(() => { location.href = '/lookups/example'; }).catch(() => {});
  await page.waitForTimeout(300);
  assert.ok(!asked.includes('GET /lookups/example'), 'the frame went to another page of ours');
  assert.ok(!(await context.cookies()).some(c => c.name === 'lang' && c.value === 'ko'));
  await context.close();
});

test('hostile posts are ignored: from elsewhere, of another shape, without end', async () => {
  const { page, context, complaints } = await openPage(browser);
  await open(page, PAGE);
  await page.waitForFunction(() => /load/.test(document.querySelector('.browser-time')?.textContent ?? ''));
  const before = await page.locator('.browser-time').innerText();
  const forged = { rootwalk: 1, say: 'entries', entries: [{ type: 'paint', name: 'FORGED', at: 1, for: 1 }] };
  // The page's own window is not the frame's.
  await page.evaluate(m => window.postMessage(m, '*'), forged);
  const frame = await frameOf(page);
  await frame.evaluate(() => {
    for (const m of [null, 'x', { rootwalk: 1, say: 'entries', entries: 'no' + 'thing' }, { rootwalk: 1, say: 'eval', code: 'document.title = "owned"' }, { rootwalk: 1, say: 'changed', id: 99 }]) if (typeof m !== 'object' || m?.entries === undefined) parent.postMessage(m, '*');
    parent.postMessage({ rootwalk: 1, say: 'boxes', boxes: [['<img src=x onerror=alert(1)>', 1, 1, 1, 1]] }, '*');
  });
  await page.waitForTimeout(200);
  assert.equal(await page.locator('.browser-time').innerText(), before);
  // Markup is text, and a flood ends.
  await frame.evaluate(() => {
    const entries = Array(300).fill(0).map((_, i) => ({ type: 'resource', name: `http://a.example/${'<img src=x onerror="document.title=1">'.replaceAll('/', '')}${i}`, at: i, for: 1, last: i + 1 }));
    for (let i = 0; i < 500; i++) parent.postMessage({ rootwalk: 1, say: 'entries', entries }, '*');
  });
  await page.waitForFunction(() => document.querySelectorAll('.browser-time tbody tr').length === 200);
  assert.equal(await page.locator('.browser-time img').count(), 0);
  assert.notEqual(await page.title(), '1');
  await assertFits(page, 'after hostile names');
  assertQuiet(complaints);
  await context.close();
});

test('in Korean, on a phone, without a script: every step is a page', async () => {
  const { page, context } = await openPage(browser, { javaScriptEnabled: false, viewport: sizes.phone, locale: 'ko-KR' });
  await open(page, PAGE, 'ko');
  await assertFits(page, 'the last step');
  await page.locator('.draw-steps a[data-step="first"]').click();
  assert.equal(await place(page), 1);
  assert.match(await page.locator('.later').first().innerText(), /이 단계에서는 아직 없습니다/);
  await page.locator('#draw-step').evaluate(() => {}).catch(() => {});
  await page.locator('.draw-steps a[data-step="last"]').click();
  await page.locator('.tree a', { hasText: '<h1>' }).click();
  assert.match(page.url(), /#o-\d+$/);
  assert.match(await page.locator('.draw-node').innerText(), /문서의 바이트/);
  await page.locator('#draw-value').fill('');
  await page.locator('.tries button', { hasText: 'transform' }).click();
  assert.match(await page.locator('.runs').innerText(), /바꾼 뒤[\s\S]*실행 안 함/);
  await assertFits(page, 'after a change');
  await context.close();
});

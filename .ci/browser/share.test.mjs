// @ts-check
// A drawing leaves and comes back: a link to a step and field, pictures, a file
// that replays offline, a trace file that is opened again. Whatever way it
// comes, the same thing is drawn.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { assertAccessible, assertQuiet, lookUp, openPage, ready, sizes, startBrowser, startProgram } from './harness.mjs';

/** @type {Awaited<ReturnType<typeof startProgram>>} */ let program;
/** @type {import('playwright-core').Browser} */ let browser;
const folder = mkdtempSync(join(tmpdir(), 'rootwalk-share-'));
before(async () => { program = await startProgram(); browser = await startBrowser(); });
after(async () => { await browser?.close(); await program?.stop(); rmSync(folder, { recursive: true }); });

/** All that a page draws of a trace at a step, as one text. @param {import('playwright-core').Page} page */
const drawn = (page) => page.evaluate(() => {
  const svg = /** @type {SVGElement} */ (document.querySelector('net-drawing svg'));
  const marks = [...svg.querySelectorAll('*')].map((e) => [e.localName, ...e.getAttributeNames().filter((n) => !['width', 'height', 'viewBox'].includes(n)).map((n) => `${n}=${e.getAttribute(n)}`), e.children.length ? '' : e.textContent].join(' ')).sort().join('\n'); // a live drawing is made part by part
  return {
    marks,
    steps: [...document.querySelectorAll('step-list li')].map((li) => `${li.getAttribute('data-state')} ${li.querySelector('.title')?.textContent}`),
    fields: [...document.querySelectorAll('byte-inspector .field')].map((f) => `${f.getAttribute('aria-selected')} ${f.textContent}`),
    hex: [...document.querySelectorAll('byte-inspector .hex b')].map((b) => b.textContent).join(' '),
    caches: [...document.querySelectorAll('cache-table td:not(.left)')].map((td) => td.textContent).join('|'),
    transcript: [...document.querySelectorAll('trace-transcript .items > li:not([hidden]) :is(.line, .details li)')].map((e) => e.textContent), // without the step that is read aloud
  };
});

/**
 * Waits until the page is drawn at its step and field: elements are drawn one after
 * the other, and the transcript is the last one that is compared.
 * @param {import('playwright-core').Page} page @param {string} field
 */
const atField = (page, field) => page.waitForFunction((f) => {
  const now = /** @type {HTMLElement | null} */ (document.querySelector('step-list li[data-state="now"]'));
  return now && document.querySelector('byte-inspector .field[aria-selected="true"] .name')?.textContent === f
    && [...document.querySelectorAll('trace-transcript .items > li:not([hidden])')].every((li) => Number(/** @type {HTMLElement} */ (li).dataset.n) <= Number(now.dataset.n));
}, field, { timeout: 15000 });

/** @param {import('playwright-core').Page} page */
const openShare = async (page) => {
  await page.locator('.share-link a').click();
  await page.waitForSelector('dialog.share-dialog[open]');
};

/** @param {import('playwright-core').Page} page @param {() => Promise<void>} act */
async function downloaded(page, act) {
  const [d] = await Promise.all([page.waitForEvent('download'), act()]);
  const to = join(folder, d.suggestedFilename());
  await d.saveAs(to);
  return to;
}

test('live page, link and replay file draw the same thing at the same step and field', async () => {
  const { page, context, complaints } = await openPage(browser, { reducedMotion: 'reduce', acceptDownloads: true });
  await page.goto(program.url + '/?room=share');
  await ready(page);
  await lookUp(page, 'www.example.co.kr');
  await page.locator('step-list li[data-n] button', { hasText: 'refers' }).last().click();
  await page.locator('byte-inspector .field', { hasText: 'TTL' }).nth(1).click();
  await atField(page, 'TTL');
  const link = page.url();
  assert.match(link, /\/lookups\/t\w+\?room=share#s=\d+&f=[\w.]+$/);
  const live = await drawn(page), room = await page.evaluate(() => document.querySelector('.svgbox')?.clientHeight ?? 0);
  assert.ok(live.marks.length > 5000 && live.steps.length >= 10 && live.hex.length > 300);

  await openShare(page);
  assert.equal(await page.locator('.share-dialog a[data-file=""]').innerText(), link, 'the dialog has the link to this very step');
  const file = await downloaded(page, () => page.getByRole('link', { name: 'Replay file (HTML)' }).click());
  await context.close();

  const there = await openPage(browser, { reducedMotion: 'reduce' });
  await there.page.goto(link);
  await atField(there.page, 'TTL');
  assert.deepEqual(await drawn(there.page), live, 'by its link');
  assertQuiet(there.complaints);
  await there.context.close();

  const offline = await openPage(browser, { reducedMotion: 'reduce', offline: true });
  /** @type {string[]} */ const asked = [];
  offline.page.on('request', (r) => asked.push(r.url()));
  await offline.page.goto(pathToFileURL(file).href + new URL(link).hash);
  await atField(offline.page, 'TTL');
  // The file has no form and no index of sheets: its window is so much lower.
  const high = await offline.page.evaluate(() => document.querySelector('.svgbox')?.clientHeight ?? 0);
  await offline.page.setViewportSize({ width: sizes.desktop.width, height: sizes.desktop.height + room - high });
  await offline.page.waitForFunction((h) => document.querySelector('.svgbox')?.clientHeight === h, room);
  await offline.page.waitForTimeout(200);
  const replayed = await drawn(offline.page);
  assert.equal(replayed.marks, live.marks, 'the drawing');
  for (const what of /** @type {const} */ (['steps', 'fields', 'hex', 'transcript'])) assert.deepEqual(replayed[what], live[what], what);
  await offline.page.getByRole('button', { name: 'Next step' }).click();
  await offline.page.waitForFunction(() => /#s=8/.test(location.hash));
  await offline.page.locator('[data-do="lang"]').click();
  await offline.page.waitForFunction(() => document.documentElement.lang === 'ko' && document.querySelector('step-list .title')?.textContent?.includes('내 기기'));
  assert.deepEqual(asked.map((u) => new URL(u).protocol), ['file:'], 'nothing but the file itself is asked for');
  assertQuiet(offline.complaints);
  assertQuiet(complaints);
  await offline.context.close();
});

test('the replay file runs only as it was written, is accessible, and is complete without a script', async () => {
  const maker = await openPage(browser);
  await maker.page.goto(program.url + '/?room=replay');
  await ready(maker.page);
  const { id } = await lookUp(maker.page, 'www.chain.example');
  const html = await (await maker.page.request.get(`${program.url}/lookups/${id}/files/replay.html`)).text();
  await maker.context.close();
  const good = join(folder, 'good.html'), bad = join(folder, 'bad.html');
  writeFileSync(good, html);
  const at = html.lastIndexOf('<script>') + 8;
  writeFileSync(bad, html.slice(0, at) + 'document.title="changed";' + html.slice(at));
  const changed = await browser.newContext(), p = await changed.newPage();
  await p.goto(pathToFileURL(bad).href);
  await p.waitForTimeout(300);
  assert.ok(!(await p.title()).includes('changed') && !(await p.locator('net-drawing svg').count()), 'a script that was changed does not run');
  await changed.close();
  for (const viewport of [sizes.desktop, sizes.phone]) {
    const { page, context, complaints } = await openPage(browser, { viewport, bypassCSP: true });
    await page.goto(pathToFileURL(good).href);
    await page.waitForSelector('net-drawing svg .plates');
    await ready(page);
    await assertAccessible(page, `replay file, ${viewport.width}`);
    const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.ok(over <= 0, `${over} px too wide at ${viewport.width}`);
    assertQuiet(complaints);
    await context.close();
  }
  const plain = await openPage(browser, { javaScriptEnabled: false });
  await plain.page.goto(pathToFileURL(good).href);
  assert.ok(await plain.page.locator('.ladder li').first().isVisible());
  assert.match(await plain.page.locator('#transcript').innerText(), /203\.0\.113/);
  await plain.context.close();
});

test('the drawing as SVG and as PNG', async () => {
  const { page, context, complaints } = await openPage(browser, { acceptDownloads: true, colorScheme: 'dark', locale: 'ko-KR' });
  await page.goto(program.url + '/?room=picture');
  await ready(page);
  await lookUp(page, 'www.example.co.kr');
  await page.locator('step-list li[data-n] button').last().click();
  await page.waitForTimeout(400);
  const box = await page.evaluate(() => document.querySelector('net-drawing svg')?.getAttribute('viewBox')?.split(' ').map(Number) ?? []);
  await openShare(page);
  const svg = readFileSync(await downloaded(page, () => page.getByRole('button', { name: /SVG/ }).click()), 'utf8');
  const png = readFileSync(await downloaded(page, () => page.getByRole('button', { name: /PNG/ }).click()));
  assert.match(svg, /^<svg [^>]*xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
  assert.match(svg, /<title[^>]*>.*www\.example\.co\.kr.*<\/title>/);
  assert.match(svg, /<desc[^>]*>.+<\/desc>/);
  assert.match(svg, /font-family="[^"]*Noto Sans CJK KR/);
  assert.doesNotMatch(svg, /var\(|class=|<style|<script|href=/, 'nothing that would need the page');
  assert.ok(svg.includes('재귀 리졸버') && /ns[12]\.example\.co\.kr/.test(svg));
  assert.equal(png.subarray(1, 4).toString(), 'PNG');
  assert.deepEqual([png.readUInt32BE(16), png.readUInt32BE(20)], [2 * box[2], 2 * box[3]], 'two pixels a unit');
  // Somebody else sees it as it was: the file draws what the page drew.
  const file = join(folder, 'drawing.svg');
  writeFileSync(file, svg);
  const other = await context.newPage();
  await other.goto(pathToFileURL(file).href);
  assert.equal(await other.evaluate(() => document.querySelectorAll('text').length), await page.evaluate(() => [...document.querySelectorAll('net-drawing .svgbox > svg text')].filter((t) => {
    for (let e = /** @type {Element | null} */ (t); e && e.localName !== 'svg'; e = e.parentElement) { const s = getComputedStyle(e); if (s.display === 'none' || s.visibility === 'hidden' || Number(s.opacity) < .01) return false; }
    return true;
  }).length));
  assertQuiet(complaints);
  await context.close();
});

test('the dialog: keyboard, frames, a trace on show that is another than the page came with', async () => {
  const { page, context, complaints } = await openPage(browser, { bypassCSP: true, acceptDownloads: true });
  await page.goto(program.url + '/?room=dialog');
  await ready(page);
  const share = page.locator('.share-link a');
  await share.focus();
  await page.keyboard.press('Enter');
  await page.waitForSelector('dialog.share-dialog[open]');
  assert.match(await page.locator('.share-dialog .frames').innerText(), /recorded long ago/, 'the example has no frames');
  await assertAccessible(page, 'the dialog');
  await page.keyboard.press('Escape');
  assert.equal(await page.evaluate(() => document.activeElement?.getAttribute('data-need')), 'share', 'the focus comes back');
  const { id } = await lookUp(page, 't4k.big.test', 'TXT');
  await openShare(page);
  await page.waitForFunction(() => document.querySelectorAll('.share-dialog .frames a').length > 5);
  for (const a of await page.locator('.share-dialog a[data-file]').evaluateAll((all) => all.map((e) => e.getAttribute('href') ?? ''))) assert.ok(a.includes(id), a);
  const capture = readFileSync(await downloaded(page, () => page.locator('.share-dialog .frames a').first().click()));
  assert.equal(capture.readUInt32LE(0), 0x0a0d0d0a, 'a section header block of pcapng');
  await page.setViewportSize(sizes.phone);
  await assertAccessible(page, 'the dialog on a phone');
  const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.ok(over <= 0, `${over} px too wide`);
  assertQuiet(complaints);
  await context.close();
});

test('a trace file is opened again, and says that it is a file', async () => {
  const { page, context, complaints } = await openPage(browser, { acceptDownloads: true, bypassCSP: true });
  await page.goto(program.url + '/?room=file');
  await ready(page);
  const { id } = await lookUp(page, 'www.example.co.kr');
  await openShare(page);
  const file = await downloaded(page, () => page.getByRole('link', { name: 'Trace file (JSON)' }).click());
  await page.locator('#share-file').setInputFiles(file);
  await page.getByRole('button', { name: 'Open', exact: true }).click();
  await page.waitForURL((u) => /^\/lookups\/t\w+$/.test(u.pathname) && !u.pathname.endsWith(id));
  await ready(page);
  assert.notEqual(new URL(page.url()).pathname, `/lookups/${id}`);
  assert.ok(await page.locator('.filenote').isVisible());
  await page.locator('step-list li[data-n] button').last().click();
  assert.match(await page.locator('title-block .source').innerText(), /somebody’s file/);
  assert.match(await page.locator('title-block .answer').innerText(), /203\.0\.113\.10/);
  await assertAccessible(page, 'an opened file');
  await lookUp(page, 'mx.example', 'MX');
  await page.waitForFunction(() => document.querySelector('title-block .source')?.textContent?.includes('live'));
  assert.ok(!(await page.locator('.filenote').isVisible()), 'what was looked up here is no file');
  writeFileSync(join(folder, 'bad.json'), '{"events":[]}');
  await openShare(page);
  await page.locator('#share-file').setInputFiles(join(folder, 'bad.json'));
  await page.getByRole('button', { name: 'Open', exact: true }).click();
  await page.waitForSelector('.failure');
  assert.match(await page.locator('.failure').innerText(), /no trace file/);
  assert.deepEqual(complaints.filter((c) => !c.includes('422')), []);
  await context.close();
});

test('without a script: a list of links, each of which leads somewhere', async () => {
  const { page, context, complaints } = await openPage(browser, { javaScriptEnabled: false, acceptDownloads: true });
  const r = await page.request.post(program.url + '/lookups', { data: { name: 'www.example.co.kr', type: 'A', room: 'plain' } });
  const { id } = await r.json();
  await page.goto(`${program.url}/lookups/${id}`);
  const links = await page.locator('#share a').evaluateAll((all) => all.map((a) => a.getAttribute('href') ?? ''));
  assert.ok(links.length > 12 && links.some((l) => l.endsWith('.pcapng')), links.join(' '));
  for (const l of links) assert.equal((await page.request.get(new URL(l, program.url).href)).status(), 200, l);
  const file = await downloaded(page, () => page.locator('#share a', { hasText: 'Trace file' }).click());
  await page.locator('#share-file').setInputFiles(file);
  await page.locator('#share button').click();
  await page.waitForURL((u) => /^\/lookups\/t\w+$/.test(u.pathname) && !u.pathname.endsWith(id));
  assert.ok(await page.locator('.filenote').isVisible());
  assert.deepEqual(complaints.filter((c) => !/\.js csp$/.test(c)), []); // scripts are switched off
  await context.close();
});

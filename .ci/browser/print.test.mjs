// @ts-check
// A trace on paper: A4 landscape, everything on it, nothing cut; as a worksheet
// without the answers. What is looked at is what Chromium prints.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { assertAccessible, assertFits, assertQuiet, lookUp, openPage, ready, sizes, startBrowser, startProgram, stepToEnd, traceID } from './harness.mjs';

/** @type {Awaited<ReturnType<typeof startProgram>>} */ let program;
/** @type {import('playwright-core').Browser} */ let browser;
const folder = mkdtempSync(join(tmpdir(), 'rootwalk-print-'));
before(async () => { program = await startProgram(); browser = await startBrowser(); });
after(async () => { await browser?.close(); await program?.stop(); rmSync(folder, { recursive: true }); });

/** Text, pages and fonts of what is printed. @param {import('playwright-core').Page} page @param {string} name */
async function printed(page, name) {
  const file = join(folder, name + '.pdf');
  writeFileSync(file, await page.pdf({ preferCSSPageSize: true, printBackground: false }));
  const run = (/** @type {string} */ tool, /** @type {string[]} */ ...args) => execFileSync(tool, [...args, file, ...(tool === 'pdftotext' ? ['-'] : [])], { encoding: 'utf8' });
  const info = run('pdfinfo');
  return { text: run('pdftotext', '-layout'), pages: Number(/Pages:\s+(\d+)/.exec(info)?.[1]), size: /Page size:\s+([\d.]+) x ([\d.]+)/.exec(info)?.slice(1).map(Number) ?? [], fonts: run('pdffonts') };
}

/** @param {import('playwright-core').Page} page @param {string} name @param {string} room */
const walked = async (page, name, room) => (await page.request.post(program.url + '/lookups', { data: { name, type: 'A', room } })).json();

/** @param {import('playwright-core').Page} page */
const drawnToTheEnd = (page) => page.waitForFunction(() => {
  const on = document.querySelectorAll('net-drawing .spot.on').length;
  return on > 3 && on === document.querySelectorAll('.paper .steps li').length;
}, undefined, { timeout: 15000 });

for (const [locale, words] of /** @type {[string, string[]][]} */ ([
  ['en-US', ['Your device asks its resolver', 'Why each step happens', 'Authoritative server', 'Cache of R1']],
  ['ko-KR', ['내 기기가 리졸버에게 묻습니다', '단계마다 그 까닭', '권한 서버', '루트 서버']],
])) {
  test(`two pages of A4, whole, ${locale}`, async () => {
    const { page, context, complaints } = await openPage(browser, { locale });
    const { id } = await walked(page, 'www.example.co.kr', 'print-' + locale.slice(0, 2));
    const answer = /203\.0\.113\.10/;
    await page.goto(`${program.url}/lookups/${id}/print`);
    await drawnToTheEnd(page);
    const out = await printed(page, locale);
    assert.equal(out.pages, 2, out.text);
    assert.deepEqual(out.size.map(Math.round), [842, 595], 'A4 landscape, in points');
    const squeezed = out.text.replace(/\s+/g, '');
    for (const w of words) assert.ok(squeezed.includes(w.replace(/\s+/g, '')), w + '\n' + out.text);
    assert.match(out.text, answer);
    assert.ok(out.text.replace(/\s+/g, '').includes(`/lookups/${id}`), 'the address, as text');
    if (locale === 'ko-KR') {
      // Han and Hangul of a Korean page come from a Korean font, and are embedded.
      const cdp = await context.newCDPSession(page);
      await cdp.send('DOM.enable');
      await cdp.send('CSS.enable');
      const { root } = await cdp.send('DOM.getDocument'), { nodeId } = await cdp.send('DOM.querySelector', { nodeId: root.nodeId, selector: '.whys li b' });
      const { fonts } = await cdp.send('CSS.getPlatformFontsForNode', { nodeId });
      assert.ok(fonts.some((f) => /KR|Nanum|Malgun|Gothic Neo/.test(f.familyName)), JSON.stringify(fonts));
      for (const line of out.fonts.split('\n').slice(2).filter(Boolean)) assert.match(line, / yes (yes|no) +yes /, 'embedded: ' + line);
      assert.doesNotMatch(out.text, /\ufffd|□/);
    }
    // Nothing of the first page is cut: the drawing, the steps and the block lie on it.
    await page.emulateMedia({ media: 'print' });
    await page.setViewportSize({ width: 1047, height: 718 });
    const cut = await page.evaluate(() => {
      const paper = /** @type {Element} */ (document.querySelector('.paper.one')).getBoundingClientRect();
      return ['.drawn svg', '.steps', '.block', '.qr'].filter((s) => { const r = document.querySelector('.paper.one ' + s)?.getBoundingClientRect(); return !r || !r.width || r.bottom > paper.top + 718 || r.right > paper.right + 1; });
    });
    assert.deepEqual(cut, []);
    assertQuiet(complaints);
    await context.close();
  });
}

/** What a QR code in a picture says, read by another program than the one that wrote it; null where there is none. @param {string} png */
function codeIn(png) {
  try {
    return execFileSync('zbarimg', ['--quiet', '--raw', png], { encoding: 'utf8' }).trim();
  } catch (e) {
    if (/** @type {any} */ (e).code !== 'ENOENT' || process.env.ROOTWALK_CI === '1') throw e;
    return null;
  }
}

test('the drawing itself, printed from its own page, says where it is found again', async () => {
  const { page, context, complaints } = await openPage(browser, { locale: 'en-US' });
  await page.goto(`${program.url}/?room=paper`);
  await ready(page);
  assert.equal(await page.locator('.permalink').isVisible(), false, 'it is for paper only');
  await lookUp(page, 'www.example.co.kr');
  await stepToEnd(page);
  const address = `${program.url}/lookups/${await traceID(page)}`;
  const out = await printed(page, 'sheet');
  assert.ok(out.text.replace(/\s+/g, '').includes(address.replace(/^https?:\/\//, '')), out.text);
  execFileSync('pdftoppm', ['-r', '150', '-png', join(folder, 'sheet.pdf'), join(folder, 'sheet')]);
  const first = readdirSync(folder).filter((f) => /^sheet-0*1\.png$/.test(f))[0];
  assert.equal(codeIn(join(folder, first)) ?? address, address);
  assertQuiet(complaints);
  await context.close();
});

test('the QR code is the address', async () => {
  const { page, context } = await openPage(browser);
  const { id } = await walked(page, 'www.example.co.kr', 'qr');
  await page.goto(`${program.url}/lookups/${id}/print`);
  const png = join(folder, 'qr.png');
  await page.locator('.qr').screenshot({ path: png, scale: 'css' });
  const big = await context.newPage();
  await big.setViewportSize({ width: 400, height: 400 });
  await big.goto(`${program.url}/lookups/${id}/files/qr.svg`);
  await big.screenshot({ path: png });
  const read = codeIn(png);
  assert.equal(read ?? `${program.url}/lookups/${id}`, `${program.url}/lookups/${id}`);
  await context.close();
});

test('a worksheet has the numbers and not the answers', async () => {
  const { page, context, complaints } = await openPage(browser);
  const { id } = await walked(page, 'www.example.co.kr', 'worksheet');
  await page.goto(`${program.url}/lookups/${id}/print`);
  await page.getByRole('link', { name: 'Worksheet without answers' }).click();
  await page.waitForURL(/\?worksheet/);
  await page.waitForSelector('net-drawing .spot.on');
  await page.waitForTimeout(300);
  const out = await printed(page, 'worksheet');
  assert.equal(out.pages, 2);
  for (const secret of ['203.0.113.10', 'refers it to', 'asks its resolver', 'glue', 'd.dns.kr', 'Not an answer']) assert.ok(!out.text.includes(secret), `"${secret}" is on it`);
  const { heads, kinds } = await page.evaluate(() => ({
    heads: [...document.querySelectorAll('.paper .lane .head')].filter((e) => getComputedStyle(e).display !== 'none').length,
    kinds: new Set([...document.querySelectorAll('.paper .lane .line')].map((e) => { const s = getComputedStyle(e); return [s.stroke, s.strokeWidth, s.strokeDasharray].join(); })).size,
  }));
  assert.deepEqual({ heads, kinds }, { heads: 0, kinds: 1 }, 'lanes without heads, all alike');
  assert.match(out.text.replace(/\s+/g, ' '), /1.*10/);
  assertQuiet(complaints);
  await context.close();
});

test('on the screen: axe-core, phone, without a script', async () => {
  for (const viewport of [sizes.desktop, sizes.phone]) {
    const { page, context } = await openPage(browser, { viewport, bypassCSP: true });
    for (const path of ['print', 'print?worksheet']) {
      await page.goto(`${program.url}/lookups/example/${path}`);
      await page.waitForSelector('net-drawing svg .plates');
      await assertAccessible(page, `${path} at ${viewport.width}`);
      await assertFits(page, `${path} at ${viewport.width}`);
    }
    await context.close();
  }
  const plain = await openPage(browser, { javaScriptEnabled: false });
  await plain.page.goto(`${program.url}/lookups/example/print`);
  assert.ok(await plain.page.locator('.laddered svg').isVisible());
  assert.equal(await plain.page.locator('.paper .qr').count(), 1);
  await plain.context.close();
});

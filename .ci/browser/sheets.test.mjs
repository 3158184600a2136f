// @ts-check
// What holds on every detail sheet: terms lead to the glossary, the depth
// switch leaves expert detail out, the keyboard reaches everything, narrow and
// zoomed pages fit.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { assertQuiet, openPage, sizes, startBrowser, startProgram } from './harness.mjs';

/** @type {Awaited<ReturnType<typeof startProgram>>} */ let program;
/** @type {import('playwright-core').Browser} */ let browser;
/** The address of every detail sheet, with something to show. @type {Record<string, string>} */ const sheets = {};
/** Sheets of the journey that are no part of finding a name; the glossary is about names. */
const OTHERS = ['connect', 'draw', 'encrypt', 'journey', 'request'];
/** @returns {[string, string][]} */
const ofNames = () => Object.entries(sheets).filter(([key]) => !OTHERS.includes(key));
/** @typedef {import('playwright-core').Page} Page */

before(async () => {
  program = await startProgram();
  browser = await startBrowser();
  const { page, context } = await openPage(browser, { javaScriptEnabled: false });
  /** @param {Record<string, unknown>} data @returns {Promise<string>} */
  const lookup = async (data) => (await (await page.request.post(program.url + '/lookups', { data: { type: 'A', room: 'all', ...data }, headers: { origin: program.url, accept: 'application/json' } })).json()).id;
  const plain = await lookup({ name: 'www.example.co.kr' }), signed = await lookup({ name: 'www.signed.example', dnssec: true });
  await page.goto(`${program.url}/lookups/${plain}/bytes?room=all`);
  const keys = await page.locator('.detail-index a[data-detail]').evaluateAll((all) => all.map((a) => a.getAttribute('data-detail') ?? ''));
  for (const key of keys.filter(Boolean)) sheets[key] = `/lookups/${key === 'trust' ? signed : plain}/${key}?room=all`;
  // Two sheets show more once something was done on them.
  await page.goto(program.url + sheets.whatif);
  await page.locator('input[name="change"][value="cold"]').check();
  await page.locator('form.changes button.primary').click();
  sheets.whatif = new URL(page.url()).pathname + new URL(page.url()).search;
  await context.close();
});
after(async () => { await browser?.close(); await program?.stop(); });

/** Complaints, but for modules that are not fetched where scripts are off. @param {string[]} complaints */
const heard = (complaints) => complaints.filter((c) => !c.endsWith('.js csp'));

/** What is wrong with the links to the glossary. @param {Page} page */
const terms = (page) => page.evaluate(() => {
  /** @type {string[]} */ const wrong = [], slugs = [];
  /** @type {Set<string>} */ const seen = new Set();
  for (const e of document.querySelectorAll('main :is(section, article, aside, figure, h2, a.term)')) {
    if (!e.matches('a.term')) { seen.clear(); continue; }
    const href = e.getAttribute('href') ?? '';
    if (seen.has(href)) wrong.push(`${href} twice in a section`);
    if (e.parentElement?.closest('a, button, label, summary, h1, h2, h3, pre, svg')) wrong.push(`${href} inside ${e.parentElement.tagName}`);
    seen.add(href);
    slugs.push(href);
  }
  return { wrong, slugs };
});

for (const locale of ['en-US', 'ko-KR']) {
  test(`without a script, ${locale}: every sheet and the transcript link terms; basic leaves expert detail out`, async () => {
    const { page, context, complaints } = await openPage(browser, { javaScriptEnabled: false, locale });
    /** The page in a depth is there, to its end. @param {string} depth */
    const came = async (depth) => { await page.locator(`html[data-depth="${depth}"]`).waitFor({ state: 'attached' }); await page.waitForLoadState('load'); };
    /** @type {Set<string>} */ const all = new Set();
    for (const [key, path] of [...ofNames(), ['drawing', '/lookups/example']]) {
      await page.goto(program.url + path);
      const { wrong, slugs } = await terms(page);
      assert.deepEqual(wrong, [], key);
      assert.ok(slugs.length > 0, `${key}: no term is linked`);
      for (const s of slugs) all.add(s);
      if (key === 'drawing') assert.ok(await page.locator('trace-transcript a.term').count() > 0, 'the transcript');
      else assert.ok(await page.locator('main [data-expert]').count() > 0, `${key}: nothing is marked as expert detail`);
      const seen = page.locator('main [data-expert]:visible');
      const before = await seen.count();
      if (key !== 'drawing') assert.ok(before > 0, `${key}: no expert detail to be seen`);
      await page.locator('.tools a[data-do="depth"]').click();
      await came('basic');
      assert.equal(await seen.count(), 0, `${key}: basic leaves it out`);
      assert.ok(await page.locator('main h1, main h2').first().textContent());
      await page.locator('.tools a[data-do="depth"]').click();
      await came('expert');
      assert.equal(await seen.count(), before, `${key}: expert brings it back`);
    }
    for (const slug of all) assert.equal((await page.request.get(program.url + slug)).status(), 200, slug);
    assertQuiet(heard(complaints));
    await context.close();
  });
}

test('with a script the switch works on every sheet without loading it anew, and links stay', async () => {
  const { page, context, complaints } = await openPage(browser);
  for (const [key, path] of ofNames()) {
    await page.goto(program.url + path + (key === 'caches' ? '#s=10' : '')); // where caches hold something
    await page.waitForLoadState('networkidle');
    await page.evaluate(() => { /** @type {any} */ (window).same = true; });
    const seen = page.locator('main [data-expert]:visible'), before = await seen.count();
    assert.ok(before > 0, `${key}: expert detail`);
    await page.locator('.tools a[data-do="depth"]').click();
    await page.waitForFunction(() => document.documentElement.dataset.depth === 'basic');
    assert.equal(await seen.count(), 0, key);
    await page.locator('.tools a[data-do="depth"]').click();
    await page.waitForFunction(() => document.documentElement.dataset.depth === 'expert');
    assert.equal(await seen.count(), before, key);
    assert.equal(await page.evaluate(() => /** @type {any} */ (window).same), true, `${key}: the page stayed`);
    assert.ok(await page.locator('main a.term').count() > 0, `${key}: terms are linked`);
  }
  assertQuiet(heard(complaints));
  await context.close();
});

test('the keyboard reaches everything on every sheet, and is seen where it is', async () => {
  const { page, context, complaints } = await openPage(browser);
  for (const [key, path] of Object.entries(sheets)) {
    await page.goto(program.url + path);
    await page.waitForLoadState('networkidle');
    // Every element that a pointer can use, a group of radio buttons once.
    const wanted = await page.evaluate(() => {
      const radios = new Set();
      let n = 0;
      for (const e of document.querySelectorAll('a[href], button, input:not([type="hidden"]), select, textarea, summary, [tabindex]')) {
        const el = /** @type {HTMLElement & {disabled?: boolean, type?: string, name?: string}} */ (e);
        if (el.tabIndex < 0 || el.disabled || !el.checkVisibility({ visibilityProperty: true }) || el.closest('[inert]')) continue;
        if (el.type === 'radio') { if (radios.has(el.name)) continue; radios.add(el.name); }
        el.dataset.stop = String(n++);
      }
      return n;
    });
    /** @type {Set<string>} */ const reached = new Set();
    for (let i = 0; i < wanted + 30 && reached.size < wanted; i++) { // some stops come while others are walked
      await page.keyboard.press('Tab');
      const stop = await page.evaluate(() => {
        const e = /** @type {HTMLElement} */ (document.activeElement);
        if (!e || e === document.body) return null;
        const group = e instanceof HTMLInputElement && e.type === 'radio' ? document.querySelector(`[data-stop][name="${CSS.escape(e.name)}"]`) : e;
        const r = e.getBoundingClientRect(), s = getComputedStyle(e);
        const x = Math.min(innerWidth - 1, Math.max(0, r.left + Math.min(r.width / 2, 30))), y = Math.min(innerHeight - 1, Math.max(0, r.top + Math.min(r.height / 2, 20)));
        const top = document.elementFromPoint(x, y);
        const bad = r.width === 0 || r.height === 0 ? 'hidden' : r.bottom < 0 || r.right < 0 || r.top > innerHeight || r.left > innerWidth ? 'outside the window'
          : top && !e.contains(top) && !top.contains(e) && !(e instanceof HTMLInputElement && e.labels && [...e.labels].some((l) => l.contains(top))) ? `behind ${top.tagName}.${top.className}` : '';
        const ring = s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2 || getComputedStyle(/** @type {Element} */ (e.closest('.cell') ?? e)).boxShadow !== 'none';
        return { stop: /** @type {HTMLElement | null} */ (group)?.dataset.stop ?? '', name: `${e.tagName}.${e.className} ${(e.getAttribute('aria-label') ?? e.textContent ?? '').trim().slice(0, 30)}`, bad, ring };
      });
      if (!stop || stop.stop === '') continue;
      assert.equal(stop.bad, '', `${key}: ${stop.name}`);
      assert.ok(stop.ring, `${key}: no focus to be seen on ${stop.name}`);
      reached.add(stop.stop);
    }
    const missed = await page.evaluate((have) => [...document.querySelectorAll('[data-stop]')].filter((e) => !have.includes(/** @type {HTMLElement} */ (e).dataset.stop ?? '')).map((e) => e.outerHTML.slice(0, 120)), [...reached]);
    assert.deepEqual(missed, [], `${key}: not reached by Tab`);
  }
  assertQuiet(heard(complaints));
  await context.close();
});

for (const [how, options] of /** @type {[string, any][]} */ ([
  ['320 px wide, without a script', { viewport: { width: 320, height: 640 }, javaScriptEnabled: false }],
  ['320 px wide, Korean', { viewport: { width: 320, height: 640 }, locale: 'ko-KR' }],
  ['1440 px at 200 %', { viewport: { width: 720, height: 450 }, deviceScaleFactor: 2 }],
  ['1024 px, high contrast, no motion', { viewport: sizes.tablet, contrast: 'more', reducedMotion: 'reduce', forcedColors: 'none' }],
  ['a phone in forced colours', { viewport: sizes.phone, forcedColors: 'active' }],
])) {
  test(`every sheet fits: ${how}`, async () => {
    const { page, context, complaints } = await openPage(browser, options);
    for (const [key, path] of [...Object.entries(sheets), ['drawing', '/lookups/example']]) {
      await page.goto(program.url + path);
      if (options.javaScriptEnabled !== false) await page.waitForLoadState('networkidle');
      const found = await page.evaluate(() => {
        const wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
        const out = wide > 0 ? [...document.querySelectorAll('body *')].filter((e) => !e.closest('nav, .scroll, svg') && e.getBoundingClientRect().right > document.documentElement.clientWidth + 1 && ![...e.children].some((c) => c.getBoundingClientRect().right > document.documentElement.clientWidth + 1)).slice(0, 3).map((e) => `${e.tagName}.${e.getAttribute('class')}`) : [];
        const moving = document.getAnimations().filter((a) => a.playState === 'running' && new Set((/** @type {any} */ (a.effect)?.getKeyframes?.() ?? []).map((/** @type {any} */ k) => k.transform)).size > 1).length;
        const now = document.querySelector('.detail-index [aria-current]'), r = now?.getBoundingClientRect();
        return { wide, out, moving, current: !r || r.left >= -1 && r.right <= innerWidth + 1 };
      });
      assert.ok(found.wide <= 0, `${key}: ${found.wide} px too wide: ${found.out.join(', ')}`);
      if (options.reducedMotion) assert.equal(found.moving, 0, `${key}: something moves`);
      if (options.javaScriptEnabled !== false) assert.ok(found.current, `${key}: its tab is out of sight`);
    }
    assertQuiet(heard(complaints));
    await context.close();
  });
}

for (const locale of ['en-US', 'ko-KR']) {
  test(`the tabs of all sheets are in sight, in groups; a sheet with nothing yet offers what can be opened, ${locale}`, async () => {
    for (const [size, rows] of /** @type {[{width: number, height: number}, number][]} */ ([[sizes.desktop, 1], [sizes.tablet, 2]])) {
      const { page, context } = await openPage(browser, { locale, viewport: size });
      await page.goto(program.url + '/lookups/example/journey');
      const nav = page.locator('.detail-index');
      const found = await nav.evaluate(n => ({ hidden: n.scrollWidth - n.clientWidth, tops: new Set([...n.querySelectorAll('a')].filter(a => a.getClientRects().length).map(a => Math.round(a.getBoundingClientRect().top))).size }));
      assert.equal(found.hidden, 0, `${size.width}: tabs scrolled out of sight`);
      assert.ok(found.tops <= rows, `${size.width}: ${found.tops} rows`);
      assert.equal(await nav.locator('.begins').count(), 2);
      await context.close();
    }
    const { page, context } = await openPage(browser, { locale });
    for (const key of ['journey', 'request', 'draw']) {
      await page.goto(`${program.url}/lookups/example/${key}?room=empty`);
      assert.ok(await page.locator('.openable li').count() >= 5, key);
      const first = page.locator('.openable li').first(), url = await first.locator('.mono').innerText();
      assert.equal(await first.locator('button').getAttribute('value'), url);
    }
    await page.locator('.openable button').first().click();
    await page.waitForURL(/\/lookups\/t[^/]+\/draw/);
    await page.locator('.draw-scrubber').waitFor();
    assert.equal(await page.locator('.openable').count(), 0, 'the list makes room');
    await context.close();
  });
}

test('without a script, on a wide screen, no panel of the drawing is cut', async () => {
  const { page, context } = await openPage(browser, { javaScriptEnabled: false });
  await page.goto(program.url + '/lookups/example');
  const cut = await page.locator('main.sheet > .panel').evaluateAll((all) => all.filter((e) => /** @type {HTMLElement} */ (e).offsetHeight > 0 && e.scrollHeight > e.clientHeight + 2).map((e) => e.className));
  assert.deepEqual(cut, []);
  assert.ok(await page.locator('.panel.drawing').evaluate((e) => e.clientHeight) > 400, 'the ladder is there');
  await context.close();
});

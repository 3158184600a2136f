// @ts-check
// DNSSEC on the drawing: a learner ticks the box, and sees on sheet 2 what was
// checked, where the chain of trust holds, ends or breaks, and the verdict; from
// there the sheet of the chain, and the same question with CD=1.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { assertQuiet, lookUp, openPage, ready, sizes, startBrowser, startProgram, stepTitles, stepToEnd } from './harness.mjs';

/** @type {Awaited<ReturnType<typeof startProgram>>} */ let program;
/** @type {import('playwright-core').Browser} */ let browser;
/** @type {string} */ let axe;
const shots = process.env.ROOTWALK_SHOTS;

before(async () => {
  axe = await readFile(new URL('../node_modules/axe-core/axe.min.js', import.meta.url), 'utf8');
  [program, browser] = await Promise.all([startProgram(), startBrowser()]);
});
after(async () => {
  await browser?.close();
  await program?.stop();
});

/** @param {import('playwright-core').Page} page @param {string} where */
async function accessible(page, where) {
  await page.evaluate(axe);
  const found = await page.evaluate(async () => (await /** @type {any} */ (globalThis).axe.run()).violations.map((/** @type {any} */ v) => `${v.id}: ${v.nodes.map((/** @type {any} */ n) => n.target.join(' ')).slice(0, 3).join(' | ')}`));
  assert.deepEqual(found, [], where);
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${where}: wider than the window`);
}

/** What stands at the nodes of the tree, by the end of their names. @param {import('playwright-core').Page} page @returns {Promise<Record<string, string>>} */
const seals = page => page.evaluate(() => Object.fromEntries([...document.querySelectorAll('net-drawing .node[data-trust]')].map(n => [n.querySelector('text')?.textContent ?? '', /** @type {HTMLElement | SVGElement} */ (n).dataset.trust ?? ''])));

/** @typedef {[name: string, verdict: string, step: Record<string, RegExp>, node: string, state: string]} Case a step that says why, and a node with its state */
const cases = /** @type {Case[]} */ ([
  ['www.signed.example', 'secure', { en: /^The signature over www.signed.example A is right/, ko: /^www.signed.example A의 서명이 맞습니다/ }, 'www', 'secure'],
  ['www.expired.example', 'bogus', { en: /has expired/, ko: /만료되었습니다/ }, 'expired', 'bogus'],
  ['www.notyet.example', 'bogus', { en: /is not valid yet/, ko: /아직 유효하지 않습니다/ }, 'notyet', 'bogus'],
  ['www.wrongds.example', 'bogus', { en: /DS record means another key/, ko: /DS 레코드가 다른 키를/ }, 'wrongds', 'bogus'],
  ['www.stripped.example', 'bogus', { en: /has no signature/, ko: /서명이 없습니다/ }, 'stripped', 'bogus'],
  ['www.tampered.example', 'bogus', { en: /does not fit www.tampered.example A/, ko: /서명이 www.tampered.example A/ }, 'www', 'bogus'],
  ['nobody.optout.example', 'insecure', { en: /The proof has a gap: opt-out/, ko: /빈틈이 있습니다/ }, 'optout', 'secure'],
  ['www.plain.signed.example', 'insecure', { en: /^Proved: plain.signed.example is not signed/, ko: /^증명됨: plain.signed.example에는 서명이 없습니다/ }, 'plain', 'insecure'],
  ['nobody.nsec3.example', 'secure', { en: /^Proved: nobody.nsec3.example is not there/, ko: /^증명됨: nobody.nsec3.example/ }, 'nsec3', 'secure'],
  ['www.newalg.example', 'insecure', { en: /newalg.example is signed in an unknown way/, ko: /newalg.example는 모르는 방식으로/ }, 'newalg', 'insecure'],
]);
const verdicts = /** @type {Record<string, Record<string, string>>} */ ({
  en: { secure: 'secure', insecure: 'insecure', bogus: 'bogus' },
  ko: { secure: '안전', insecure: '미서명', bogus: '검증 실패' },
});

for (const lang of /** @type {const} */ (['en', 'ko'])) {
  test(`every verdict is drawn from its facts (${lang})`, async () => {
    const { page, context, complaints } = await openPage(browser, { colorScheme: lang === 'ko' ? 'dark' : 'light' });
    await page.goto(`${program.url}/?lang=${lang}&room=all${lang}`);
    await ready(page);
    const block = page.locator('title-block .dnssec dd');
    assert.equal(await block.innerText(), lang === 'en' ? 'not checked' : '확인 안 함', 'nobody asked');
    await page.locator('input[name="dnssec"]').check();
    for (const [name, verdict, step, node, state] of cases) {
      await lookUp(page, name);
      await stepToEnd(page);
      assert.equal(await block.innerText(), verdicts[lang][verdict], name);
      const titles = await stepTitles(page);
      assert.ok(titles.some(t => step[lang].test(t)), `${name}: ${titles.join(' | ')}`);
      assert.ok(titles.every(t => !/^(step|line|kind)\./.test(t)), titles.join(' | '));
      const end = page.locator('step-list li').filter({ hasText: lang === 'en' ? /^\d+(Secure|Insecure|Bogus): / : /^\d+(안전|미서명|검증 실패): / });
      assert.equal(await end.count(), 1, `${name}: one verdict, ${titles.join(' | ')}`);
      assert.equal((await seals(page))[node], state, `${name}: ${JSON.stringify(await seals(page))}`);
      const facts = await page.evaluate(() => fetch(`/lookups/${document.body.dataset.trace}.json`).then(r => r.json()));
      assert.equal(facts.events.findLast((/** @type {any} */ e) => e.kind === 'chain.judged').fact.verdict, verdict, 'as the fact says');
      if (shots) await page.screenshot({ path: `${shots}/${name}-${lang}.png` });
    }
    await accessible(page, lang);
    // A lookup that does not ask has none of it.
    await page.locator('input[name="dnssec"]').uncheck();
    await lookUp(page, 'www.example.co.kr');
    await stepToEnd(page);
    assert.equal(await block.innerText(), lang === 'en' ? 'not checked' : '확인 안 함');
    assert.deepEqual(await seals(page), {});
    assertQuiet(complaints);
    await context.close();
  });
}

test('step by step: the chain is inked as it is checked; from a broken link to its sheet and to CD=1', async () => {
  const { page, context, complaints } = await openPage(browser);
  await page.goto(`${program.url}/?room=steps`);
  await ready(page);
  await page.locator('input[name="dnssec"]').check();
  await lookUp(page, 'www.expired.example');
  await stepToEnd(page);
  assert.deepEqual(await seals(page), { '.': 'secure', example: 'secure', expired: 'bogus', www: 'bogus' });
  assert.match(await page.locator('step-list li[data-state="now"]').innerText(), /SERVFAIL, no answer[\s\S]*does not believe it/);
  // before the first check nothing is known of the chain
  await page.locator('step-list li').filter({ hasText: 'The check begins at the trust anchor' }).locator('button').click();
  assert.deepEqual(await seals(page), {});
  assert.equal(await page.locator('title-block .dnssec dd').innerText(), 'being checked');
  await page.locator('step-list li').filter({ hasText: 'The root vouches for example' }).locator('button').click();
  assert.deepEqual(await seals(page), { '.': 'secure' });
  // the broken link leads to its place on the sheet
  const broken = page.locator('step-list li').filter({ hasText: 'has expired' }).first();
  await broken.locator('button').click();
  await broken.getByRole('link', { name: 'See it in the chain of trust' }).click();
  await page.waitForURL(url => url.pathname.endsWith('/trust') && url.hash === '#zone:expired.example.');
  assert.match(await page.locator(':target .line').last().innerText(), /has expired/);
  await page.goBack();
  await ready(page);
  await page.waitForLoadState('networkidle');
  // the verdict leads there too, and on to the contrast
  const verdict = page.locator('step-list li').filter({ hasText: 'Bogus: the answer is kept back' });
  await verdict.locator('button').click();
  await verdict.getByRole('link', { name: /CD=1/ }).click();
  await page.waitForURL(url => url.pathname.endsWith('/trust'));
  await Promise.all([page.waitForURL(url => url.searchParams.has('beside')), page.getByRole('button', { name: /unchecked \(CD=1\)/ }).click()]);
  const [checked, unchecked] = await page.locator('.beside article').allInnerTexts();
  assert.match(checked, /SERVFAIL/);
  assert.match(unchecked, /203\.0\.113\.24/);
  await accessible(page, 'contrast');
  assertQuiet(complaints);
  await context.close();
});

test('the sheet of the chain fills while the lookup runs', async () => {
  const slow = await startProgram('-lab-speed', '12');
  try {
    const { page, context, complaints } = await openPage(browser);
    await page.goto(`${slow.url}/lookups/example/trust`);
    await page.locator('input[name="dnssec"]').check();
    await page.locator('name-form input[name="name"]').fill('www.signed.example');
    await page.waitForFunction(() => !!document.querySelector('.hint')); // scripts have taken over
    await page.locator('name-form input[name="name"]').press('Enter');
    await page.waitForURL(url => /\/lookups\/t[^/]*\/trust/.test(url.pathname));
    // each state of the sheet, in the order in which it was drawn
    await page.waitForFunction(() => {
      const w = /** @type {any} */ (window), links = document.querySelectorAll('.links > .link:not(.end)').length, state = `${links} ${document.querySelector('.trust-verdict')?.getAttribute('data-verdict') ?? 'running'}`;
      w.seen ??= [];
      if (w.seen.at(-1) !== state) w.seen.push(state);
      return state.endsWith('secure');
    }, undefined, { polling: 50, timeout: 60000 });
    const seen = await page.evaluate(() => /** @type {any} */ (window).seen);
    assert.ok(seen.length > 2 && seen[0].endsWith('running'), `links came one after the other: ${seen.join(', ')}`);
    assert.equal(seen.at(-1), '7 secure');
    assertQuiet(complaints);
    await context.close();
  } finally {
    await slow.stop();
  }
});

test('on a phone, in basic depth, and with CD=1', async () => {
  const { page, context, complaints } = await openPage(browser, { viewport: sizes.phone, locale: 'ko-KR' });
  await page.goto(`${program.url}/?room=phone`);
  await ready(page);
  const dnssec = page.locator('input[name="dnssec"]'), cd = page.locator('input[name="cd"]');
  assert.ok(await dnssec.isVisible());
  assert.ok(!await cd.isVisible(), 'CD means nothing without DNSSEC');
  await dnssec.check();
  await cd.check();
  await accessible(page, 'phone');
  await lookUp(page, 'www.tampered.example');
  await stepToEnd(page);
  assert.equal(await page.locator('title-block .dnssec dd').innerText(), '끔: CD=1');
  assert.match(await page.locator('title-block .answer dd').innerText(), /203\.0\.113\.27/);
  assert.ok((await stepTitles(page)).some(t => /CD=1/.test(t)));
  // in basic depth the box is gone, and is not asked for
  await page.goto(`${program.url}/?room=phone&depth=basic`);
  await ready(page);
  await dnssec.check();
  assert.ok(!await cd.isVisible());
  await lookUp(page, 'www.wrongds.example');
  await stepToEnd(page);
  assert.equal(await page.locator('title-block .dnssec dd').innerText(), '검증 실패');
  assertQuiet(complaints);
  await context.close();
});

test('without a script: the box in the form, the verdict in block, steps and links; and in a file that replays offline', async () => {
  const { page, context } = await openPage(browser, { javaScriptEnabled: false });
  await page.goto(`${program.url}/?room=plain`);
  await page.locator('input[name="name"]').fill('www.wrongds.example');
  await page.locator('input[name="dnssec"]').check();
  await Promise.all([page.waitForURL(/\/lookups\/t/), page.locator('name-form button.primary').click()]);
  assert.ok(await page.locator('input[name="dnssec"]').isChecked(), 'as it was asked');
  assert.equal(await page.locator('title-block .dnssec dd').innerText(), 'bogus');
  assert.match(await page.locator('.ladder').innerText(), /The DS record means another key[\s\S]*Bogus: the answer is kept back/);
  const file = page.url().replace(/[?#].*/, '');
  await page.locator('.ladder').getByRole('link', { name: /CD=1/ }).click();
  assert.equal(await page.locator('.trust-verdict').getAttribute('data-verdict'), 'bogus');
  await Promise.all([page.waitForURL(url => url.searchParams.has('beside')), page.getByRole('button', { name: /unchecked \(CD=1\)/ }).click()]);
  assert.equal(await page.locator('.beside article').count(), 2);
  await context.close();

  const offline = await openPage(browser);
  const html = await (await fetch(`${file}/files/replay.html`)).text();
  await offline.page.route('**/replay.html', r => r.fulfill({ contentType: 'text/html', body: html }));
  await offline.page.goto(`${program.url}/replay.html`);
  await ready(offline.page);
  await stepToEnd(offline.page);
  assert.equal(await offline.page.locator('title-block .dnssec dd').innerText(), 'bogus');
  assert.deepEqual(await seals(offline.page), { '.': 'secure', example: 'secure', wrongds: 'bogus', www: 'bogus' });
  assert.ok((await stepTitles(offline.page)).includes('The DS record means another key'));
  assert.equal(await offline.page.locator('step-list .more a:visible').count(), 0, 'there is no sheet to go to');
  await offline.context.close();
});

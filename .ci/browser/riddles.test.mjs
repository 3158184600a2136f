// @ts-check
// Every riddle of the fault bench, played as a learner plays it: open it, look
// up, mark what was seen, name suspects until one is right, look again until it
// is proved, repair, look once more. What there is to choose stands on the page;
// nothing of the lab's own list is copied here.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { assertAccessible, assertFits, assertQuiet, openPage, sizes, startBoth } from './harness.mjs';

const { program, browser } = await startBoth();
/** @typedef {import('playwright-core').Page} Page */

/** Marks all steps of the lookup on show. @param {Page} page */
const markAll = page => page.locator('.accuse .steps input').evaluateAll(all => { for (const i of all) /** @type {HTMLInputElement} */ (i).checked = true; });

/** Suspects, those first at whom more went wrong than well; all, or those at whom something did. @param {Page} page @param {boolean} all @returns {Promise<string[]>} */
const suspects = (page, all) => page.locator('.suspects tbody tr').evaluateAll((rows, all) => rows
  .filter(r => all || r.querySelector('td:nth-child(2) a')).map(r => ({ id: /** @type {HTMLElement} */ (r).dataset.place ?? '', score: r.querySelectorAll('td:nth-child(2) a').length - r.querySelectorAll('td:nth-child(3) a').length }))
  .sort((a, b) => b.score - a.score).map(s => s.id), all);

/** Presses a button of the bench and waits for the page that it leads to. @param {Page} page @param {string} button */
async function press(page, button) {
  await Promise.all([page.waitForNavigation({ waitUntil: 'domcontentloaded', timeout: 0 }), page.locator(button).first().click()]);
}

/** Names suspects until one is right; whoever was wrong is not named again. @param {Page} page @param {Set<string>} tried @param {boolean} all */
async function accuse(page, tried, all) {
  for (const at of await suspects(page, all)) {
    if (tried.has(at)) continue;
    await markAll(page);
    await page.locator('#culprit').selectOption(at);
    await press(page, '.accuse button[value="accuse"]');
    if (await page.locator('.verdict .signs').count()) return at;
    tried.add(at);
  }
  return '';
}

/** Plays one riddle to its end. @param {Page} page @param {number} n */
async function play(page, n) {
  await page.goto(`${program.url}/lookups/example/faults?room=riddle${n}`);
  await press(page, `.numbers button[value="${n}"]`);
  assert.ok((await page.locator('.complaint').innerText()).length > 20, 'what people say');
  await press(page, '.open button[value="ask"]');
  let right = '';
  const tried = new Set();
  for (let round = 0; round < 40; round++) {
    right ||= await accuse(page, tried, round % 3 === 2); // things that are late or false go wrong for nobody
    if (right && await page.locator('.verdict[data-right]').count()) break;
    await markAll(page);
    await press(page, '.accuse button[value="again"]');
    if (!right) continue;
    await markAll(page);
    await page.locator('#culprit').selectOption(right);
    await press(page, '.accuse button[value="accuse"]');
  }
  assert.equal(await page.locator('.verdict[data-right]').count(), 1, `riddle ${n}: nothing was proved, right was ${right || 'nobody'}`);
  const signs = page.locator('.verdict .signs li');
  assert.equal(await signs.locator('a').count() >= await signs.count(), true, 'each proof leads to its step');
  const step = await signs.locator('a').first().getAttribute('href');
  assert.match(step ?? '', /^\/lookups\/t[^/]+\?room=riddle\d+#s=\d+$/);
  await press(page, 'button[value="repair"]');
  await press(page, '.open button[value="ask"]');
  const id = /\/lookups\/(t[^/]+)\//.exec(page.url())?.[1];
  const { events } = await (await page.request.get(`${program.url}/lookups/${id}.json`)).json();
  assert.equal(events.at(-1).fact.outcome, 'answer', `riddle ${n} is repaired`);
  return right;
}

test('every riddle is solved by evidence and repaired', async () => {
  const { page, context } = await openPage(browser, { javaScriptEnabled: false });
  await page.goto(program.url + '/lookups/example/faults?room=list');
  const left = (await page.locator('.numbers button').allInnerTexts()).map(Number);
  await context.close();
  assert.ok(left.length >= 20, `${left.length} riddles`);
  /** @type {Map<number, string>} */ const culprits = new Map();
  // Several learners at once: what they wait for is timers of the lab.
  await Promise.all(Array.from({ length: 3 }, async () => {
    const { page, context, complaints } = await openPage(browser, { javaScriptEnabled: false });
    page.setDefaultTimeout(0); // a busy machine may take its time
    for (let n = left.shift(); n; n = left.shift()) culprits.set(n, await play(page, n));
    assertQuiet(complaints.filter(c => !c.endsWith(' csp') && !c.includes('preloaded using link preload'))); // scripts are off
    await context.close();
  }));
  assert.ok(new Set(culprits.values()).size >= 10, `different ones are to blame: ${[...culprits.values()].join(' ')}`);
});

for (const [name, options] of /** @type {[string, any][]} */ ([
  ['desktop', { bypassCSP: true }], ['phone, Korean, dark', { viewport: sizes.phone, locale: 'ko-KR', colorScheme: 'dark', bypassCSP: true }],
])) {
  test(`evidence of several lookups counts together, ${name}`, async () => {
    const { page, context, complaints } = await openPage(browser, options);
    await page.goto(`${program.url}/lookups/example/faults?room=several-${options.locale ?? 'en'}`.toLowerCase());
    await press(page, '.numbers button[value="2"]');
    const bad = page.locator('.steps li', { hasText: /ns1\.sister\.example.*(points back up|맡지 않고)/ }), good = page.locator('.steps li', { hasText: /ns2\.sister\.example.*(answers|답합니다)/ });
    /** Looks up until one step is there, and marks it alone. @param {import('playwright-core').Locator} step @param {string} button */
    const find = async (step, button) => {
      for (let i = 0; i < 30; i++) {
        await press(page, button);
        button = '.accuse button[value="again"]';
        if (await step.count()) return step.locator('input').check();
      }
      assert.fail('it was never seen');
    };
    // Half of the proof in one lookup, the other half in the next.
    await find(bad, '.open button[value="ask"]');
    await find(good, '.accuse button[value="again"]');
    await page.locator('#culprit').selectOption('server:ns1.sister.example');
    await press(page, '.accuse button[value="accuse"]');
    await page.locator('.verdict[data-right]').waitFor();
    const proofs = page.locator('.verdict .signs a');
    assert.equal(await proofs.count(), 2);
    assert.equal(new Set(await proofs.evaluateAll(all => all.map(a => /** @type {HTMLAnchorElement} */ (a).pathname))).size, 2, 'from two lookups');
    assert.equal(await page.locator('.asked .kept').count(), 2, 'marks are kept');
    await page.locator('.suspects summary').click();
    const row = page.locator('.suspects tr[data-place="server:ns1.sister.example"]');
    assert.ok(await row.locator('.went-wrong a').count(), 'what went wrong there');
    await assertAccessible(page, 'several lookups');
    await assertFits(page, 'several lookups');
    if (process.env.ROOTWALK_SHOTS) await page.locator('.riddle').screenshot({ path: `${process.env.ROOTWALK_SHOTS}/several-${options.locale ?? 'en'}.png` });
    await row.locator('.went-wrong a').first().click();
    await page.waitForURL(/\/lookups\/t[^/]+\?room=several-[^#]+#s=\d+/);
    await page.locator('trace-transcript', { hasText: 'ns1.sister.example' }).waitFor({ state: 'attached' });
    assertQuiet(complaints);
    await context.close();
  });
}

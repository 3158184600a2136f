// @ts-check
// What goes wrong on the way, in the lab: servers that are lame, one that is silent,
// and a response that does not fit. All of it is drawn from facts, in both languages.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { assertQuiet, lookUp, openPage, ready, sizes, startBrowser, startProgram, stepTitles, stepToEnd } from './harness.mjs';

/** @type {Awaited<ReturnType<typeof startProgram>>} */ let program;
/** @type {import('playwright-core').Browser} */ let browser;
const shots = process.env.ROOTWALK_SHOTS;
before(async () => { [program, browser] = await Promise.all([startProgram(), startBrowser()]); });
after(async () => { await browser?.close(); await program?.stop(); });

/** @type {{name: string, type?: string, fact: string, mark: string, en: RegExp, ko: RegExp, told?: {en: RegExp, ko: RegExp}}[]} a fact, what it leaves on the drawing, what the list of steps says, and the transcript */
const troubles = [
  { name: 'www.alllame.test', fact: 'lame.received', mark: '.lane.is-failed', en: /does not serve alllame\.test/, ko: /alllame\.test를 맡고 있지 않/,
    told: { en: /refuses to answer for alllame\.test/, ko: /alllame\.test를 맡은 서버로 알려졌지만 답하기를 거부합니다/ } },
  { name: 'www.dead.test', fact: 'query.timedOut', mark: '.spot .cross', en: /^No reply/, ko: /응답이 없습니다/ },
  { name: 't4k.big.test', type: 'TXT', fact: 'truncation.received', mark: '.lane.is-tcp', en: /over TCP/, ko: /TCP로/ },
];

for (const lang of /** @type {const} */ (['en', 'ko'])) {
  test(`refused by lame servers, silent, truncated (${lang})`, async () => {
    const axe = await readFile(new URL('../node_modules/axe-core/axe.min.js', import.meta.url), 'utf8');
    const { page, context, complaints } = await openPage(browser, { viewport: lang === 'en' ? sizes.desktop : sizes.phone, colorScheme: lang === 'en' ? 'light' : 'dark' });
    await page.goto(`${program.url}/?lang=${lang}&room=t${lang}`);
    await ready(page);
    for (const x of troubles) {
      await lookUp(page, x.name, x.type ?? 'A');
      await stepToEnd(page);
      const facts = await page.evaluate(() => fetch(`/lookups/${document.body.dataset.trace}.json`).then(r => r.json()).then(f => f.events.map((/** @type {any} */ e) => e.kind)));
      assert.ok(facts.includes(x.fact), `${x.name}: ${x.fact}`);
      const titles = await stepTitles(page);
      assert.ok(titles.some(t => x[lang].test(t)), `${x.name}: ${titles.join(' | ')}`);
      assert.ok(titles.every(t => !/^(step|line)\./.test(t)), titles.join(' | '));
      assert.ok(await page.locator(`net-drawing ${x.mark}`).count() > 0, `${x.name}: ${x.mark}`);
      if (x.told) assert.match((await page.locator('trace-transcript').textContent()) ?? '', x.told[lang], x.name);
      if (shots) await page.screenshot({ path: `${shots}/${x.name}-${lang}.png` });
    }
    await page.evaluate(axe);
    assert.deepEqual(await page.evaluate(async () => (await /** @type {any} */ (globalThis).axe.run()).violations.map((/** @type {any} */ v) => v.id)), []);
    assertQuiet(complaints);
    await context.close();
  });
}

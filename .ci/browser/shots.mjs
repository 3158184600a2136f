// @ts-check
// Pictures of every state of the page, to be looked at by a person; no test.
//
//   node .ci/browser/shots.mjs FOLDER [WORD…]
//
// takes them all into FOLDER, or those whose names hold one of the words (a+b: both). A name
// says what is on it: state-size-language-scheme.png. The program is the one
// that .ci/run builds into .ci/out.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { lookUp, openPage, ready, sizes, startBrowser, startProgram, stepToEnd } from './harness.mjs';

const [folder, ...words] = process.argv.slice(2);
if (!folder) {
  console.error('usage: node .ci/browser/shots.mjs FOLDER [WORD…]');
  process.exit(2);
}
mkdirSync(folder, { recursive: true });

/** One program for each state: rooms are few. @type {Awaited<ReturnType<typeof startProgram>>} */ let program;
const browser = await startBrowser();

/** @typedef {import('playwright-core').Page} Page */

/** The lookup of a name, at its last step. @param {string} name @param {string} [type] */
const finished = (name, type) => async (/** @type {Page} */ page, /** @type {string} */ room) => {
  await page.goto(`${program.url}/?room=${room}`);
  await ready(page);
  await lookUp(page, name, type);
  await stepToEnd(page);
};

/** A lookup by hand, then its detail sheet. @param {string} key @param {any} [question] */
const sheet = (key, question = { name: 'www.example.co.kr', type: 'A' }) => async (/** @type {Page} */ page, /** @type {string} */ room) => {
  const answer = await page.request.post(program.url + '/lookups', { data: { ...question, room }, headers: { origin: program.url, accept: 'application/json' } });
  const { id } = await answer.json();
  await page.goto(`${program.url}/lookups/${id}/${key}?room=${room}`);
  await page.waitForLoadState('networkidle');
};

/** @param {string} path */
const at = (path) => async (/** @type {Page} */ page, /** @type {string} */ room) => {
  await page.goto(`${program.url}${path}${path.includes('?') ? '&' : '?'}room=${room}`);
  await page.waitForLoadState('networkidle');
};

/** How each state is reached; the rest of a page may be longer than the window. @type {Record<string, (page: Page, room: string) => Promise<void>>} */
const states = {
  empty: async (page) => { await page.goto(program.url + '/'); await ready(page); },
  running: async (page, room) => {
    await page.goto(`${program.url}/?room=${room}`);
    await ready(page);
    await lookUp(page, 'www.example.co.kr');
    await page.locator('step-list li[data-n="5"] button').evaluate((b) => /** @type {HTMLElement} */ (b).click());
    await page.locator('play-bar .next').click();
    await page.waitForTimeout(700);
  },
  finished: finished('www.example.co.kr'),
  nxdomain: finished('foo.nosuchtld'),
  nodata: finished('www.nodata.example', 'AAAA'),
  servfail: finished('www.alllame.test'),
  timeout: finished('www.dead.test'),
  halfdead: finished('www.halfdead.test'),
  cname: finished('www.chain.example'),
  tcp: finished('t4k.big.test', 'TXT'),
  side: finished('www.sidewalk.org'),
  cached: async (page, room) => {
    await finished('www.example.co.kr')(page, room);
    await lookUp(page, 'www.example.co.kr');
    await stepToEnd(page);
  },
  badname: async (page) => {
    await page.goto(program.url + '/');
    await ready(page);
    await page.locator('name-form input[name="name"]').fill('a..b');
    await page.keyboard.press('Enter');
    await page.waitForTimeout(300);
  },
  predict: async (page, room) => {
    await page.goto(`${program.url}/?room=${room}`);
    await ready(page);
    await page.locator('input[name="predict"]').check();
    await page.locator('name-form input[name="name"]').fill('www.example.co.kr');
    await page.locator('name-form input[name="name"]').press('Enter');
    await page.locator('predict-card:not([hidden])').waitFor();
    await page.waitForTimeout(400);
  },
  projector: async (page, room) => {
    await finished('www.example.co.kr')(page, room);
    await page.locator('step-list li[data-n="6"] button').evaluate((b) => /** @type {HTMLElement} */ (b).click());
    await page.keyboard.press('p');
    await page.waitForTimeout(300);
  },
  plain: at('/lookups/example'), // drawn by the server for whom there is no script
  'd-bytes': sheet('bytes'),
  'd-hierarchy': sheet('hierarchy'),
  'd-chains': sheet('chains'),
  'd-caches': sheet('caches'),
  'd-whatif': sheet('whatif'),
  'd-trust': sheet('trust', { name: 'www.signed.example', type: 'A', dnssec: true }),
  'd-trust-bogus': sheet('trust', { name: 'www.expired.example', type: 'A', dnssec: true }),
  'd-trust-none': sheet('trust'),
  'd-faults': sheet('faults'),
  'd-spoof': sheet('spoof'),
  'd-print': sheet('print'),
  'd-transfer': at('/lookups/example/transfer?zone=copies.example'),
  'd-zones': at('/lookups/example/zones?zone=example.co.kr'),
  glossary: at('/glossary'),
  'glossary-term': at('/glossary/zone-cut'),
};

let n = 0;
for (const [state, reach] of Object.entries(states)) {
  program = await startProgram();
  for (const [size, viewport] of Object.entries(sizes)) {
    for (const [locale, colorScheme] of /** @type {const} */ ([['en-US', 'light'], ['ko-KR', 'light'], ['en-US', 'dark'], ['ko-KR', 'dark']])) {
      const name = `${state}-${size}-${locale.slice(0, 2)}-${colorScheme}`;
      if (words.length && !words.some((w) => w.split('+').every((part) => name.includes(part)))) continue;
      const { page, context } = await openPage(browser, { viewport, locale, colorScheme, javaScriptEnabled: state !== 'plain' });
      try {
        await reach(page, `shot${n++}`);
        await page.waitForTimeout(400);
        await page.screenshot({ path: join(folder, name + '.png'), fullPage: state.startsWith('d-') || state.startsWith('glossary') });
      } catch (e) {
        console.error(name, String(e).split('\n')[0]);
        process.exitCode = 1;
      }
      await context.close();
    }
  }
  await program.stop();
}
await browser.close();

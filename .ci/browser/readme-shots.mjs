// @ts-check
// Takes the pictures of README.md anew: a finished walk on the lab in three
// looks, and who remembers its name. No test.
//
//   node .ci/browser/readme-shots.mjs [FOLDER]
//
// takes them into FOLDER, or .readme. The program is the one that .ci/run builds
// into .ci/out; take them on a machine that does nothing else, for the times on
// them are real ones.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { lookUp, openPage, ready, sizes, startBrowser, startProgram, stepToEnd } from './harness.mjs';

const folder = process.argv[2] ?? fileURLToPath(new URL('../../.readme', import.meta.url));
mkdirSync(folder, { recursive: true });
const program = await startProgram(), browser = await startBrowser();

for (const [name, options] of /** @type {[string, import('playwright-core').BrowserContextOptions][]} */ ([
  ['walk-1440', {}], ['walk-390', { viewport: sizes.phone }], ['walk-1440-ko-dark', { locale: 'ko-KR', colorScheme: 'dark' }],
])) {
  const { page, context } = await openPage(browser, options);
  await page.goto(`${program.url}/?room=${name}`);
  await ready(page);
  await lookUp(page, 'www.example.co.kr');
  await stepToEnd(page);
  // The phone is in the middle of the walk: what is not known yet is dotted.
  if (name === 'walk-390') await page.locator('step-list li[data-n="5"] button').evaluate(b => /** @type {HTMLElement} */ (b).click());
  await page.evaluate(() => scrollTo(0, 0));
  await page.screenshot({ path: join(folder, name + '.png'), animations: 'disabled' });
  if (name === 'walk-1440') {
    await page.locator('.detail-index a[data-detail="caches"]').click();
    await page.waitForLoadState('networkidle');
    for (let n = 0; n < 10; n++) await page.locator('play-bar .next').click();
    await page.getByText('Show this room now').click();
    await page.waitForTimeout(1000); // the ink of the last step is dry
    await page.locator('.detail-index').evaluate(e => e.scrollIntoView());
    await page.screenshot({ path: join(folder, 'caches-1440.png'), animations: 'disabled' });
  }
  await context.close();
}
await browser.close();
await program.stop();

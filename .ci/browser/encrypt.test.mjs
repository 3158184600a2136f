// @ts-check
// Sheet 5 as a learner uses it: the ladder of both versions, a message's fields,
// and sites with something wrong about their certificates.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { assertQuiet, openPage, sizes, startBrowser, startProgram } from './harness.mjs';

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
/** @type {Awaited<ReturnType<typeof startProgram>>} */ let program;
/** @type {import('playwright-core').Browser} */ let browser;
before(async () => { program = await startProgram(); browser = await startBrowser(); });
after(async () => { await browser?.close(); await program?.stop(); });

/** @param {import('playwright-core').Page} page */
const ladder = (page) => page.locator('.secure-ladder summary b').allInnerTexts();
/** Presses the button of a site and waits for its trace. @param {import('playwright-core').Page} page @param {string} name */
async function visit(page, name) {
  const from = page.url();
  await page.getByRole('button', { name, exact: true }).click();
  await page.waitForURL((to) => to.href !== from && /\/lookups\/t\w+\/encrypt/.test(to.href));
  await page.locator('.encrypt-result h2[data-outcome]').waitFor();
}

/** @param {import('playwright-core').Page} page */
async function accessible(page) {
  await page.evaluate(axeSource);
  const found = await page.evaluate(async () => {
    const r = await /** @type {any} */ (window).axe.run(document, { resultTypes: ['violations'] });
    return r.violations.map((/** @type {any} */ v) => `${v.id}: ${v.nodes.map((/** @type {any} */ n) => n.target.join(' ')).join(', ')}`);
  });
  assert.deepEqual(found, []);
}

test('a sound site: ladder, fields, checks, keys, records', async () => {
  const { page, context, complaints } = await openPage(browser);
  await page.goto(program.url + '/lookups/example/encrypt?room=tls');
  await visit(page, 'All is well');
  const messages = await ladder(page);
  for (const m of ['ClientHello', 'ServerHello', 'EncryptedExtensions', 'Certificate', 'CertificateVerify', 'Finished']) assert.ok(messages.includes(m), messages.join(' '));
  await page.locator('.secure-ladder summary', { hasText: 'ClientHello' }).click();
  const name = page.locator('.secure-ladder tr', { hasText: 'HostName' }).last();
  assert.match(await name.innerText(), /www\.example\.co\.kr/);
  assert.ok(await page.locator('.secure-checks li').count() >= 9);
  assert.equal(await page.locator('.secure-checks [data-passed="false"]').count(), 0);
  assert.ok(await page.locator('.secure-keys [data-source="log"]').count() >= 4);
  assert.ok(await page.locator('.records tbody tr').count() >= 5);
  assert.match(await page.locator('.secure-seen').first().innerText(), /SNI\): www\.example\.co\.kr/);
  await accessible(page);
  await page.setViewportSize(sizes.phone);
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'wider than a phone');
  assertQuiet(complaints);
  await context.close();
});

test('TLS 1.2 shows its certificate to everybody; wrong certificates are refused, each for its reason', async () => {
  const { page, context, complaints } = await openPage(browser);
  await page.goto(program.url + '/lookups/example/encrypt?room=wrong');
  await visit(page, 'TLS 1.2 only');
  assert.ok((await ladder(page)).includes('ServerKeyExchange'));
  assert.match(await page.locator('.secure-seen').first().innerText(), /certificate, as this is TLS 1\.2/);
  for (const [site, check] of [['Expired', 'notAfter'], ['Another name', 'name'], ['Self-signed', 'anchor'], ['Weak signature', 'algorithm']]) {
    await visit(page, site);
    assert.equal(await page.locator('.encrypt-result h2').getAttribute('data-outcome'), 'certificate', site);
    assert.ok(await page.locator(`.secure-checks [data-passed="false"][data-check="${check}"]`).count() >= 1, site);
    assert.match(await page.locator('.encrypt-result').innerText(), /bad_certificate/);
  }
  assertQuiet(complaints);
  await context.close();
});

// @ts-check
// What every browser test needs: the real program on a free port, a real
// Chromium, and a page that fails the test when the console, the network or
// the content policy complains.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { after } from 'node:test';
import { fileURLToPath } from 'node:url';
import assert from 'node:assert/strict';
import { chromium } from 'playwright-core';

const binary = fileURLToPath(new URL('../out/rootwalk', import.meta.url));
const browserPath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);

export const sizes = {
  desktop: { width: 1440, height: 900 },
  tablet: { width: 1024, height: 768 },
  phone: { width: 390, height: 844 },
};

/** Starts the program and waits until it says where it is. @param {string[]} args */
export async function startProgram(...args) {
  const child = spawn(binary, ['serve', '-addr', '127.0.0.1:0', '-seed', '1', ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout });
  const [url] = await once(lines, 'line');
  return {
    url: String(url).replace(/\/$/, ''),
    async stop() {
      child.kill('SIGTERM');
      const began = performance.now();
      const [code] = child.exitCode === null ? await once(child, 'exit') : [child.exitCode];
      assert.equal(code, 0, 'exit status after SIGTERM');
      return performance.now() - began;
    },
  };
}

/** @param {string[]} args further arguments of Chromium */
export async function startBrowser(...args) {
  assert.ok(browserPath, 'Chromium is not installed');
  return chromium.launch({
    executablePath: browserPath,
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync', ...args],
  });
}

/**
 * A program and a browser for all tests of a file; they end after the last one.
 * @param {string[]} args of the program
 */
export async function startBoth(...args) {
  const program = await startProgram(...args), browser = await startBrowser();
  after(async () => { await browser.close(); await program.stop(); });
  return { program, browser };
}

/**
 * A page in a context of its own, with a list of what it complained about.
 * @param {import('playwright-core').Browser} browser
 * @param {import('playwright-core').BrowserContextOptions & {quiet?: boolean}} [options]
 */
export async function openPage(browser, options = {}) {
  const context = await browser.newContext({ viewport: sizes.desktop, locale: 'en-US', ...options });
  const page = await context.newPage();
  /** @type {string[]} */
  const complaints = [];
  page.on('console', (m) => { if (m.type() === 'error' || m.type() === 'warning') complaints.push(`${m.type()}: ${m.text()}`); });
  page.on('pageerror', (e) => complaints.push(`exception: ${e.stack ?? e}`));
  // What a page still loads by need when it is left is given up by the browser: no
  // complaint, be it told before or after the new document.
  let documents = 0;
  /** @type {WeakMap<import('playwright-core').Request, number>} */ const asked = new WeakMap();
  /** @type {string[]} */ let aborted = [];
  page.on('request', r => asked.set(r, documents));
  page.on('framenavigated', f => {
    if (f !== page.mainFrame()) return;
    documents++;
    for (const a of aborted) complaints.splice(complaints.indexOf(a), 1);
    aborted = [];
  });
  page.on('requestfailed', r => {
    const text = r.failure()?.errorText, said = `request failed: ${r.url()} ${text}`;
    if (text === 'net::ERR_ABORTED') {
      if (asked.get(r) !== documents || r.url().endsWith('/icon.svg')) return;
      aborted.push(said);
    }
    complaints.push(said);
  });
  page.on('response', (r) => { if (r.status() >= 500) complaints.push(`${r.status()} ${r.url()}`); });
  if (options.javaScriptEnabled !== false) {
    await page.addInitScript(() => {
      document.addEventListener('securitypolicyviolation', (e) => console.error(`CSP: ${e.violatedDirective} ${e.blockedURI} ${e.sourceFile}:${e.lineNumber}`));
    });
  }
  return { page, context, complaints };
}

/** @param {string[]} complaints */
export function assertQuiet(complaints) {
  assert.deepEqual(complaints, [], 'the page complained');
}

const axe = readFileSync(fileURLToPath(new URL('../node_modules/axe-core/axe.min.js', import.meta.url)), 'utf8');

/**
 * axe-core finds nothing wrong with a page, or with a part of it.
 * @param {import('playwright-core').Page} page @param {string} state what the page is like
 * @param {{part?: string, forced?: boolean}} [how] part is a selector; forced: the colours are the reader's own, and axe-core works out others
 */
export async function assertAccessible(page, state, { part, forced = false } = {}) {
  await page.evaluate(axe);
  const found = await page.evaluate(async ({ part, forced }) => {
    const r = await /** @type {any} */ (window).axe.run(part ?? document, { resultTypes: ['violations'], rules: { 'color-contrast': { enabled: !forced } } });
    return r.violations.map((/** @type {any} */ v) => `${v.id}: ${v.nodes.slice(0, 3).map((/** @type {any} */ n) => n.target.join(' ')).join(' | ')}`);
  }, { part, forced });
  assert.deepEqual(found, [], state);
}

/** Nothing is wider than the window. @param {import('playwright-core').Page} page @param {string} [state] */
export async function assertFits(page, state = '') {
  const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.ok(over <= 0, `${state}: ${over} px wider than the window`);
}

/**
 * Waits until scripts have taken over and the connection, where there is one to
 * be had, is open: until then the page is the one without them, and its forms
 * are sent as forms are.
 * @param {import('playwright-core').Page} page
 */
export async function ready(page) {
  // Asked by the clock, not by frames: on a machine that is busy a browser draws none for many seconds.
  await page.waitForFunction(() => document.querySelector('play-bar button')?.getAttribute('aria-label') && document.body.dataset.connection !== 'connecting', undefined, { timeout: 15000, polling: 50 }).catch(async e => {
    // What the page waits for, so that a failure tells its cause.
    const state = await page.evaluate(() => ({
      visible: document.visibilityState, label: document.querySelector('play-bar button')?.getAttribute('aria-label') ?? null, connection: document.body.dataset.connection ?? null,
      files: performance.getEntriesByType('resource').map(r => `${new URL(r.name).pathname} ${Math.round(r.startTime)}-${Math.round(/** @type {any} */ (r).responseEnd)}`),
    })).catch(String);
    throw new Error(`not ready: ${JSON.stringify(state)}`, { cause: e });
  });
}

/**
 * Asks for a name as a person does and waits until its trace is whole.
 * @param {import('playwright-core').Page} page @param {string} name @param {string} [type]
 */
export async function lookUp(page, name, type = 'A') {
  const before = await traceID(page);
  await page.locator('name-form input[name="name"]').fill(name);
  const select = page.locator('name-form [name="type"]').first();
  if (await select.evaluate((e) => e instanceof HTMLSelectElement)) await select.selectOption(type);
  else await select.fill(type);
  await page.locator('name-form input[name="name"]').press('Enter');
  await page.waitForFunction((id) => {
    const t = document.body.dataset.trace ?? '';
    return t !== id && t.startsWith('t') && document.body.hasAttribute('data-ended');
  }, before, { timeout: 30000 });
  return { id: await traceID(page) };
}

/** The id of the trace on show. @param {import('playwright-core').Page} page */
export async function traceID(page) {
  return (await page.locator('body').getAttribute('data-trace')) ?? '';
}

/** Goes to the last step, by the list of steps. @param {import('playwright-core').Page} page */
export async function stepToEnd(page) {
  const tab = page.getByRole('button', { name: /^(Steps|단계)$/ });
  if (await tab.isVisible()) await tab.click();
  await page.locator('step-list li[data-n] button').last().click();
  await page.waitForFunction(() => {
    const all = document.querySelectorAll('step-list li[data-n]');
    return all.length > 0 && all[all.length - 1].getAttribute('data-state') === 'now';
  }, undefined, { timeout: 15000 });
  await page.waitForTimeout(100);
}

/** @param {import('playwright-core').Page} page */
export async function stepTitles(page) {
  return page.locator('step-list li .title').allInnerTexts();
}

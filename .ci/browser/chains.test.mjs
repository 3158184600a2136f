// @ts-check
// What takes more than one question: mail, services, both families, a short name,
// an address; who walks; and how little of the whole tree is asked.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { assertAccessible, assertQuiet, lookUp, openPage, ready, sizes, startBoth, stepTitles, stepToEnd } from './harness.mjs';

const { program, browser } = await startBoth();

/** Runs one of the errands on the sheet. @param {import('playwright-core').Page} page @param {string} title @param {string} [name] */
async function run(page, title, name) {
  const form = page.locator('.errands form', { has: page.getByRole('heading', { name: title, exact: true }) });
  if (name !== undefined) await form.locator('input[name="name"]').fill(name);
  const before = page.url();
  await Promise.all([page.waitForURL(url => url.href !== before && url.pathname.endsWith('/chains')), form.getByRole('button').click()]);
}

/** The chain: [question, result] of each link. @param {import('playwright-core').Page} page */
const links = page => page.locator('.links li').evaluateAll(all => all.map(li => [/** @type {HTMLElement} */ (li.querySelector('b')).innerText, /** @type {HTMLElement} */ (li.querySelector('.result')).innerText]));

test('mail: from MX to the addresses of the hosts, in one recording', async () => {
  const { page, context, complaints } = await openPage(browser);
  await page.goto(`${program.url}/?room=mail`);
  await ready(page);
  await page.getByRole('link', { name: 'More than one question' }).click();
  await run(page, 'As a mail server does');
  assert.deepEqual(await links(page), [
    ['mx.example MX', '10 mx1.mx.example, 20 mx2.mx.example'],
    ['mx1.mx.example A', '203.0.113.150'], ['mx1.mx.example AAAA', '2001:db8:81::150'], ['mx2.mx.example A', '203.0.113.151'], ['mx2.mx.example AAAA', '2001:db8:81::151'],
  ]);
  assert.match(await page.locator('.links li').nth(1).locator('.cost').innerText(), /1 query by the device, 1 by the resolver/);
  assert.match(await page.locator('.notes').innerText(), /the lowest first: 10 mx1\.mx\.example/);
  await assertAccessible(page, 'mail');
  // the drawing has the same steps
  await page.getByRole('link', { name: 'Drawing', exact: true }).click();
  await ready(page);
  await stepToEnd(page);
  const titles = await stepTitles(page);
  assert.ok(titles.includes('Which host first?') && titles.includes('Next: the address of mx2.mx.example'), titles.join('\n'));
  await page.goBack();
  await run(page, 'As a mail server does', 'nomail.example');
  assert.match(await page.locator('.notes').innerText(), /takes no mail at all/);
  await run(page, 'As a mail server does', 'implicit.mx.example');
  assert.deepEqual((await links(page)).slice(1), [['implicit.mx.example A', '203.0.113.150'], ['implicit.mx.example AAAA', 'no record of this type']]);
  assertQuiet(complaints);
  await context.close();
});

test('both families at once, with the wait for IPv6', async () => {
  const { page, context, complaints } = await openPage(browser);
  await page.goto(`${program.url}/?room=race`);
  await ready(page);
  await lookUp(page, 'www.dual.example', 'A');
  await page.getByRole('link', { name: 'More than one question' }).click();
  await run(page, 'As before a connection');
  const [aaaa, a] = await links(page);
  assert.deepEqual([aaaa[0], a[0]], ['www.dual.example AAAA', 'www.dual.example A']);
  assert.ok(aaaa[1] && a[1]);
  assert.match(await page.locator('.notes').innerText(), /has A first and waits at most 50 ms for AAAA/);
  assert.equal(await page.locator('.race .pause').count(), 1);
  assert.match(await page.locator('.links li').nth(1).locator('.cost').innerText(), /nothing was sent/, 'A was in the cache');
  assertQuiet(complaints);
  await context.close();
});

test('a search list, and the dot that stops it, without a script', async () => {
  const { page, context } = await openPage(browser, { javaScriptEnabled: false, viewport: sizes.phone });
  await page.goto(`${program.url}/lookups/example/chains?room=search`);
  await run(page, 'A short name');
  assert.deepEqual(await links(page), [['library.classroom.test A', '203.0.113.22']]);
  assert.match(await page.locator('.notes').innerText(), /0 dots, fewer than 1.*library\.classroom\.test, library/s);
  await run(page, 'A short name', 'room.b');
  assert.deepEqual((await links(page)).map(l => l[0]), ['room.b A', 'room.b.classroom.test A'], 'enough dots: as it is, then with the list');
  await run(page, 'The same with a dot at the end');
  assert.deepEqual(await links(page), [['library A', 'no such name']]);
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
  await context.close();
});

test('an address typed in the name field', async () => {
  const { page, context, complaints } = await openPage(browser);
  await page.goto(`${program.url}/?room=reverse`);
  await ready(page);
  const field = page.locator('name-form input[name="name"]');
  await field.fill('203.0.113.10');
  await page.locator('#ask-hint').waitFor({ state: 'visible' });
  assert.equal(await page.locator('#ask-hint').innerText(), '203.0.113.10 is an address. Asked is its reverse name: 10.113.0.203.in-addr.arpa, type PTR.');
  await lookUp(page, '203.0.113.10', 'A');
  await stepToEnd(page);
  assert.ok((await stepTitles(page)).includes('An address, not a name'));
  assert.match(await page.locator('trace-transcript').innerText(), /203\.0\.113\.10 is an address, so its reverse name is asked about/);
  assert.match(await page.locator('title-block').innerText(), /www\.example\.co\.kr/);
  await lookUp(page, '2001:db8:80::10', 'A');
  assert.match(await page.title(), /ip6\.arpa/);
  await page.getByRole('link', { name: 'More than one question' }).click();
  assert.equal((await links(page))[0][0].split(' ')[1], 'PTR');
  assertQuiet(complaints);
  await context.close();
});

test('services, aliases, and who walks', async () => {
  const { page, context, complaints } = await openPage(browser, { colorScheme: 'dark' });
  await page.goto(`${program.url}/lookups/example/chains?room=walk`);
  await run(page, 'A service and its hosts');
  assert.deepEqual((await links(page)).map(l => l[0]).sort(), ['_http._tcp.srv.example SRV', 'backup.srv.example A', 'backup.srv.example AAAA', 'www.srv.example A', 'www.srv.example AAAA']);
  await run(page, 'How to reach a web server');
  assert.deepEqual((await links(page)).map(l => l[0]), ['types.example HTTPS', 'types.example A', 'types.example AAAA']);
  await run(page, 'A name that is an alias');
  assert.ok((await page.locator('.notes li').count()) >= 1);
  await page.getByRole('button', { name: 'Without a resolver' }).click();
  await page.waitForURL('**/whatif?*');
  const flags = await page.locator('.diff td').evaluateAll(all => all.map(td => /** @type {HTMLElement} */ (td).innerText.split('\n').find(l => /UDP/.test(l)) ?? ''));
  assert.ok(flags.some(f => /RD$/.test(f)) && flags.some(f => /RD RA$/.test(f)) && flags.some(f => /AA$/.test(f)), `RD and RA to compare: ${flags}`);
  assertQuiet(complaints);
  await context.close();
});

test('the whole tree: asked and existing, the root, priming', async () => {
  const { page, context, complaints } = await openPage(browser);
  await page.goto(`${program.url}/lookups/example`);
  await ready(page);
  await page.getByRole('link', { name: 'The whole tree' }).click();
  const says = await page.locator('.says').first().innerText();
  assert.match(says, /3 name servers were asked\. 18 were known by name.*In this lab there are \d+, for \d+ zones; the walk needed 3/s);
  const total = Number(/there are (\d+)/.exec(says)?.[1]);
  assert.equal(await page.locator('.squares li').count(), total, 'a square for each that there is');
  assert.equal(await page.locator('.squares .asked').count(), 3);
  assert.equal(await page.locator('.roots tbody tr').count(), 13);
  assert.deepEqual(new Set(await page.locator('.roots tbody td:nth-of-type(3)').allInnerTexts()), new Set(['root-1', 'root-2']));
  assert.equal(await page.locator('.roots tbody td.mono').evaluateAll(all => all.filter(td => /[.:]/.test(/** @type {HTMLElement} */ (td).innerText)).length), 26);
  await page.getByRole('button', { name: 'Run it with priming' }).click();
  await page.locator('.primed').waitFor();
  assert.match(await page.locator('.primed figcaption').innerText(), /The priming response of [a-m]\.root-servers\.net, as recorded: \d+ bytes .* 13 names, 26 addresses/);
  assert.match(await page.locator('.parts').innerText(), /13 NS records[^]*27 records/);
  await assertAccessible(page, 'priming');
  await page.getByRole('button', { name: 'With and without, side by side' }).click();
  await page.waitForURL('**/whatif?*');
  assert.equal(await page.locator('.walk').nth(1).locator('svg').getByText('NS?').count(), 1, 'one query for the root’s NS, on the right');
  assertQuiet(complaints);
  await context.close();
});

// @ts-check
// A learner moves zones between servers by dragging, by keyboard and without a
// script, cuts zones and joins them, leaves a delegation behind, and adds a
// top-level domain; the walks before and after say what came of it.
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

/** The resolver's exchanges before and after. @param {import('playwright-core').Page} page */
const exchanges = async (page) => [await page.locator('[data-side="before"]').innerText(), await page.locator('[data-side="after"]').innerText()].map(Number);

/** @param {import('playwright-core').Page} page */
async function assertAxe(page) {
  await page.evaluate(axeSource);
  const found = await page.evaluate(async () => (await /** @type {any} */ (window).axe.run(document, { resultTypes: ['violations'] })).violations.map((/** @type {any} */ v) => `${v.id}: ${v.nodes.map((/** @type {any} */ n) => n.target.join(' ')).join(', ')}`));
  assert.deepEqual(found, []);
}

/** Drags a zone from a server to another. @param {import('playwright-core').Page} page @param {string} zone @param {string} from @param {string} to */
async function drag(page, zone, from, to) {
  const chip = page.locator(`[data-server="${from}"] [data-zone="${zone}"]`), goal = page.locator(`[data-server="${to}"]`);
  await chip.scrollIntoViewIfNeeded();
  const a = await chip.boundingBox(), b = await goal.boundingBox();
  assert.ok(a && b, `${zone} is not at ${from}`);
  await page.mouse.move(a.x + a.width / 2, a.y + a.height / 2);
  await page.mouse.down();
  await page.mouse.move(a.x + a.width / 2 + 20, a.y + 20, { steps: 3 });
  await page.mouse.move(b.x + b.width / 2, b.y + b.height / 2, { steps: 5 });
  await goal.and(page.locator('[data-over]')).waitFor();
  await page.mouse.up();
}

test('zones are dragged onto the servers of the zone above: an exchange less; undone by keyboard; rooms are apart', async () => {
  const { page, context, complaints } = await openPage(browser);
  await page.goto(program.url + '/lookups/example/moves?room=drag&name=www.example.co.kr');
  await page.locator('zone-mover:defined').waitFor();
  await page.locator('live-parts:defined').waitFor();
  await drag(page, 'example.co.kr.', 'ns1.example.co.kr.', 'd.dns.kr.');
  await page.locator('[data-server="d.dns.kr."] [data-zone="example.co.kr."]').waitFor();
  await page.locator('[data-side="after"]').waitFor();
  assert.equal(await page.locator('[data-server="ns1.example.co.kr."] [data-zone="example.co.kr."]').count(), 0, 'it has it no more');
  await page.locator('.zone-steps', { hasText: 'example.co.kr was moved: ns1.example.co.kr → d.dns.kr.' }).waitFor();
  const first = page.url();
  await drag(page, 'example.co.kr.', 'ns2.example.co.kr.', 'e.dns.kr.');
  await page.locator('[data-server="e.dns.kr."] [data-zone="example.co.kr."]').waitFor();
  await page.waitForFunction(was => location.href !== was && document.querySelector('[data-side="after"]'), first);
  assert.deepEqual((await exchanges(page))[1], 2, 'the servers of kr know the answer');
  await assertAxe(page);

  // Escape gives a drag up; nothing moves.
  const chip = page.locator('[data-server="d.dns.kr."] [data-zone="kr."]');
  await chip.scrollIntoViewIfNeeded();
  const at = /** @type {{x: number, y: number}} */ (await chip.boundingBox());
  await page.mouse.move(at.x + 8, at.y + 8);
  await page.mouse.down();
  await page.mouse.move(at.x + 80, at.y + 60, { steps: 4 });
  await page.locator('.ghost').waitFor();
  await page.keyboard.press('Escape');
  await page.locator('.ghost').waitFor({ state: 'detached' });
  await page.mouse.up();
  assert.equal(await page.locator('.zone-steps li').count(), 2);

  const undo = page.getByRole('button', { name: 'Take back the newest (2)' });
  await undo.focus();
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Take back the newest (1)' }).waitFor();
  await page.locator('[data-server="ns2.example.co.kr."] [data-zone="example.co.kr."]').waitFor();

  const other = await context.newPage();
  await other.goto(program.url + '/lookups/example/moves?room=apart');
  assert.equal(await other.locator('[data-server="ns1.example.co.kr."] [data-zone="example.co.kr."]').count(), 1, 'rooms are apart');
  assertQuiet(complaints);
  await context.close();
});

test('a delegation that is left behind is lame, and put right; a cut costs an exchange; mistakes are told at the field', async () => {
  const { page, context, complaints } = await openPage(browser);
  await page.goto(program.url + '/lookups/example/moves?room=cuts&name=www.shop.example');
  for (const [from, to] of [['ns1.shop.example.', 'ns1.dnshost.net.'], ['ns2.shop.example.', 'ns2.dnshost.net.']]) {
    await page.locator('#move-from').selectOption(from);
    await page.locator('#move-to').selectOption(to);
    await page.locator('#move-leave').check();
    await page.getByRole('button', { name: 'Move', exact: true }).press('Enter');
    await page.locator(`[data-server="${to}"] [data-zone="shop.example."]`).waitFor();
  }
  await page.getByText('After it the walk fails.').waitFor();
  await page.locator('.disagree dd.is-lame', { hasText: 'ns1.shop.example → ns1.shop.example, which does not have the zone: lame' }).waitFor();
  await assertAxe(page);
  await page.getByRole('button', { name: 'Let example follow' }).click();
  await page.locator('.disagree').waitFor({ state: 'detached' });
  await page.getByText('Now the walk arrives').waitFor();

  await page.locator('#walk-name').fill('www.example.co.kr');
  await page.getByRole('button', { name: 'Show' }).click();
  await page.locator('#where-others').check();
  await page.getByRole('button', { name: 'Cut here: www.example.co.kr' }).click();
  await page.getByText('The walk is longer: 3 exchanges became 4').waitFor();
  assert.deepEqual(await exchanges(page), [3, 4]);
  await page.getByRole('button', { name: 'Join into example.co.kr' }).click();
  await page.getByText('The walk is shorter: 4 exchanges became 3').waitFor();
  await page.getByRole('button', { name: 'Join into co.kr' }).click();
  await page.getByText('The walk is shorter: 3 exchanges became 2').waitFor();
  await page.getByRole('link', { name: 'Both walks side by side' }).click();
  await page.getByText('With the zones of before, the walk went').waitFor();
  assert.equal(await page.locator('.walks .walk').count(), 2);
  await page.goBack();

  await page.locator('#tld-name').fill('onion');
  await page.getByRole('button', { name: 'Delegate from the root' }).click();
  await page.getByRole('alert').filter({ hasText: 'onion is set aside and never delegated (RFC 6761).' }).waitFor();
  assert.equal(await page.locator('#tld-name').getAttribute('aria-describedby'), 'wrong-tld-name');
  assert.equal(await page.locator('#tld-name').inputValue(), 'onion', 'what was typed is still there');
  await page.locator('#domain-name').fill('a.nowhere');
  await page.getByRole('button', { name: 'Register' }).click();
  await page.getByRole('alert').filter({ hasText: 'There is no registry for nowhere here.' }).waitFor();
  assertQuiet(complaints.filter((c) => !c.includes('422')));
  await context.close();
});

test('without a script, on a phone, in Korean: a zone is moved, a top-level domain in Hangul is added, and a domain below it is found', async () => {
  const { page, context, complaints } = await openPage(browser, { javaScriptEnabled: false, viewport: sizes.phone, locale: 'ko-KR' });
  await page.goto(program.url + '/lookups/example/moves?room=plain&name=www.example.co.kr');
  await page.locator('#move-to').selectOption('ns1.dnshost.net.');
  await page.getByRole('button', { name: '옮기기', exact: true }).click();
  await page.locator('[data-server="ns1.dnshost.net."] [data-zone="example.co.kr."]').waitFor();
  assert.equal((await exchanges(page))[0], 3);
  await page.locator('#tld-name').fill('xn--a');
  await page.getByRole('button', { name: '루트에서 위임' }).click();
  await page.getByRole('alert').filter({ hasText: 'A-label처럼 시작하지만' }).waitFor();
  await page.locator('#tld-name').fill('학교');
  await page.getByRole('button', { name: '루트에서 위임' }).click();
  await page.locator('.zone-steps', { hasText: /최상위 도메인 xn--\S+ 추가했습니다/ }).waitFor();
  await page.locator('#domain-name').fill('우리.학교');
  await page.locator('#domain-address').fill('203.0.113.999');
  await page.getByRole('button', { name: '등록', exact: true }).click();
  await page.getByRole('alert').filter({ hasText: '203.0.113.999' }).waitFor();
  assert.equal(await page.locator('#domain-name').inputValue(), '우리.학교');
  await page.locator('#domain-address').fill('203.0.113.29');
  await page.getByRole('button', { name: '등록', exact: true }).click();
  await page.locator('.walk-table', { hasText: 'A 203.0.113.29' }).waitFor();
  const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.ok(over <= 0, `the page is ${over} px too wide`);
  assertQuiet(complaints.filter((c) => !c.endsWith(' csp') && !c.includes('422')));
  await context.close();
});

test('a goal: a cut is dragged, then carried by keyboard, and the walk decides', async () => {
  const { page, context, complaints } = await openPage(browser);
  await page.goto(program.url + '/lookups/example/moves?room=goal&name=w.x.y.test');
  await page.locator('cut-ladder:defined').waitFor();
  await page.locator('live-parts:defined').waitFor();
  await page.getByRole('button', { name: 'www.example.co.kr in 4 exchanges' }).click();
  await page.locator('.goal[data-goal="short"]', { hasText: 'the walk took 3 exchanges, 1 too few' }).waitFor();
  assert.match(page.url(), /goal=4/);

  // Up or down, a cut stays between its neighbours, and www is the only place below.
  const handle = page.getByRole('button', { name: 'The cut above example.co.kr' });
  await handle.scrollIntoViewIfNeeded();
  const from = await handle.boundingBox(), www = await page.locator('.cuts li[data-name="www.example.co.kr."]').boundingBox();
  assert.ok(from && www);
  await page.mouse.move(from.x + 8, from.y + 8);
  await page.mouse.down();
  await page.mouse.move(from.x + 8, www.y + 2, { steps: 6 });
  await page.locator('.cuts li[data-name="www.example.co.kr."][data-here]').waitFor();
  assert.match(await page.locator('.cut-says').innerText(), /Here www\.example\.co\.kr would be a zone/);
  await page.keyboard.press('Escape');
  await page.locator('.cuts li[data-here]').waitFor({ state: 'detached' });
  await page.mouse.up();
  assert.equal(await page.locator('.zone-steps li').count(), 0, 'Escape puts it back');
  await page.mouse.move(from.x + 8, from.y + 8);
  await page.mouse.down();
  await page.mouse.move(from.x + 8, www.y + 2, { steps: 6 });
  await page.mouse.up();
  await page.locator('.zone-steps', { hasText: 'co.kr: a zone cut was moved, example.co.kr → www.example.co.kr.' }).waitFor();
  await page.locator('.goal[data-goal="short"]', { hasText: 'the walk took 3 exchanges' }).waitFor();
  assert.equal(await page.locator('.cuts li.is-cut[data-name="example.co.kr."]').count(), 0);

  // A second cut, where there is none now: a zone of its own on other servers.
  await page.locator('#where-others').check();
  await page.getByRole('button', { name: 'Cut here: example.co.kr' }).click();
  await page.locator('.goal[data-goal="reached"]', { hasText: 'Reached: the walk took exactly 4 exchanges' }).waitFor();
  await assertAxe(page);
  const proof = await page.locator('.goal a', { hasText: 'The walk, step by step' }).getAttribute('href');
  const file = await (await page.request.get(program.url + String(proof).replace(/\?.*/, '') + '.json')).json();
  assert.equal(file.events.filter((/** @type {any} */ e) => e.kind === 'query.sent' && e.fact.by === 'resolver').length, 4, 'the trace says the same');
  await page.getByRole('button', { name: 'Take back the newest (2)' }).click();
  await page.locator('.goal[data-goal="short"]').waitFor();

  // By keyboard, back to where it was.
  const back = page.getByRole('button', { name: 'The cut above www.example.co.kr' });
  await back.focus();
  await page.keyboard.press('ArrowUp');
  await page.locator('.cuts li[data-name="example.co.kr."][data-here]').waitFor();
  await page.keyboard.press('ArrowUp'); // no further: the next cut is there
  await page.keyboard.press('Enter');
  await page.locator('.zone-steps', { hasText: 'www.example.co.kr → example.co.kr' }).waitFor();
  await page.locator('.cuts li.is-cut[data-name="example.co.kr."]').waitFor();
  await page.getByRole('link', { name: 'Another goal' }).click();
  await page.locator('#goal-exchanges').fill('99');
  await page.getByRole('button', { name: 'Set this goal' }).click();
  await page.getByRole('alert').filter({ hasText: 'A goal has from 1 to 9 exchanges.' }).waitFor();
  assert.equal(await page.locator('#goal-exchanges').inputValue(), '99');
  assertQuiet(complaints.filter((c) => !c.includes('422')));
  await context.close();
});

test('a goal without a script, on a phone, in Korean: reached with the form that moves a cut', async () => {
  const { page, context, complaints } = await openPage(browser, { javaScriptEnabled: false, viewport: sizes.phone, locale: 'ko-KR' });
  await page.goto(program.url + '/lookups/example/moves?room=ziel&name=www.example.co.kr');
  await page.locator('#goal-name').fill('mail.example.co.kr');
  await page.locator('#goal-exchanges').fill('2');
  await page.getByRole('button', { name: '목표로 정하기' }).click();
  await page.locator('.goal[data-goal="long"]', { hasText: '질문이 3번으로 1번 많습니다' }).waitFor();
  assert.equal(await page.locator('.cut-handle:visible').count(), 0, 'nothing to drag without a script');
  await page.locator('#recut-zone').selectOption('example.co.kr.');
  await page.locator('#recut-at').selectOption('mail.example.co.kr.');
  await page.getByRole('button', { name: '경계 옮기기' }).click();
  await page.locator('.goal[data-goal="long"]').waitFor();
  await page.getByRole('button', { name: 'co.kr에 합치기' }).last().click();
  await page.locator('.goal[data-goal="reached"]', { hasText: '꼭 질문 2번에 답을 얻었습니다' }).waitFor();
  const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.ok(over <= 0, `the page is ${over} px too wide`);
  assertQuiet(complaints.filter((c) => !c.endsWith(' csp')));
  await context.close();
});

// @ts-check
// Where Rootwalk says that boxes lie is where Chromium has them: both lay out the lab's
// pages in a window of the same size, with fonts of the same widths.
import { test, after } from 'node:test';
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { openPage, startBrowser } from './harness.mjs';

const binary = fileURLToPath(new URL('../out/rootwalk', import.meta.url));
const folder = new URL('../../lookup/lab/pages/', import.meta.url);
const media = { css: 'text/css', js: 'text/javascript', svg: 'image/svg+xml', png: 'image/png' };

const browser = await startBrowser();
after(() => browser.close());

/** What a journey to a page of the lab says about its boxes, by the place of their elements in the document. @param {string} name */
async function told(name) {
  const { stdout } = await promisify(execFile)(binary, ['open', '-format', 'json', `http://www.example.co.kr/draw/${name}`], { maxBuffer: 1 << 26 });
  /** @type {{kind: string, fact: any}[]} */ const events = JSON.parse(stdout).events;
  const all = /** @param {string} kind */ kind => events.filter(e => e.kind === kind).map(e => e.fact);
  assert.ok(all('tree.compared')[0].equal, `${name}: an independent parser makes another tree`);
  const elements = all('tree.grown').flatMap(f => f.nodes).filter(n => n.kind === 'element').map(n => n.id);
  const boxes = new Map(all('boxes.made')[0].boxes.map((/** @type {any} */ b) => [b.id, b]));
  const places = [];
  for (const p of all('boxes.placed')[0].boxes) {
    const b = /** @type {any} */ (boxes.get(p.box)), at = elements.indexOf(b.node);
    if (at >= 0 && b.kind !== 'text' && b.kind !== 'break') places.push({ at, kind: b.kind, name: b.name, x: p.x / 100, y: p.y / 100, w: p.w / 100, h: p.h / 100 });
  }
  return { places, lines: all('boxes.placed')[0].lines.length };
}

test('boxes lie where Chromium has them', async () => {
  const { page, context } = await openPage(browser, { viewport: { width: 1024, height: 768 } });
  /** @type {string} */ let document = '';
  await page.route('**/*', route => { // nothing leaves: what the lab has is in this repository
    const name = new URL(route.request().url()).pathname.split('/').pop() ?? '';
    if (!name.includes('.')) return route.fulfill({ contentType: 'text/html; charset=utf-8', body: document });
    const type = media[/** @type {keyof typeof media} */ (name.split('.')[1])];
    return type ? route.fulfill({ contentType: type, body: readFileSync(new URL(name, folder)) }) : route.abort();
  });
  for (const name of ['article', 'blocking', 'deferred', 'slow']) {
    document = readFileSync(new URL(`en/${name}.html`, folder), 'utf8');
    await page.goto(`http://www.example.co.kr/draw/${name}`);
    const hello = await page.evaluate(() => {
      const c = /** @type {CanvasRenderingContext2D} */ (document.createElement('canvas').getContext('2d'));
      c.font = "100px Arial, 'Nimbus Sans', sans-serif";
      return c.measureText('Hello').width;
    });
    assert.ok(Math.abs(hello - 227.8) < 1, `no font with the widths of Helvetica is here (“Hello” is ${hello} wide)`);
    const real = await page.evaluate(() => [...document.querySelectorAll('*')].map(e => {
      // A box as layout has it: a transform moves what is painted.
      const moved = /** @type {HTMLElement} */ (e);
      if (getComputedStyle(e).transform !== 'none') moved.style.transform = 'none';
      const r = e.getBoundingClientRect();
      return { name: e.localName, x: r.x, y: r.y, w: r.width, h: r.height };
    }));
    const { places, lines } = await told(name);
    assert.ok(places.length > 4 && lines > 2, `${name}: ${places.length} boxes`);
    for (const p of places) {
      const r = real[p.at], inline = p.kind === 'inline';
      const said = `${name}: ${p.name} lies at ${[p.x, p.y, p.w, p.h]}, in Chromium at ${[r.x, r.y, r.w, r.h].map(Math.round)}`;
      // Ascent and descent of the fonts differ a little, and so does kerning; a line
      // more or less would be 24 px.
      assert.ok(Math.abs(p.x - r.x) < (inline ? 4 : 1) && Math.abs(p.w - r.w) < (inline ? 4 : 2), said);
      assert.ok(Math.abs(p.y - r.y) < 10 && (inline || p.name === 'html' || p.name === 'body' || Math.abs(p.h - r.h) < 7), said);
    }
  }
  await context.close();
});

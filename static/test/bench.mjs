// Prints how many events a second the reducer folds, over the traces beside
// this file: node static/test/bench.mjs
import { readFileSync, readdirSync } from 'node:fs';
import { fold } from '../js/reduce.js';

const dir = new URL('traces/', import.meta.url);
for (const name of readdirSync(dir).filter(f => f.endsWith('.json'))) {
  const { events } = JSON.parse(readFileSync(new URL(name, dir), 'utf8'));
  const rates = [];
  for (let round = 0; round < 12; round++) {
    const times = Math.ceil(60_000 / events.length), began = performance.now();
    for (let i = 0; i < times; i++) fold(events);
    rates.push(times * events.length / (performance.now() - began) * 1000);
  }
  rates.sort((a, b) => a - b);
  console.log(`${name}: ${events.length} events, median ${Math.round(rates[6] / 1000)} k events/s, best ${Math.round(rates[11] / 1000)} k events/s`);
}

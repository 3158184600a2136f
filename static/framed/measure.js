// @ts-check
// The one script of ours in a page of the lab that a browser really draws
// (handlers/framed.go). It runs in a sandboxed frame whose origin is opaque, beside
// the page's own scripts, which may do with it what they like: whoever hears it
// believes nothing. It tells the page around the frame what the browser's own
// clocks say, and changes one property of one element when it is asked.
//
// It says, by postMessage, objects with rootwalk: 1 and
//   say "entries": [{type, name, at, for, ...}], of the performance timeline, in ms
//   say "boxes":   [[path, x, y, width, height], ...], of elements, in CSS px
//   say "changed": {id, rounds, style, layout, frame, box}, times in ms, or {id, missing: true}
// and it hears
//   do "report"    say all of it again
//   do "change"    {id, path, property, value}; property "text" is the text of the element
(() => {
  const self = document.currentScript, outside = window.parent;
  if (outside === window) return;
  const home = location.origin; // of the address: the document's own origin is opaque
  const MOST = 200, ROUNDS = 20;
  /** @param {object} m */
  const say = m => outside.postMessage({ rootwalk: 1, ...m }, home);

  /* ------------------------------------------------------ the timeline -- */

  /** @type {Map<string, object>} */ const entries = new Map();
  /** @type {any} */ let timer = null;
  const soon = () => { timer ??= setTimeout(() => { timer = null; tell(); }, 100); };

  /** @param {any} e */
  function take(e) {
    if (entries.size >= MOST || e.name === /** @type {any} */ (self)?.src) return;
    const key = `${e.entryType} ${e.name} ${e.entryType === 'navigation' ? 0 : e.startTime}`;
    /** @type {Record<string, unknown>} */ const out = { type: e.entryType, name: e.name, at: e.startTime, for: e.duration };
    switch (e.entryType) {
      case 'navigation':
        Object.assign(out, { asked: e.requestStart, first: e.responseStart, last: e.responseEnd, parsed: e.domInteractive, ready: e.domContentLoadedEventEnd, loaded: e.loadEventEnd, size: e.decodedBodySize });
        break;
      case 'resource':
        Object.assign(out, { by: e.initiatorType, asked: e.requestStart, first: e.responseStart, last: e.responseEnd, blocking: e.renderBlockingStatus ?? '', size: e.decodedBodySize });
        break;
      case 'layout-shift': out.value = e.value; break;
      case 'largest-contentful-paint': Object.assign(out, { name: e.element?.localName ?? '', size: e.size }); break;
    }
    entries.set(key, out);
    soon();
  }

  const offered = PerformanceObserver.supportedEntryTypes ?? [];
  for (const type of ['navigation', 'resource', 'paint', 'largest-contentful-paint', 'layout-shift']) {
    if (offered.includes(type)) new PerformanceObserver(list => list.getEntries().forEach(take)).observe({ type, buffered: true });
  }

  /* ---------------------------------------------------------- elements -- */

  /** @param {Element} e */
  const childrenOf = e => [...e.children].filter(c => c !== self);

  /** Where elements are: children's places from the root down. */
  function boxes() {
    /** @type {[string, number, number, number, number][]} */ const out = [];
    /** @param {Element} e @param {string} path */
    const walk = (e, path) => {
      if (out.length >= MOST) return;
      const b = e.getBoundingClientRect();
      if (b.width || b.height) out.push([path, b.x + scrollX, b.y + scrollY, b.width, b.height]);
      childrenOf(e).forEach((c, i) => walk(c, path ? `${path}.${i}` : String(i)));
    };
    walk(document.documentElement, '');
    return out;
  }

  function tell() {
    for (const e of performance.getEntriesByType('navigation')) take(e); // it grows until the page is loaded
    say({ say: 'entries', entries: [...entries.values()] });
    if (document.readyState === 'complete') say({ say: 'boxes', boxes: boxes(), width: innerWidth, height: innerHeight });
  }

  /** @param {unknown} path */
  function find(path) {
    if (typeof path !== 'string' || !/^(\d{1,4}(\.\d{1,4}){0,63})?$/.test(path)) return null;
    /** @type {Element | undefined} */ let e = document.documentElement;
    for (const i of path ? path.split('.') : []) e = e && childrenOf(e)[Number(i)];
    return e instanceof HTMLElement ? e : null;
  }

  /** Lets the browser work out styles, then places, and says how long each took. @param {HTMLElement} e */
  function forced(e) {
    const a = performance.now();
    void getComputedStyle(e).color;
    const b = performance.now();
    void e.offsetHeight;
    return [b - a, performance.now() - b];
  }

  /** @param {any} m */
  function change({ id, path, property, value }) {
    const e = find(path);
    if (!e || typeof property !== 'string' || typeof value !== 'string' || value.length > 200) { say({ say: 'changed', id, missing: true }); return; }
    const set = (/** @type {string} */ v) => { if (property === 'text') e.textContent = v; else e.style.setProperty(property, v, 'important'); };
    const was = property === 'text' ? e.textContent ?? '' : e.style.getPropertyValue(property);
    forced(e); // what was still to be done is not this change's
    let style = 0, layout = 0;
    for (let i = 0; i < ROUNDS; i++) {
      set(was);
      forced(e);
      set(value);
      const [s, l] = forced(e);
      style += s;
      layout += l;
    }
    // A frame that is out of sight is not drawn, and asks for none.
    const from = performance.now();
    let told = false;
    const done = (/** @type {number} */ frame) => {
      if (told) return;
      told = true;
      const b = e.getBoundingClientRect();
      say({ say: 'changed', id, rounds: ROUNDS, style: style / ROUNDS, layout: layout / ROUNDS, frame, box: [b.x + scrollX, b.y + scrollY, b.width, b.height] });
      say({ say: 'boxes', boxes: boxes(), width: innerWidth, height: innerHeight });
    };
    requestAnimationFrame(() => setTimeout(() => done(performance.now() - from)));
    setTimeout(() => done(0), 600);
  }

  window.addEventListener('message', e => {
    if (e.source !== outside || e.origin !== home || e.data?.rootwalk !== 1) return;
    if (e.data.do === 'report') tell();
    if (e.data.do === 'change') change(e.data);
  });
  window.addEventListener('load', () => setTimeout(tell));
  window.addEventListener('resize', soon);
})();

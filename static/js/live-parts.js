// @ts-check
// Sheets that the server draws: forms are sent without leaving the page, and
// the parts marked data-live are drawn anew, by the server, whenever the room's
// zones or the trace on show are others than before. So there is one fold, and
// the page without a script shows the same.

import { feed, show } from './session.js';

/** @typedef {import('./types.js').Context} Context */

/** Changes that come together are fetched together: ms. */
const GATHER = 120;

/**
 * Fetches a page. Nothing of it runs: a document that is only read has no
 * scripts, and the content policy holds for what is taken from it.
 * @param {string} method @param {string} url @param {URLSearchParams} [body]
 * @returns {Promise<{status: number, url: string, page: Document | null}>}
 */
function fetchPage(method, url, body) {
  return new Promise((done, failed) => {
    const x = new XMLHttpRequest();
    x.open(method, url);
    x.responseType = 'document';
    x.setRequestHeader('Accept', 'text/html');
    x.onload = () => done({ status: x.status, url: x.responseURL, page: x.responseXML });
    x.onerror = () => failed({ code: 'connection.lost' });
    x.send(body ?? null);
  });
}

/** @param {ParentNode} root @returns {NodeListOf<HTMLElement>} */
const partsOf = root => root.querySelectorAll('[data-live]');

/** What a person has typed or opened, to be there again. @param {HTMLElement} part */
function handwork(part) {
  /** @type {Map<string, string | boolean>} */ const typed = new Map();
  for (const f of part.querySelectorAll('input[id], select[id], textarea[id]')) {
    if (f instanceof HTMLInputElement && f.type === 'checkbox') { if (f.checked !== f.defaultChecked) typed.set(f.id, f.checked); }
    else if (f instanceof HTMLInputElement || f instanceof HTMLTextAreaElement) { if (f.value !== f.defaultValue) typed.set(f.id, f.value); }
    else if (f instanceof HTMLSelectElement) typed.set(f.id, f.value);
  }
  const opened = [...part.querySelectorAll('details')].map(d => d.open);
  const focused = part.contains(document.activeElement) ? /** @type {HTMLElement} */ (document.activeElement) : null;
  const place = focused ? [...part.querySelectorAll('a, button, input, select, textarea, summary')].indexOf(focused) : -1;
  const range = focused instanceof HTMLInputElement && focused.type === 'text' || focused instanceof HTMLTextAreaElement ? [focused.selectionStart ?? 0, focused.selectionEnd ?? 0] : null;
  return { typed, opened, place, id: focused?.id ?? '', range };
}

/** @param {HTMLElement} part @param {ReturnType<typeof handwork>} work @param {boolean} keep what was typed */
function redo(part, work, keep) {
  if (keep) {
    for (const [id, value] of work.typed) {
      const f = part.querySelector(`#${CSS.escape(id)}`);
      if (f instanceof HTMLInputElement && f.type === 'checkbox') f.checked = Boolean(value);
      else if (f instanceof HTMLSelectElement) { if ([...f.options].some(o => o.value === value)) f.value = String(value); }
      else if (f instanceof HTMLInputElement || f instanceof HTMLTextAreaElement) f.value = String(value);
    }
  }
  part.querySelectorAll('details').forEach((d, i) => { if (work.opened[i]) d.open = true; });
  if (work.place < 0) return;
  const again = (work.id && part.querySelector(`#${CSS.escape(work.id)}`)) || part.querySelectorAll('a, button, input, select, textarea, summary')[work.place];
  if (again instanceof HTMLElement) again.focus({ preventScroll: true });
  if (work.range && (again instanceof HTMLInputElement || again instanceof HTMLTextAreaElement)) again.setSelectionRange(work.range[0], work.range[1]);
}

export class LiveParts extends HTMLElement {
  constructor() {
    super();
    /** What was drawn last. @private */ this.drawn = '';
    /** @private @type {any} */ this.timer = null;
    /** Of fetches. @private */ this.serial = 0;
    /** Forms that were sent. @private */ this.sent = 0;
    /** What the server said each part is. @private @type {Map<string, string>} */ this.texts = new Map();
    this.addEventListener('submit', e => this.submit(e));
  }

  connectedCallback() { for (const p of partsOf(this)) this.texts.set(p.dataset.live ?? '', p.outerHTML); }

  disconnectedCallback() { clearTimeout(this.timer); }

  /** @param {unknown} _view @param {Context} ctx */
  update(_view, ctx) {
    if (!ctx.room) return;
    const now = [ctx.room.zones?.version, ctx.room.zones?.latest?.[0]?.trace, ctx.trace, ctx.events.length, ctx.ended, ctx.lang].join(' ');
    if (now === this.drawn) return;
    this.drawn = now;
    this.soon();
  }

  /** Draws anew in a moment, what the address says now. */
  soon() {
    this.timer ??= setTimeout(() => {
      this.timer = null;
      const serial = ++this.serial;
      fetchPage('GET', location.href).then(({ status, page }) => {
        if (serial === this.serial && status === 200 && page) this.take(page, true, true);
      }, () => {}); // the next change tries again
    }, GATHER);
  }

  /**
   * @private @param {Document} page @param {boolean} keep what was typed
   * @param {boolean} [refresh] nobody asked for it: a form with a mistake stays until it is sent again
   */
  take(page, keep, refresh = false) {
    for (const fresh of partsOf(page)) {
      const key = fresh.dataset.live ?? '', text = fresh.outerHTML;
      const old = [...partsOf(this)].find(p => p.dataset.live === key);
      if (!old || text === this.texts.get(key)) continue;
      if (refresh && old.querySelector('[aria-invalid]')) continue; // somebody is putting it right
      const work = handwork(old), part = document.importNode(fresh, true);
      old.replaceWith(part);
      redo(part, work, keep);
      this.texts.set(key, text);
    }
    document.title = page.title;
    this.dispatchEvent(new CustomEvent('rw:drawn', { bubbles: true }));
  }

  /** Sends a form and shows the page that it leads to. @private @param {SubmitEvent} e */
  async submit(e) {
    const form = /** @type {HTMLFormElement} */ (e.target);
    if (form.enctype === 'multipart/form-data' || 'plain' in form.dataset) return; // these go the way that forms go
    e.preventDefault();
    const { submitter } = e, body = new URLSearchParams();
    for (const [name, value] of new FormData(form, submitter)) if (name !== 'lang') body.append(name, String(value)); // it is remembered, and may be changed without leaving
    if (form.method === 'get') { location.assign(`${form.action}?${body}`); return; }
    this.setAttribute('aria-busy', 'true');
    this.say('');
    try {
      const turn = ++this.sent;
      const { status, url, page } = await fetchPage('POST', form.action, body);
      if (turn !== this.sent) return; // another form was sent after it
      this.serial++; // what was fetched meanwhile is older
      if (status >= 400 || !page) {
        if (page?.querySelector('[data-live]')) this.take(page, true); // the form again, with what is wrong
        else this.say(page?.querySelector('.failure h1 + p')?.textContent ?? String(status));
        return;
      }
      const { trace = '', traceUrl = '', recorded } = page.body.dataset;
      if (url !== location.href) history.pushState({ trace }, '', url);
      if (trace && trace !== document.body.dataset.trace) {
        Object.assign(document.body.dataset, { trace, traceUrl });
        if (recorded === undefined) {
          delete document.body.dataset.recorded;
          show(trace);
          feed.follow(trace).catch(() => {});
        }
      }
      this.take(page, false);
    } catch {
      this.say('…');
    } finally {
      this.removeAttribute('aria-busy');
    }
  }

  /** Says what went wrong. @private @param {string} text */
  say(text) {
    let p = this.querySelector(':scope > .said-wrong');
    if (!p) {
      if (!text) return;
      p = document.createElement('p');
      p.className = 'said-wrong';
      p.setAttribute('role', 'alert');
      this.prepend(p);
    }
    p.textContent = text;
    /** @type {HTMLElement} */ (p).hidden = !text;
    if (text) p.scrollIntoView({ block: 'nearest' });
  }
}

customElements.define('live-parts', LiveParts);

// @ts-check
// Preferences: language, theme, motion. Changing one keeps the place in the
// drawing: texts that the page itself owns are marked with data-t="word.key"
// (data-t-label for aria-label, data-t-title for title, data-t-params for the
// blanks, as JSON); the elements get new words with their next update.

import { Words } from './words.js';

export const LANGUAGES = Object.freeze(['en', 'ko']);
const YEAR = 365 * 24 * 3600;

/** A page without words is a page that does nothing: they are asked for again, each time after twice the wait. ms */
const FIRST_WAIT = 500, TRIES = 4;
/** Words that have not come by then will not come: ms. */
const PATIENCE = 20_000;

/** @param {string} url @returns {Promise<any>} the file, or the last of several failures */
async function fetchPatiently(url) {
  for (let tried = 1; ; tried++) {
    try {
      const r = await fetch(url, { signal: AbortSignal.timeout(PATIENCE) });
      if (r.ok) return await r.json();
      throw new Error(`${url}: ${r.status}`);
    } catch (e) {
      if (tried === TRIES) throw e;
    }
    await new Promise(done => setTimeout(done, FIRST_WAIT * 2 ** (tried - 1)));
  }
}

/** @param {string} name @param {string} value */
function remember(name, value) {
  document.cookie = `${name}=${encodeURIComponent(value)}; path=/; max-age=${YEAR}; samesite=lax`;
}

/** @param {string} name @returns {string | null} what this browser's storage has, null where it is switched off */
function stored(name) {
  try { return localStorage.getItem(name); } catch { return null; }
}

/** Dispatches "change" when words, theme or motion are others than before. */
export class Prefs extends EventTarget {
  /** @param {string[]} [parts] families of words besides the common ones */
  constructor(parts = []) {
    super();
    /** @private */ this.parts = new Set(parts);
    const root = document.documentElement;
    this.lang = LANGUAGES.includes(root.lang) ? root.lang : 'en';
    /** The language that was chosen; its words may still be on their way. @private */ this.wanted = this.lang;
    /** @type {Words} */ this.words = new Words(this.lang, {});
    /** @private @type {Map<string, Promise<Record<string, string>>>} */ this.files = new Map();
    /** @private */ this.still = matchMedia('(prefers-reduced-motion: reduce)');
    /** @private */ this.dark = matchMedia('(prefers-color-scheme: dark)');
    /** @private @type {string | null} */ this.motion = stored('motion');
    this.still.addEventListener('change', () => this.changed());
    this.dark.addEventListener('change', () => this.changed());
    this.showMotion();
  }

  /** Nothing travels on the screen. */
  get reduced() { return this.motion ? this.motion === 'reduced' : this.still.matches; }

  /** @returns {'light' | 'dark'} */
  get theme() {
    const chosen = document.documentElement.dataset.theme;
    return chosen === 'light' || chosen === 'dark' ? chosen : this.dark.matches ? 'dark' : 'light';
  }

  /**
   * Reads the words that are wanted, and what is wanted by then: a language may
   * be chosen while families of words are on their way, and the other way round.
   */
  async load() {
    let words, wish;
    do {
      wish = this.wish();
      words = await this.read(this.wanted);
    } while (wish !== this.wish());
    this.words = words;
    const { lang } = words;
    if (lang === this.lang) return;
    this.lang = lang;
    document.documentElement.lang = lang;
    document.body.dataset.lang = lang;
    remember('lang', lang);
    translate(document, words);
  }

  /** @private */
  wish() { return [this.wanted, ...this.parts].join(' '); }

  /** Whether families of words are here, or on their way. @param {string[]} parts */
  has(parts) { return parts.every(p => this.parts.has(p)); }

  /** Reads further families of words. @param {string[]} parts */
  async add(parts) {
    if (this.has(parts)) return;
    for (const p of parts) this.parts.add(p);
    await this.load();
    this.changed();
  }

  /** @param {string} lang */
  async setLang(lang) {
    if (!LANGUAGES.includes(lang) || lang === this.wanted) return;
    this.wanted = lang;
    try {
      await this.load();
    } catch (e) {
      this.wanted = this.lang;
      throw e;
    }
    this.changed();
  }

  /** @param {string} theme */
  setTheme(theme) {
    if (theme !== 'light' && theme !== 'dark') return;
    document.documentElement.dataset.theme = theme;
    remember('theme', theme);
    this.changed();
  }

  /** @param {string} motion "on" or "reduced" */
  setMotion(motion) {
    if (motion !== 'on' && motion !== 'reduced') return;
    this.motion = motion;
    try { localStorage.setItem('motion', motion); } catch { /* for this page only, then */ }
    this.showMotion();
    this.changed();
  }

  /** @private */
  showMotion() {
    if (this.motion) document.documentElement.dataset.motion = this.motion;
  }

  /** @private @param {string} lang */
  async read(lang) {
    const files = await Promise.all([lang, ...[...this.parts].map(p => `${lang}/${p}`)].map(name => this.file(name)));
    return new Words(lang, Object.assign({}, ...files));
  }

  /** @protected @param {string} name @returns {Promise<Record<string, string>>} */
  file(name) {
    let file = this.files.get(name);
    if (!file) {
      file = fetchPatiently(`/static/i18n/${name}.json`);
      file.catch(() => this.files.delete(name)); // a later attempt may succeed
      this.files.set(name, file);
    }
    return file;
  }

  /** @private */
  changed() { this.dispatchEvent(new Event('change')); }
}

/**
 * Says the texts that the page owns in another language.
 * @param {ParentNode} root
 * @param {Words} words
 */
export function translate(root, words) {
  for (const node of root.querySelectorAll('[data-t], [data-t-label], [data-t-title], [data-t-placeholder]')) {
    const { t, tLabel, tTitle, tPlaceholder, tParams } = /** @type {HTMLElement} */ (node).dataset;
    /** @type {Record<string, string>} */ let params = {};
    try { params = JSON.parse(tParams ?? '{}'); } catch { /* blanks stay visible */ }
    if (t) node.textContent = words.say(t, params);
    if (tLabel) node.setAttribute('aria-label', words.say(tLabel, params));
    if (tTitle) node.setAttribute('title', words.say(tTitle, params));
    if (tPlaceholder) node.setAttribute('placeholder', words.say(tPlaceholder, params));
  }
}

// @ts-check
// <page-tools>: language and theme, changed without leaving the place, and the
// page's title. The language link works without a script too, by loading the
// page again.

import { chooseDepth } from '../../js/depth.js';
import { setAttr, setText, tell } from '../../js/dom.js';
import { short } from '../../js/line.js';

class PageTools extends HTMLElement {
  /** The theme now on show. @private */ theme = 'light';

  /** @private @type {import('../../js/words.js').Words | null} */ words = null;

  connectedCallback() {
    this.addEventListener('click', this);
  }

  disconnectedCallback() { this.removeEventListener('click', this); }

  /** @param {Event} e */
  handleEvent(e) {
    const what = /** @type {HTMLElement | null} */ (/** @type {Element} */ (e.target).closest('[data-do]'));
    const click = /** @type {MouseEvent} */ (e);
    if (!what || click.ctrlKey || click.metaKey || click.shiftKey) return;
    if (what.dataset.do === 'lang' && document.body.dataset.detail) return; // a detail sheet is the server's: it is loaded anew
    e.preventDefault();
    if (what.dataset.do === 'depth') this.say(what, chooseDepth());
    else if (what.dataset.do === 'lang') tell(this, 'lang', { lang: what.getAttribute('hreflang') });
    else tell(this, 'theme', { theme: this.theme === 'dark' ? 'light' : 'dark' });
  }

  /** The switch says what it leads to. @private @param {HTMLElement} link @param {string} now the depth on show */
  say(link, now) {
    const other = now === 'basic' ? 'expert' : 'basic';
    setText(link, this.words?.say('tools.' + other) ?? '');
    setAttr(link, 'title', this.words?.say('tools.depth.' + other) ?? '');
    setAttr(link, 'href', `?depth=${other}`);
  }

  /** @param {import('../../js/types.js').View} view @param {import('../../js/types.js').Context} ctx */
  update(view, ctx) {
    if (this.words !== ctx.words) {
      this.words = ctx.words;
      const link = /** @type {HTMLElement | null} */ (this.querySelector('[data-do="depth"]'));
      if (link) this.say(link, document.documentElement.dataset.depth ?? 'expert');
    }
    const { words, lang, theme, full } = ctx, other = lang === 'ko' ? 'en' : 'ko';
    this.theme = theme;
    const link = this.querySelector('[data-do="lang"]'), button = this.querySelector('[data-do="theme"]');
    if (link && link.getAttribute('hreflang') !== other) {
      for (const name of ['lang', 'hreflang']) link.setAttribute(name, other);
      link.textContent = other === 'ko' ? '한국어' : 'English';
      const address = new URL(location.href);
      address.searchParams.set('lang', other);
      link.setAttribute('href', address.pathname + address.search);
    }
    const q = full.question, title = `${q ? words.say('page.title', { name: short(q.name), type: q.type }) : words.say('sheet.name')} – Rootwalk`;
    if (document.title !== title && !document.body.dataset.detail) document.title = title;
    const text = words.say(theme === 'dark' ? 'tools.light' : 'tools.dark');
    if (button && button.textContent !== text) button.textContent = text;
  }
}

customElements.define('page-tools', PageTools);

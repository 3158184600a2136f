// @ts-check
// The pages of the glossary. They are complete as they are; only the theme and
// the depth can be changed without loading the page anew.
//rw:styles glossary-page name-form

import { chooseDepth } from '../depth.js';

for (const control of document.querySelectorAll('.tools [data-do]')) {
  const { do: what } = /** @type {HTMLElement} */ (control).dataset;
  if (what === 'lang') continue;
  control.addEventListener('click', e => {
    e.preventDefault();
    if (what === 'depth') { chooseDepth(); return; }
    const root = document.documentElement, dark = root.dataset.theme ? root.dataset.theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
    root.dataset.theme = dark ? 'light' : 'dark';
    document.cookie = `theme=${root.dataset.theme}; path=/; max-age=31536000; samesite=lax`;
  });
}

// @ts-check
// The fault bench: a page of forms, made by the server. Scripts add what every
// page has: the name form, the strip, language and theme.
//rw:styles fault-bench

import '../../elements/name-form/name-form.js';
import '../../elements/net-strip/net-strip.js';
import '../../elements/page-tools/page-tools.js';
import { prefs, start } from '../session.js';

// All words of this page come from the server: in another language it is made anew.
const { lang } = document.documentElement;
prefs.addEventListener('change', () => {
  if (prefs.lang === lang) return;
  const there = new URL(location.href);
  there.searchParams.set('lang', prefs.lang);
  location.replace(there);
});

start('name-form', 'net-strip', 'page-tools');

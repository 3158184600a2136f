// @ts-check
// For pages whose words all come from the server: in another language they are
// made anew.

import { prefs } from './session.js';

export function byServer() {
  const { lang } = document.documentElement;
  prefs.addEventListener('change', () => {
    if (prefs.lang === lang) return;
    const there = new URL(location.href);
    there.searchParams.set('lang', prefs.lang);
    location.replace(there);
  });
}

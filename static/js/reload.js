// @ts-check
// A page whose words all come from the server is another page in another
// language.

/** @param {import('./prefs.js').Prefs} prefs */
export function reloadForLanguage(prefs) {
  const { lang } = prefs;
  prefs.addEventListener('change', () => {
    if (prefs.lang === lang) return;
    const address = new URL(location.href);
    address.searchParams.set('lang', prefs.lang);
    location.replace(address);
  });
}

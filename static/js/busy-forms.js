// @ts-check
// Forms whose answer takes a while: the button is not to be pressed twice, and
// waits visibly. Coming back to the page, as it was kept, frees it.

/** @param {string} selector */
export function busyForms(selector) {
  const set = (/** @type {Element} */ form, /** @type {boolean} */ busy) => {
    if (busy) form.setAttribute('aria-busy', 'true');
    else form.removeAttribute('aria-busy');
    for (const b of form.querySelectorAll('button')) b.toggleAttribute('data-busy', busy);
  };
  document.addEventListener('submit', e => { // also of forms that come later
    const form = /** @type {Element} */ (e.target);
    if (!form.matches(selector)) return;
    if (form.getAttribute('aria-busy') === 'true') e.preventDefault();
    else set(form, true);
  });
  addEventListener('pageshow', () => { for (const form of document.querySelectorAll(selector)) set(form, false); });
}

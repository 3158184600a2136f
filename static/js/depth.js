// @ts-check
// How much the page shows: basic leaves expert detail out, by style sheets
// alone; the transcript keeps everything. Remembered in a cookie, which the
// server reads as well.

/** Changes to the other depth. @returns {'basic' | 'expert'} the one now shown */
export function chooseDepth() {
  const root = document.documentElement, depth = root.dataset.depth === 'basic' ? 'expert' : 'basic';
  root.dataset.depth = depth;
  document.cookie = `depth=${depth}; path=/; max-age=31536000; samesite=lax`;
  return depth;
}

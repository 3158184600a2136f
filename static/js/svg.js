// @ts-check
// Building and keeping SVG nodes. Nothing here takes markup: text goes in as
// text, so what a server on the internet named itself stays a name.

export const SVG = 'http://www.w3.org/2000/svg';

/**
 * @param {string} tag
 * @param {Record<string, string | number>} [attrs]
 * @param {Element | null} [parent]
 * @param {string} [text]
 * @returns {SVGElement}
 */
export function svg(tag, attrs = {}, parent = null, text) {
  const e = /** @type {SVGElement} */ (document.createElementNS(SVG, tag));
  set(e, attrs);
  if (text !== undefined) e.textContent = text;
  parent?.append(e);
  return e;
}

/**
 * Sets what differs, so that an unchanged drawing costs no layout.
 * @param {Element} e @param {Record<string, string | number>} attrs
 */
export function set(e, attrs) {
  for (const name in attrs) {
    const value = String(attrs[name]);
    if (e.getAttribute(name) !== value) e.setAttribute(name, value);
  }
}

/** @param {Element} e @param {string} text */
export function say(e, text) { if (e.textContent !== text) e.textContent = text; }

/**
 * Parts of a drawing by key: made once, moved and changed afterwards, removed
 * when a later drawing has no such part.
 */
export class Parts {
  constructor() {
    /** @private @type {Map<string, SVGElement>} */ this.nodes = new Map();
    /** @private @type {Set<string>} */ this.seen = new Set();
  }

  begin() { this.seen.clear(); }

  /**
   * @param {string} key @param {string} tag @param {Element} parent
   * @param {Record<string, string | number>} attrs @param {string} [text]
   */
  put(key, tag, parent, attrs, text) {
    let e = this.nodes.get(key);
    if (!e) {
      e = svg(tag);
      this.nodes.set(key, e);
    }
    if (e.parentNode !== parent) parent.append(e);
    set(e, attrs);
    if (text !== undefined) say(e, text);
    this.seen.add(key);
    return e;
  }

  /** @param {string} key */
  get(key) { return this.nodes.get(key); }

  /** Removes what was not put since begin. */
  end() {
    for (const [key, e] of this.nodes) {
      if (this.seen.has(key)) continue;
      e.remove();
      this.nodes.delete(key);
    }
  }
}

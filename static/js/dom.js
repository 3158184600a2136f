// @ts-check
// Building and keeping nodes. Text enters the page only as text.

const SVG = 'http://www.w3.org/2000/svg';

/**
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {string} [className]
 * @param {string} [text]
 * @returns {HTMLElementTagNameMap[K]}
 */
export function make(tag, className, text) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
}

/**
 * @param {string} tag
 * @param {Record<string, string | number>} attributes
 * @param {...SVGElement} children
 */
export function draw(tag, attributes, ...children) {
  const node = /** @type {SVGElement} */ (document.createElementNS(SVG, tag));
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, String(value));
  node.append(...children);
  return node;
}

/** Sets a text only if it changes: no needless work, nothing read aloud twice. @param {Node | null | undefined} node @param {string} text */
export function setText(node, text) {
  if (node && node.textContent !== text) node.textContent = text;
}

/** @param {Element} node @param {string} name @param {string | null} value null removes it */
export function setAttr(node, name, value) {
  if (value === null) node.removeAttribute(name);
  else if (node.getAttribute(name) !== value) node.setAttribute(name, value);
}

/**
 * Makes a parent's children those with the given keys, in order, keeping the
 * nodes that are there. Nodes carry their key in data-key.
 * @template {HTMLElement} E
 * @param {Element} parent
 * @param {string[]} keys without repetition
 * @param {(key: string) => E} create
 * @returns {E[]}
 */
export function keep(parent, keys, create) {
  /** @type {Map<string, E>} */
  const have = new Map();
  for (const node of parent.children) have.set(/** @type {HTMLElement} */ (node).dataset.key ?? '', /** @type {E} */ (node));
  const nodes = keys.map(key => {
    let node = have.get(key);
    if (node) have.delete(key);
    else {
      node = create(key);
      node.dataset.key = key;
    }
    return node;
  });
  for (const [, node] of have) node.remove();
  nodes.forEach((node, i) => { if (parent.children[i] !== node) parent.insertBefore(node, parent.children[i] ?? null); });
  return nodes;
}

/** What an element says to main.js. @param {Element} from @param {string} what @param {object} [detail] */
export function tell(from, what, detail) {
  from.dispatchEvent(new CustomEvent('rw:' + what, { bubbles: true, detail }));
}

/**
 * Calls fn at whole seconds of the clock while the page can be seen and the
 * node is in it, and once whenever it is seen again.
 */
export class SecondTick {
  /** @param {() => void} fn @param {number} [every] ms */
  constructor(fn, every = 1000) {
    /** @private */ this.fn = fn;
    /** @private */ this.every = every;
    /** @private @type {any} */ this.timer = null;
    /** @private */ this.seen = () => { if (this.running) this.arm(true); };
    this.running = false;
  }

  start() {
    if (this.running) return;
    this.running = true;
    document.addEventListener('visibilitychange', this.seen);
    this.arm(false);
  }

  stop() {
    if (!this.running) return;
    this.running = false;
    document.removeEventListener('visibilitychange', this.seen);
    clearTimeout(this.timer);
  }

  /** @private @param {boolean} now */
  arm(now) {
    clearTimeout(this.timer);
    if (document.hidden) return;
    if (now) this.fn();
    this.timer = setTimeout(() => this.arm(true), this.every - Date.now() % this.every);
  }
}

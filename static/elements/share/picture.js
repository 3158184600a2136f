// @ts-check
// The drawing as a picture of its own: the styles that the page gives it become
// attributes of its parts, so that it needs no style sheet, no script and no
// font but those it names.

const SVG = 'http://www.w3.org/2000/svg';

/** What the page's styles may say about a part of the drawing. */
const PROPERTIES = ['fill', 'stroke', 'stroke-width', 'stroke-dasharray', 'stroke-linecap', 'stroke-linejoin', 'opacity', 'font-family', 'font-size', 'font-weight', 'text-anchor', 'text-decoration-line', 'paint-order'];
/** What a part has where nobody says anything; colours apart. */
const USUAL = /** @type {Record<string, string>} */ ({
  'stroke': 'none', 'stroke-width': '1px', 'stroke-dasharray': 'none', 'stroke-linecap': 'butt', 'stroke-linejoin': 'miter', 'opacity': '1', 'text-anchor': 'start', 'text-decoration-line': 'none', 'paint-order': 'normal', 'font-weight': '400',
});
const SHAPES = new Set(['path', 'rect', 'circle', 'line', 'text', 'g']);

/**
 * @param {SVGSVGElement} svg as it is on the page
 * @returns {{text: string, width: number, height: number}}
 */
export function pictureOf(svg) {
  const [, , width, height] = (svg.getAttribute('viewBox') ?? '0 0 1 1').split(' ').map(Number);
  const copy = /** @type {SVGSVGElement} */ (svg.cloneNode(false));
  for (const name of svg.getAttributeNames()) if (!['viewBox', 'role', 'aria-labelledby'].includes(name)) copy.removeAttribute(name);
  copy.setAttribute('xmlns', SVG);
  copy.setAttribute('width', String(width));
  copy.setAttribute('height', String(height));
  copy.setAttribute('lang', document.documentElement.lang);
  const ground = document.createElementNS(SVG, 'rect');
  ground.setAttribute('width', String(width));
  ground.setAttribute('height', String(height));
  ground.setAttribute('fill', getComputedStyle(document.documentElement).getPropertyValue('--sheet') ? colour(svg, 'var(--sheet)') : '#fff');
  for (const child of svg.children) {
    if (child.localName === 'title' || child.localName === 'desc') copy.append(child.cloneNode(true));
  }
  copy.append(ground);
  for (const child of svg.children) {
    const part = child.localName === 'title' || child.localName === 'desc' ? null : partOf(child);
    if (part) copy.append(part);
  }
  return { text: new XMLSerializer().serializeToString(copy), width, height };
}

/** A part with its styles as attributes; null for what cannot be seen. @param {Element} e @returns {Element | null} */
function partOf(e) {
  if (e.localName === 'title') return /** @type {Element} */ (e.cloneNode(true));
  if (!SHAPES.has(e.localName)) return null;
  const style = getComputedStyle(e);
  if (style.display === 'none' || style.visibility === 'hidden' || Number(style.opacity) < .01) return null;
  const copy = /** @type {Element} */ (e.cloneNode(false));
  copy.removeAttribute('class');
  for (const name of [...copy.getAttributeNames()]) if (name.startsWith('data-') || name === 'style') copy.removeAttribute(name);
  const isText = e.localName === 'text', isGroup = e.localName === 'g';
  for (const name of PROPERTIES) {
    if (isGroup && name !== 'opacity') continue;
    if (!isText && (name.startsWith('font') || name.startsWith('text') || name === 'paint-order')) continue;
    const value = style.getPropertyValue(name);
    if (value && value !== USUAL[name]) copy.setAttribute(name === 'text-decoration-line' ? 'text-decoration' : name, value.replaceAll('"', '\''));
  }
  for (const child of e.childNodes) {
    if (child.nodeType === Node.TEXT_NODE) copy.append(child.cloneNode());
    else if (child instanceof Element) {
      const part = partOf(child);
      if (part) copy.append(part);
    }
  }
  return isGroup && !copy.childNodes.length ? null : copy;
}

/** A colour of the page's tokens as it computes there. @param {Element} where @param {string} value */
function colour(where, value) {
  const probe = document.createElement('i');
  probe.style.setProperty('color', value);
  where.parentElement?.append(probe);
  const computed = getComputedStyle(probe).color;
  probe.remove();
  return computed;
}

/**
 * The picture in pixels, two for each of its units.
 * @param {{text: string, width: number, height: number}} picture
 * @returns {Promise<Blob>}
 */
export async function pngOf({ text, width, height }) {
  const image = new Image();
  image.src = 'data:image/svg+xml;charset=utf-8,' + encodeURIComponent(text);
  await image.decode();
  const canvas = document.createElement('canvas');
  canvas.width = 2 * width;
  canvas.height = 2 * height;
  canvas.getContext('2d')?.drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((done, failed) => canvas.toBlob(blob => blob ? done(blob) : failed(new Error('no picture')), 'image/png'));
}

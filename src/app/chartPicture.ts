/**
 * The chart as one self-contained SVG: title, line, legend and drawing, every colour and font written into it as attributes, so that
 * it looks the same in any program and needs nothing of this page.
 */
import { outline, type Looks } from './series';

export interface Picture {
  readonly text: string;
  readonly width: number;
  readonly height: number;
}

export interface Words {
  /** The model's name. */
  readonly title: string;
  /** Text, protocol, context. */
  readonly line: string;
  readonly entries: readonly { readonly name: string; readonly look: Looks }[];
  /** Whether the line of full precision is drawn. */
  readonly reference: boolean;
}

const namespace = 'http://www.w3.org/2000/svg';
const font = 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif';

/** What is read from the page's style and written down, by element and its ancestors' say. */
const painted = [
  'fill',
  'fill-opacity',
  'stroke',
  'stroke-width',
  'stroke-dasharray',
  'stroke-linejoin',
  'opacity',
  'font-size',
  'text-anchor',
] as const;

/** Attributes of the page that mean nothing in a picture, or that a policy against inline styles forbids. */
const left = /^(class|style|tabindex|role|aria-.*|data-.*|on.*|name|orientation|offset|radius)$/;

/** @throws Error where nothing is drawn yet. */
export function chartPicture(drawing: Element, { title, line, entries, reference }: Words): Picture {
  const source = drawing.querySelector<SVGSVGElement>('svg.recharts-surface');
  if (!source) throw new Error('the chart is not drawn yet');
  const { width, height } = source.getBoundingClientRect();
  const style = getComputedStyle(drawing);
  const colour = (value: string) => resolved(drawing, value);
  const ink = colour('var(--ink)');
  const muted = colour('var(--muted)');

  const root = element('svg', { xmlns: namespace, 'font-family': font });
  const back = element('rect', { width: '100%', height: '100%', fill: colour('var(--surface)') });
  root.append(back, text(title, { x: 16, y: 28, fill: ink, 'font-size': 16, 'font-weight': 600 }));
  root.append(text(line, { x: 16, y: 47, fill: muted, 'font-size': 12 }));
  let [x, y] = [16, 68];
  const place = (name: string, mark: readonly Element[]) => {
    // A long name starts a line of its own.
    const room = 36 + wide(name) + 20;
    if (x > 16 && x + room > width - 16) [x, y] = [16, y + 20];
    const entry = element('g', { transform: `translate(${x} ${y})` });
    entry.append(...mark, text(name, { x: 36, y: 4, fill: ink, 'font-size': 12 }));
    root.append(entry);
    x += room;
  };
  for (const { name, look } of entries) {
    const paint = colour(look.colour);
    const stroke = { stroke: paint, 'stroke-width': 2, ...(look.dash ? { 'stroke-dasharray': look.dash } : {}) };
    const marker = element('path', { d: outline(look.marker, 4), transform: 'translate(15 0)', fill: paint });
    place(name, [...(look.line === 'drawn' ? [element('line', { x1: 1, x2: 29, ...stroke })] : []), marker]);
  }
  if (reference) {
    const dots = { stroke: ink, 'stroke-width': 1.5, 'stroke-dasharray': '1 3' };
    place('Full precision', [element('line', { x1: 1, x2: 29, ...dots })]);
  }
  const top = y + 18;
  const body = element('g', { transform: `translate(0 ${top})` });
  for (const child of source.children) body.append(...inlined(child));
  root.append(body);
  const all = { width: Math.ceil(width), height: Math.ceil(top + height + 8) };
  root.setAttribute('width', String(all.width));
  root.setAttribute('height', String(all.height));
  root.setAttribute('viewBox', `0 0 ${all.width} ${all.height}`);
  root.setAttribute('color-scheme', style.colorScheme);
  return { ...all, text: `<?xml version="1.0" encoding="UTF-8"?>\n${new XMLSerializer().serializeToString(root)}\n` };
}

/** Pixels of a text at 12 px. */
function wide(words: string): number {
  const context = document.createElement('canvas').getContext('2d');
  if (!context) return words.length * 8;
  context.font = `12px ${font}`;
  return context.measureText(words).width;
}

/** The picture drawn at twice its size, for screens that show two dots per pixel. */
export async function toPng({ text: svg, width, height }: Picture, times = 2): Promise<Blob> {
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
  await image.decode();
  const canvas = document.createElement('canvas');
  canvas.width = width * times;
  canvas.height = height * times;
  const context = canvas.getContext('2d');
  if (!context) throw new Error('this browser draws no pictures (no 2D canvas)');
  context.drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('this browser made no PNG of it'))), 'image/png');
  });
}

/** A copy of what is drawn, with its computed paint as attributes. Built anew: a clone would carry inline styles. */
function inlined(source: Element): Element[] {
  // Targets for fingers are not seen.
  if (source.matches('title, desc, .target')) return [];
  const copy = document.createElementNS(namespace, source.tagName);
  for (const { name, value } of source.attributes) {
    // A variable is a colour of the page; shapes get theirs below.
    if (!left.test(name) && !value.includes('var(')) copy.setAttribute(name, value);
  }
  const style = getComputedStyle(source);
  const isShape = source instanceof SVGGeometryElement || source instanceof SVGTextContentElement;
  for (const name of painted) {
    const value = style.getPropertyValue(name);
    if (name === 'opacity' ? value !== '1' : isShape && value !== '') copy.setAttribute(name, value);
  }
  for (const child of source.childNodes) {
    if (child instanceof Element) copy.append(...inlined(child));
    else if (child instanceof Text) copy.append(document.createTextNode(child.data));
  }
  return [copy];
}

/** "var(--ink)" as the page paints it now. */
function resolved(within: Element, value: string): string {
  const probe = document.createElement('span');
  probe.style.color = value;
  within.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}

function element(name: string, attributes: Readonly<Record<string, string | number>>): SVGElement {
  const made = document.createElementNS(namespace, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  return made;
}

function text(words: string, attributes: Readonly<Record<string, string | number>>): SVGElement {
  const made = element('text', attributes);
  made.textContent = words;
  return made;
}

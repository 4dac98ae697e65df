/** The colours of curves: seen on the page's ground, and told apart with any kind of colour vision. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { looksAt, looksOf } from '../../src/app/series';

const css = readFileSync(`${import.meta.dirname}/../../src/app/styles/tokens.css`, 'utf8');
type Rgb = readonly [number, number, number];

/** sRGB as light, 0 to 1. */
function light(hex: string): Rgb {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const c = parseInt(hex.slice(at, at + 2), 16) / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  });
  return [r, g, b];
}

function pair(name: string): readonly [string, string] {
  const found = new RegExp(`--${name}: light-dark\\((#\\w{6}), (#\\w{6})\\)`).exec(css);
  return [found?.[1] ?? '', found?.[2] ?? ''];
}

/** Machado, Oliveira and Fernandes 2009, severity 1: what is seen with one kind of cone missing, in linear light. */
const visions: Readonly<Record<string, readonly Rgb[]>> = {
  usual: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  protan: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  deutan: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  tritan: [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039],
  ],
};

const times = (matrix: readonly Rgb[], [a, b, c]: Rgb): number[] => matrix.map(([x, y, z]) => a * x + b * y + c * z);

/** Ottosson's Oklab, in which equal distances look about equally different. */
function oklab(seen: readonly number[]): number[] {
  const within = seen.map((v) => Math.min(1, Math.max(0, v))) as unknown as Rgb;
  const [l = 0, m = 0, s = 0] = times(
    [
      [0.4122214708, 0.5363325363, 0.0514459929],
      [0.2119034982, 0.6806995451, 0.1073969566],
      [0.0883024619, 0.2817188376, 0.6299787005],
    ],
    within,
  ).map(Math.cbrt);
  return times(
    [
      [0.2104542553, 0.793617785, -0.0040720468],
      [1.9779984951, -2.428592205, 0.4505937099],
      [0.0259040371, 0.7827717662, -0.808675766],
    ],
    [l, m, s],
  );
}

const distance = (a: string, b: string, vision: readonly Rgb[]) => {
  const [x, y] = [oklab(times(vision, light(a))), oklab(times(vision, light(b)))];
  return Math.hypot(...x.map((v, i) => v - (y[i] ?? 0)));
};

const luminance = (hex: string) => {
  const [r, g, b] = light(hex);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};

describe.each([
  ['light', 0],
  ['dark', 1],
] as const)('the colours of curves, %s', (_, side) => {
  const colours = Array.from({ length: 8 }, (_, i) => pair(`series-${i + 1}`)[side]);

  it('stand out from the ground as graphics must (WCAG 1.4.11: 3 to 1)', () => {
    const ground = luminance(pair('surface')[side]);
    for (const colour of colours) {
      const [dim = 0, bright = 0] = [luminance(colour), ground].sort((a, b) => a - b);
      expect((bright + 0.05) / (dim + 0.05), colour).toBeGreaterThanOrEqual(3);
    }
  });

  it.each(Object.entries(visions))('are told apart by %s vision', (_, vision) => {
    // 0.02 is a just noticeable difference side by side; thin lines apart from each other need several.
    for (const [i, a] of colours.entries()) {
      for (const b of colours.slice(0, i)) expect(distance(a, b, vision), `${a} and ${b}`).toBeGreaterThan(0.1);
    }
  });
});

describe('looks', () => {
  it('differ in colour and marker for every curve of a chart, whatever the methods', () => {
    const of = Array.from({ length: 24 }, (_, i) => looksAt(i));
    expect(new Set(of.slice(0, 8).map(({ colour }) => colour)).size).toBe(8);
    expect(new Set(of.map(({ colour, marker }) => `${colour} ${marker}`)).size).toBe(24);
  });

  it('tell runs apart by their dash', () => {
    const curve = (key: string, run: string | null) => ({ key, method: 'rtn', run });
    const looks = looksOf([curve('a', 'one'), curve('b', 'one'), curve('c', 'two')]);
    expect(looks.get('a')?.dash).toBe(looks.get('b')?.dash);
    expect(looks.get('c')?.dash).not.toBe(looks.get('a')?.dash);
  });
});

/**
 * Resizing as Pillow does it, to the bit: separable filters that are widened by the factor by which a picture shrinks, columns before rows,
 * weights in whole numbers of 2^−22, results rounded to 8 bits between the two (python-pillow, Resample.c).
 */
import { channels, type Picture } from './picture';

export type Filter = 'bilinear' | 'bicubic' | 'lanczos';

interface Kernel {
  /** Half of its width, in pixels of the picture that is not shrunk. */
  readonly support: number;
  readonly at: (x: number) => number;
}

/** sin(πx) / πx. */
const sinc = (x: number) => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x));

/** Keys (1981), whose family has this parameter. */
const a = -0.5;

function cubic(t: number): number {
  const x = Math.abs(t);
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
}

const kernels: Readonly<Record<Filter, Kernel>> = {
  bilinear: { support: 1, at: (x) => Math.max(0, 1 - Math.abs(x)) },
  bicubic: { support: 2, at: cubic },
  lanczos: { support: 3, at: (x) => (-3 <= x && x < 3 ? sinc(x) * sinc(x / 3) : 0) },
};

/** 32 bits of a sum less 8 of its result and 2 of its overshoot. */
const unit = 2 ** 22;

/** What one pixel of a line is made of: weights, in units, of the old pixels from `first` on. */
interface Share {
  readonly first: number;
  readonly weights: Float64Array;
}

/** Shares of a line of `to` pixels from one of `from`. */
function sharesOf({ support, at }: Kernel, from: number, to: number): readonly Share[] {
  const scale = from / to;
  const widening = Math.max(scale, 1);
  const reach = support * widening;
  return Array.from({ length: to }, (_, i) => {
    const centre = (i + 0.5) * scale;
    const first = Math.max(0, Math.trunc(centre - reach + 0.5));
    const last = Math.min(from, Math.trunc(centre + reach + 0.5));
    const raw = Float64Array.from({ length: last - first }, (_, x) => at((x + first - centre + 0.5) * (1 / widening)));
    const sum = raw.reduce((total, weight) => total + weight, 0);
    const normed = sum === 0 ? raw : raw.map((weight) => weight * (1 / sum));
    return { first, weights: normed.map((weight) => Math.trunc(weight * unit + (weight < 0 ? -0.5 : 0.5))) };
  });
}

/** The picture in another size; itself where that is its own. */
export function resize(picture: Picture, width: number, height: number, filter: Filter): Picture {
  const kernel = kernels[filter];
  const narrowed = width === picture.width ? picture : acrossColumns(picture, sharesOf(kernel, picture.width, width));
  return height === picture.height ? narrowed : acrossRows(narrowed, sharesOf(kernel, picture.height, height));
}

/** To the nearest of 0 … 255; half of a unit was added. */
const rounded = (sum: number) => Math.min(255, Math.max(0, Math.floor(sum / unit)));

function acrossColumns({ width, height, rgb }: Picture, shares: readonly Share[]): Picture {
  const out = new Uint8Array(shares.length * height * channels);
  let at = 0;
  for (let row = 0; row < height; row++) {
    for (const { first, weights } of shares) {
      const begin = (row * width + first) * channels;
      let [red, green, blue] = [unit / 2, unit / 2, unit / 2];
      for (let k = 0, from = begin; k < weights.length; k++) {
        const weight = weights[k] as number;
        red += weight * (rgb[from++] as number);
        green += weight * (rgb[from++] as number);
        blue += weight * (rgb[from++] as number);
      }
      out[at++] = rounded(red);
      out[at++] = rounded(green);
      out[at++] = rounded(blue);
    }
  }
  return { width: shares.length, height, rgb: out };
}

function acrossRows({ width, rgb }: Picture, shares: readonly Share[]): Picture {
  const line = width * channels;
  const out = new Uint8Array(shares.length * line);
  const sums = new Float64Array(line);
  for (const [row, { first, weights }] of shares.entries()) {
    sums.fill(unit / 2);
    for (let k = 0; k < weights.length; k++) {
      const weight = weights[k] as number;
      const from = (first + k) * line;
      for (let x = 0; x < line; x++) sums[x] = (sums[x] as number) + weight * (rgb[from + x] as number);
    }
    for (let x = 0; x < line; x++) out[row * line + x] = rounded(sums[x] as number);
  }
  return { width, height: shares.length, rgb: out };
}

/**
 * E8P and its two-stage forms in float64 (QuIP#, arXiv 2402.04396): the table of absolute values, every codeword, and encoders that
 * look at one after the other. Twin of shaders/grid/e8p.wgsl.
 */

export const pointWidth = 8;

/**
 * The 29 rows of squared norm 12 (appendix C.1 of the paper), times 2. There are 56 of their shape; which are taken hardly matters
 * (another choice: 0.0921 in place of 0.0920 mean squared error at scale 1.03).
 */
const padding = `31113333 13113333 11313333 11133333 33313311 33313131 33311331 33313113 33311313 33311133 33133311 33133131
  33131331 33133113 33131313 33131133 31333311 31333131 31331331 31333113 31331313 13331133 13333311 13333131 13331331 13333113
  13331313 11331333 33113331`;

/** [256, 8]: all vectors of half-integers ≥ ½ with squared norm ≤ 10 in lexicographic order (227), then the padding. */
export const e8pTable: Float64Array = (() => {
  const rows: number[][] = [];
  const extend = (row: readonly number[], norm: number): void => {
    if (norm > 10) return;
    if (row.length === pointWidth) rows.push([...row]);
    else for (const a of [0.5, 1.5, 2.5]) extend([...row, a], norm + a * a);
  };
  extend([], 0);
  for (const digits of padding.split(/\s+/)) rows.push([...digits].map((d) => Number(d) / 2));
  return Float64Array.from(rows.flat());
})();

/** The table as the WGSL has it: entry − ½ in 2 bits, column 0 lowest, two rows to a word. */
export function packE8pTable(): Uint32Array {
  const words = new Uint32Array(128);
  e8pTable.forEach((a, i) => {
    const word = i >> 4;
    words[word] = (words[word] as number) | ((a - 0.5) << (2 * (i % 16)));
  });
  return words;
}

/** Bits 0–7 row, 8–14 signs of columns 0–6, the last sign so that the sum is even, bit 15: −¼ is added, else ¼. */
export function e8pPoint(code: number): Float64Array {
  const row = e8pTable.subarray((code & 255) * 8, (code & 255) * 8 + 8);
  const point = row.map((a, i) => ((code >> (8 + i)) & 1 && i < 7 ? -a : a));
  if (Math.abs(point.reduce((sum, v) => sum + v, 0)) % 2 === 1) point[7] = -(point[7] as number);
  return point.map((v) => v + (code >> 15 ? -0.25 : 0.25));
}

/** The 256 vectors of the second stage at 3 bits: E8 up to squared norm 2 (241) and 15 of squared norm 4. */
export function e81Point(code: number): Float64Array {
  const point = new Float64Array(pointWidth);
  if (code < 128) {
    for (let i = 0; i < 7; i++) point[i] = (code >> i) & 1 ? -0.5 : 0.5;
    point[7] = 0.5 * point.reduce((product, v, i) => (i < 7 ? product * Math.sign(v) : product), 1);
  } else if (code < 240) {
    let pair = (code - 128) >> 2;
    let j = 1;
    while (pair >= j) pair -= j++;
    point[pair] = code & 1 ? -1 : 1;
    point[j] = code & 2 ? -1 : 1;
  } else if (code < 255) {
    point[(code - 240) >> 1] = code & 1 ? -2 : 2;
  }
  return point;
}

type Book = readonly Float64Array[];
let e8pBook: Book | undefined;
let e81Book: Book | undefined;
const bookOf = (size: number, point: (code: number) => Float64Array): Book =>
  Array.from({ length: size }, (_, code) => point(code));
export const allE8p = (): Book => (e8pBook ??= bookOf(65_536, e8pPoint));
export const allE81 = (): Book => (e81Book ??= bookOf(256, e81Point));

export function squaredDistance(x: ArrayLike<number>, y: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += ((x[i] as number) - (y[i] as number)) ** 2;
  return sum;
}

/** The nearest vector of a book by looking at all. */
export function nearestOf(book: Book, x: ArrayLike<number>): number {
  let best = 0;
  let least = Infinity;
  book.forEach((point, code) => {
    const distance = squaredDistance(x, point);
    if (distance < least) [least, best] = [distance, code];
  });
  return best;
}

/**
 * The nearest of E8P without looking at all: for each shift and row the signs of y = x − shift are best, save that the column that
 * costs least is turned where they do not make the sum even.
 */
export function nearestE8p(x: ArrayLike<number>): number {
  let best = -1;
  let least = Infinity;
  for (let row = 0; row < 256; row++) {
    for (const down of [0, 1]) {
      let sum = 0;
      let distance = 0;
      let turned = 0;
      let cheapest = Infinity;
      let signs = 0;
      for (let i = 0; i < pointWidth; i++) {
        const y = (x[i] as number) + (down ? 0.25 : -0.25);
        const a = e8pTable[row * 8 + i] as number;
        sum += a;
        if (y < 0) {
          signs |= 1 << i;
          sum -= 2 * a;
        }
        distance += (Math.abs(y) - a) ** 2;
        if (Math.abs(y) * a < cheapest) [cheapest, turned] = [Math.abs(y) * a, i];
      }
      if (Math.abs(sum) % 2 === 1) {
        distance += 4 * cheapest;
        signs ^= 1 << turned;
      }
      if (distance < least) [least, best] = [distance, row | ((signs & 127) << 8) | (down << 15)];
    }
  }
  return best;
}

export type E8pBits = 2 | 3 | 4;

/** rms of the codebook's input: the weights are divided by rms(W) over this. As published. */
export const e8pRms: Readonly<Record<E8pBits, number>> = { 2: 1.03, 3: 0.98, 4: 1.03 };
/** What the first stage leaves is multiplied by this before the second. As published. */
const restScale: Readonly<Record<E8pBits, number>> = { 2: 0, 3: 2.04, 4: 3.45 };

/** The codeword of x [8], 8·bits bits: the first stage in the lowest 16. */
export function e8pCodeword(x: ArrayLike<number>, bits: E8pBits): number {
  const first = nearestE8p(x);
  if (bits === 2) return first;
  const point = e8pPoint(first);
  const rest = point.map((c, i) => ((x[i] as number) - c) * restScale[bits]);
  const second = bits === 3 ? nearestOf(allE81(), rest) : nearestE8p(rest);
  return first + second * 65_536;
}

/** [8]: what a codeword means. */
export function e8pValue(codeword: number, bits: E8pBits): Float64Array {
  const point = e8pPoint(codeword & 0xffff);
  if (bits === 2) return point;
  const second = Math.floor(codeword / 65_536);
  const rest = bits === 3 ? e81Point(second) : e8pPoint(second);
  return point.map((c, i) => c + (rest[i] as number) / restScale[bits]);
}

/** The codeword in slices of `bits` for its 8 columns, low bits first. */
export function e8pSlices(codeword: number, bits: E8pBits): number[] {
  return Array.from({ length: pointWidth }, (_, k) => Math.floor(codeword / 2 ** (bits * k)) % 2 ** bits);
}

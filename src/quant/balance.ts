/**
 * The matrices of a site, each over its own root mean square, before a transform mixes their rows: QuIP's codes have one scale for each
 * matrix, QuIP# (arXiv 2402.04396) divides before it stacks. Else one scale serves queries, keys and values of very different sizes.
 */
import type { Scope } from '../gpu/buffers';
import type { Gpu } from '../gpu/gpu';
import { readMatrix, uploadMatrix, type Matrix } from '../tensor/matrix';
import { rowDot } from '../tensor/rowDot';
import { scaleColumns } from '../tensor/scaleColumns';
import type { Posed } from './problem';

/** A matrix of the site, from top to bottom, and what it was divided by. */
export interface Part {
  readonly rows: number;
  readonly rms: number;
}

/** Root mean squares of the site's matrices, 0 for one that is zero; none where the site has a single matrix. */
export async function partsOf({ W, neighbours }: Posed, gpu: Gpu): Promise<Part[]> {
  const outputs = neighbours?.outputs ?? [];
  if (outputs.length < 2) return [];
  using scope = gpu.scope('sizes');
  const squares = await readMatrix(gpu, rowDot(gpu, scope, W, W));
  let begin = 0;
  return outputs.map(({ rows }) => {
    const sum = squares.subarray(begin, (begin += rows)).reduce((a, b) => a + b, 0);
    return { rows, rms: Math.fround(Math.sqrt(sum / (rows * W.cols))) };
  });
}

/** W itself where there are no parts; else owned by the scope. */
export function balanced(
  gpu: Gpu,
  scope: Scope,
  W: Matrix,
  parts: readonly Part[],
  way: 'divided' | 'restored',
): Matrix {
  if (!parts.length) return W;
  using local = gpu.scope('parts');
  // A matrix of zeros is restored as zeros, whatever rows of the others have been mixed into it on the way.
  const factor = ({ rms }: Part) => (way === 'restored' ? rms : rms === 0 ? 0 : 1 / rms);
  const rows = Float32Array.from(parts.flatMap((part) => new Array<number>(part.rows).fill(factor(part))));
  const ones = uploadMatrix(local, new Float32Array(W.cols).fill(1), 1, W.cols, '1');
  return scaleColumns(gpu, scope, W, ones, uploadMatrix(local, rows, 1, W.rows, 'factors'));
}

/** Bits of the sizes: a float for each. */
export const partBits = (parts: readonly Part[]) => 32 * parts.length;

/** Operations a token of giving each output its size again. */
export const partOperations = (parts: readonly Part[]) => parts.reduce((sum, { rows }) => sum + rows, 0);

/** Their count, then rows and size of each; what a transform keeps follows. */
export const keepParts = (parts: readonly Part[]): number[] => [
  parts.length,
  ...parts.flatMap(({ rows, rms }) => [rows, rms]),
];

export function readParts(kept: Float32Array<ArrayBuffer>): {
  readonly parts: Part[];
  readonly rest: Float32Array<ArrayBuffer>;
} {
  const count = kept[0] as number;
  const parts = Array.from({ length: count }, (_, i) => ({
    rows: kept[1 + 2 * i] as number,
    rms: kept[2 + 2 * i] as number,
  }));
  return { parts, rest: kept.slice(1 + 2 * count) };
}

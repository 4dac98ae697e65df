/**
 * QuIP's grid (arXiv 2307.13304): equally spaced levels from −s to s with one s for the whole matrix, a multiple of its root mean
 * square; sensible after incoherence processing, when all weights have one distribution. The arithmetic is shaders/grid/tensor.wgsl.
 */
import { readMatrix, uploadMatrix } from '../../tensor/matrix';
import { rowDot } from '../../tensor/rowDot';
import { assert } from '../../util/assert';
import { nearestHalf } from '../../util/halfFloat';
import { halves, join } from '../bytes';
import type { Context, Given, Grid, Posed } from '../problem';
import type { Piece } from '../recipe/recipe';

/** The multiplier of the published code at every width: right for 4 bits. */
const published = 2.4;
/**
 * Least proxy loss by width. 2 to 4 bits: measured under feedback on incoherent problems (synthetic); the published 2.4 loses 1.6 to
 * 1.8 times as much at 2 bits, 1.1 times at 3. 5 to 8: the best uniform quantizer of a normal variable (Max 1960).
 */
const fittedMultipliers: readonly number[] = [0, 0, 1.5, 2.1, 2.4, 2.92, 3.28, 3.61, 3.93];

export function tensorMultiplier(kind: Piece[string] | undefined, bits: number): number {
  const found = kind === 'fitted' ? fittedMultipliers[bits] : published;
  assert(found !== undefined, `a width of ${bits} bits`);
  return found;
}

export function tensor({ bits, multiplier }: Piece): Grid {
  assert(typeof bits === 'number', 'a parsed tensor piece');
  const times = tensorMultiplier(multiplier, bits);
  return {
    width: 1,
    group: Infinity,
    sets: 1,
    setOf: () => 0,
    shader: 'tensor',
    constants: { MULTIPLIER: times },
    bits,
    importance: 'none',
    fitWork: 3,
    given: (problem, cx) => scaleOf(problem, times, cx),
    // The codes, and one half for the matrix: every row has the same.
    storage: {
      bits: ({ rows, codeCols }) => rows * codeCols * bits + 16,
      write: ({ codes, parameters }) => join([codes, halves(parameters.slice(0, 1))]),
    },
  };
}

/** s = times·rms(W) + 1e-16, as the half that is stored: so the published floor for a matrix of zeros is 0. The same in every row. */
async function scaleOf({ W, factors }: Posed, times: number, cx: Context): Promise<Given> {
  const squares = await factors.remember('sum of squares', async () => {
    using scope = cx.gpu.scope('sum of squares');
    return (await readMatrix(cx.gpu, rowDot(cx.gpu, scope, W, W))).reduce((sum, v) => sum + v, 0);
  });
  const s = nearestHalf(times * Math.sqrt(squares / (W.rows * W.cols)) + 1e-16);
  const rows = Float32Array.from({ length: 2 * W.rows }, (_, i) => (i % 2 === 0 ? s : 0));
  return { parameters: uploadMatrix(cx.scope, rows, W.rows, 2, 'matrix scale') };
}

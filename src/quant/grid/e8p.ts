/**
 * The lattice codebook of QuIP# (arXiv 2402.04396): 8 weights are one codeword, nearest in E8P at 2 bits, and what that leaves once
 * more in a second codebook at 3 and 4 bits. One scale for the whole matrix, so for weights that are alike: after a rotation. The
 * arithmetic is shaders/grid/e8p.wgsl, its float64 twin reference/e8p.ts.
 *
 * Scales are the published ones. The second codebook at 3 bits is E8 up to squared norm 2 and 15 vectors of squared norm 4; which 15
 * is our choice. On normal weights the published scales lose least with it too.
 */
import { readMatrix, uploadMatrix } from '../../tensor/matrix';
import { rowDot } from '../../tensor/rowDot';
import { assert } from '../../util/assert';
import { join } from '../bytes';
import type { Context, Given, Grid, Posed } from '../problem';
import type { Piece } from '../recipe/recipe';

/** Root mean square of what is looked up in the codebook, by bits. The WGSL says the same. */
const codebookRms: Readonly<Record<number, number>> = { 2: 1.03, 3: 0.98, 4: 1.03 };

/** `cols`: of the matrix, before columns are added that fill a last codeword up. */
export function e8p({ bits }: Piece, cols: number): Grid {
  assert(typeof bits === 'number', 'a parsed e8p piece');
  return {
    width: 8,
    group: Infinity,
    sets: 1,
    setOf: () => 0,
    shader: 'e8p',
    constants: { BITS: bits },
    bits,
    importance: 'none',
    // Two shifts of 256 rows of 8; twice for the second codebook.
    roundWork: bits === 4 ? 6000 : 3000,
    fitWork: 3,
    given: (problem, cx) => scaleOf(problem, bits, cols, cx),
    // The codewords, and one float for the matrix: every row has the same.
    storage: {
      bits: ({ rows, codeCols }) => rows * codeCols * bits + 32,
      write: ({ codes, parameters }) => join([codes, parameters.slice(0, 1)]),
    },
  };
}

/** rms(W) over that of the codebook's input, the same in every row; 0 where W is, down to what float32 can divide by. */
async function scaleOf({ W, factors }: Posed, bits: number, cols: number, cx: Context): Promise<Given> {
  const squares = await factors.remember('sum of squares', async () => {
    using scope = cx.gpu.scope('sum of squares');
    return (await readMatrix(cx.gpu, rowDot(cx.gpu, scope, W, W))).reduce((sum, v) => sum + v, 0);
  });
  const rms = codebookRms[bits];
  assert(rms !== undefined, `a width of ${bits} bits`);
  const scale = Math.sqrt(squares / (W.rows * cols)) / rms;
  const rows = Float32Array.from({ length: 2 * W.rows }, (_, i) => (i % 2 === 0 && scale > 1e-30 ? scale : 0));
  return { parameters: uploadMatrix(cx.scope, rows, W.rows, 2, 'matrix scale') };
}

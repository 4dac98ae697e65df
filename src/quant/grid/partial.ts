/**
 * PB-LLM (arXiv 2310.00034, section 3): the least salient share of a matrix's weights is binarised by row (mean ± mean deviation), the
 * rest rounded to 8 bits on the row's whole range. Salience |w|, or w²/U_jj² with UᵀU = H⁻¹, where U_jj = 1/R_jj. Weights up to the
 * threshold, the value at place ⌊share·count⌋ of all in order, are binary; a site's matrices have a threshold each.
 */
import { emptyMatrix, readMatrix, uploadMatrix } from '../../tensor/matrix';
import { diagonal } from '../../tensor/diagonal';
import { assert, present } from '../../util/assert';
import { halfStep, nearestHalf, roundHalfEven } from '../../util/halfFloat';
import { halves, join, packBits, unpackWide } from '../bytes';
import { gatherSymmetric } from '../columns';
import { factorise } from '../damping';
import { identity } from '../groups';
import type { Context, Given, Grid, GridStorage, Posed } from '../problem';
import type { Piece } from '../recipe/recipe';
import type { StoredLayer } from '../storedLayer';

const salientBit = 256;
/** Relative damping of the factor that salience is read from: the usual one of the walk. */
const damping = 0.01;

/** 1 where a weight is salient. `strength`: √salience of a weight of 1 in each column. `parts`: rows of each matrix. */
export function salientWeights(
  W: ArrayLike<number>,
  cols: number,
  strength: ArrayLike<number>,
  share: number,
  parts: readonly number[],
): Uint8Array {
  const salience = Float32Array.from({ length: W.length }, (_, i) =>
    Math.abs((W[i] as number) * (strength[i % cols] as number)),
  );
  const salient = new Uint8Array(W.length);
  let at = 0;
  for (const rows of parts) {
    const end = at + rows * cols;
    const sorted = salience.slice(at, end).sort();
    // A share of 1 leaves nothing salient; the published code reads past the end there.
    const threshold = sorted[Math.floor(sorted.length * share)] ?? Infinity;
    for (let i = at; i < end; i++) salient[i] = (salience[i] as number) > threshold ? 1 : 0;
    at = end;
  }
  return salient;
}

/** [mean, size, scale, zero] of each row; the first three as the halves that are stored. */
export function rowParameters(
  W: ArrayLike<number>,
  cols: number,
  salient: ArrayLike<number>,
  statistics: 'corrected' | 'published',
): Float32Array<ArrayBuffer> {
  const rows = W.length / cols;
  const parameters = new Float32Array(4 * rows);
  for (let r = 0; r < rows; r++) {
    let [low, high, sum, count] = [0, 0, 0, 0];
    for (let i = r * cols; i < (r + 1) * cols; i++) {
      const w = W[i] as number;
      low = Math.min(low, w);
      high = Math.max(high, w);
      if (!salient[i]) {
        sum += w;
        count++;
      }
    }
    const over = Math.max(1, statistics === 'published' ? cols : count);
    const mean = sum / over;
    let deviation = statistics === 'published' ? (cols - count) * Math.abs(mean) : 0;
    for (let i = r * cols; i < (r + 1) * cols; i++) if (!salient[i]) deviation += Math.abs((W[i] as number) - mean);
    if (high === low) [low, high] = [-1, 1];
    const scale = halfStep((high - low) / 255);
    const zero = Math.min(roundHalfEven(-low / scale), 255);
    parameters.set([nearestHalf(mean), nearestHalf(deviation / over), scale, zero], 4 * r);
  }
  return parameters;
}

async function columnStrength(problem: Posed, salience: string, cx: Context): Promise<Float32Array> {
  const { W, H, factors } = problem;
  if (salience === 'magnitude') return new Float32Array(W.cols).fill(1);
  const { strength, raises } = await factors.moment.remember('salience', async () => {
    using scope = cx.gpu.scope('salience');
    // Inputs that never occur get H = 1, as in the walk.
    const living = gatherSymmetric(cx.gpu, scope, present(H, 'H'), identity(W.cols), 'one');
    const { R, raises } = await factorise(living, damping, scope, cx);
    return { strength: await readMatrix(cx.gpu, diagonal(cx.gpu, scope, R)), raises };
  });
  for (const raise of raises) cx.emit({ type: 'damping-raised', ...raise });
  return strength;
}

export function partial({ binary, salience, statistics }: Piece): Grid {
  assert(typeof binary === 'number', 'a parsed partial piece');
  const given = async (problem: Posed, cx: Context): Promise<Given> => {
    const { rows, cols } = problem.W;
    const W = await readMatrix(cx.gpu, problem.W);
    const strength = await columnStrength(problem, String(salience), cx);
    const parts = problem.neighbours?.outputs.map((part) => part.rows) ?? [rows];
    const salient = salientWeights(W, cols, strength, binary, parts);
    const parameters = rowParameters(W, cols, salient, statistics === 'published' ? 'published' : 'corrected');
    const decided = emptyMatrix(cx.scope, rows, cols, 'codes');
    cx.gpu.write(
      decided.view.buffer,
      Uint32Array.from(salient, (flag) => flag * salientBit),
      0,
    );
    return { parameters: uploadMatrix(cx.scope, parameters, rows, 4, 'grid parameters'), decided };
  };
  return {
    width: 1,
    group: Infinity,
    sets: 2,
    setOf: () => 0,
    shader: 'partial',
    constants: {},
    bits: 9,
    importance: 'none',
    fitWork: 4,
    given,
    storage,
  };
}

/** A bit a weight for the mask, a bit or a byte for its code; three halves and a byte a row. */
const storage: GridStorage = {
  bits(stored) {
    const codes = codesOf(stored);
    const salient = codes.reduce((sum, code) => sum + (code >= salientBit ? 1 : 0), 0);
    return codes.length + (codes.length - salient) + 8 * salient + stored.rows * (3 * 16 + 8);
  },
  write(stored) {
    const codes = codesOf(stored);
    const column = (which: number) =>
      Float32Array.from({ length: stored.rows }, (_, r) => stored.parameters[4 * r + which] as number);
    return join([
      packBits(
        codes.map((code) => (code >= salientBit ? 1 : 0)),
        1,
      ),
      packBits(
        codes.filter((code) => code < salientBit),
        1,
      ),
      Uint8Array.from(
        codes.filter((code) => code >= salientBit),
        (code) => code - salientBit,
      ),
      ...[0, 1, 2].map((which) => halves(column(which))),
      Uint8Array.from(column(3)),
    ]);
  },
};

function codesOf({ codes, rows, codeCols }: StoredLayer): Uint16Array {
  return unpackWide(codes, rows * codeCols, 9);
}

/**
 * AWQ's quantizer and clip search (arXiv 2306.00978): a range that need not hold 0, cut to ±share of the group's largest magnitude for
 * the least mean (Σ_group x·ŵ − Σ_group x·w)² over tokens, which is (ŵ − w)_g H_gg (ŵ − w)_gᵀ with the moment of all calibration
 * tokens (as published: of 512 sampled ones). As in the published code, rows of queries and keys keep their whole range.
 */
import gridLib from '../../../shaders/lib/grid.wgsl?raw';
import halfLib from '../../../shaders/lib/half.wgsl?raw';
import code from '../../../shaders/stats/clip_search.wgsl?raw';
import { read, readWrite } from '../../gpu/gpu';
import { defineKernel } from '../../gpu/kernel';
import { diagonalBlocks } from '../../tensor/diagonal';
import { emptyMatrix, type Matrix } from '../../tensor/matrix';
import { assert, present } from '../../util/assert';
import type { Context, Grid, Neighbours } from '../problem';
import type { Piece } from '../recipe/recipe';
import { inSlices } from '../slices';
import { groupStorage } from '../storage';

const clipKernel = defineKernel({
  name: 'clip_search',
  code,
  lib: [gridLib, halfLib],
  bindings: { W: 'read', H: 'read', D: 'readWrite', parameters: 'readWrite' },
  params: { cols: 'u32', groups: 'u32', group: 'u32', levels: 'u32', candidates: 'u32', first: 'u32', last: 'u32' },
});

/** How many ranges are tried: 1, 0.95, … 0.55 of the whole. */
const shares = 10;

/**
 * [rows, 2 × groups] f32: scale and zero of every group of W [rows, cols], searched in the metric H [cols, cols]. Rows that `outputs`
 * calls scores are not cut.
 */
export async function searchClip(
  W: Matrix,
  H: Matrix,
  bits: number,
  group: number,
  cx: Context,
  outputs: Neighbours['outputs'] = [{ kind: 'fixed', rows: W.rows }],
): Promise<Matrix> {
  const { gpu } = cx;
  const size = Math.min(group, W.cols);
  const groups = Math.ceil(W.cols / size);
  const parameters = emptyMatrix(cx.scope, W.rows, 2 * groups, 'grid parameters');
  using scope = gpu.scope('clip search');
  const D = emptyMatrix(scope, W.rows, W.cols, 'D');
  const blocks = diagonalBlocks(gpu, scope, H, size);
  let begin = 0;
  for (const { kind, rows } of outputs) {
    const candidates = kind === 'scores' ? 1 : shares;
    const work = candidates * size * (size + 12);
    const offset = begin * groups;
    await inSlices(cx, rows * groups, work, 16, (first, last) =>
      gpu.run(clipKernel, {
        bind: { W: read(W.view), H: read(blocks.view), D: readWrite(D.view), parameters: readWrite(parameters.view) },
        params: {
          ...{ cols: W.cols, groups, group: size, levels: 2 ** bits - 1, candidates },
          ...{ first: offset + first, last: offset + last },
        },
        workgroups: Math.ceil((last - first) / 64),
        work: work * (last - first),
      }),
    );
    begin += rows;
  }
  assert(begin === W.rows, `outputs of ${begin} rows, a matrix of ${W.rows}`);
  return parameters;
}

export function awq({ bits, group, clip }: Piece): Grid {
  assert(typeof bits === 'number' && (group === null || typeof group === 'number'), 'a parsed awq piece');
  return {
    width: 1,
    group: group ?? Infinity,
    sets: 1,
    setOf: () => 0,
    shader: 'awq',
    constants: {},
    bits,
    importance: 'none',
    fitWork: 4,
    ...(clip === true && {
      unsearched: awq({ name: 'awq', bits, group, clip: false }),
      given: async ({ W, H, neighbours }, cx) => ({
        parameters: await searchClip(W, present(H, 'H'), bits, group ?? Infinity, cx, neighbours?.outputs),
      }),
    }),
    storage: groupStorage({ bits, scale: 'f16', zero: bits }),
  };
}

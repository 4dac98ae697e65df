/** What an error in each column weighs when a grid is fitted: the diagonal of H (the idea of the importance matrix), or 1. */
import { view, type View } from '../../gpu/buffers';
import type { Gpu } from '../../gpu/gpu';
import { assert } from '../../util/assert';
import { readDiagonal } from '../columns';
import type { Grid, Posed } from '../problem';

/** [cols] f32, owned by the problem's cache. */
export function importanceOf(problem: Posed, { importance }: Grid, gpu: Gpu): Promise<View> {
  const { cols } = problem.W;
  return problem.factors.moment.remember(`importance ${importance}`, async (scope) => {
    assert(importance === 'none' || problem.H, 'a grid that reads H has it');
    const weights = importance === 'none' ? new Float32Array(cols).fill(1) : await readDiagonal(gpu, problem);
    return view(scope.upload(weights, 'importance'), 0, 4 * cols);
  });
}

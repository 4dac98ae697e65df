/**
 * Column order as a transform: W' = W[:, order], H' = H[order, order]; the proxy loss is unchanged. Compensation then walks the
 * columns that matter most first. "activation" is GPTQ's act-order; "group-aware" is GAR (arXiv 2505.14638), which keeps each group
 * of columns together, so that stored groups stay contiguous.
 */
import { assert, present } from '../../util/assert';
import { gatherColumns, gatherSymmetric, readDiagonal, uploadOrder } from '../columns';
import { identity, invert } from '../groups';
import { withoutKin, type Transform } from '../problem';
import type { Piece } from '../recipe/recipe';

/** Places of `values` by falling value; equal values keep their order. */
function falling(values: readonly number[]): number[] {
  return values.map((_, i) => i).sort((a, b) => (values[b] as number) - (values[a] as number) || a - b);
}

/** The original column of each place, by falling diagonal of H. A dead column counts as 1, as in the published code. */
export function activationOrder(diagonal: ArrayLike<number>): Uint32Array<ArrayBuffer> {
  return Uint32Array.from(falling(Array.from(diagonal, (d) => d || 1)));
}

/**
 * Columns by falling diagonal inside each group, groups by their largest; a shorter last group stays last. Where a group has several
 * parameter sets (sub-blocks), columns stay with theirs: `setOf` an offset in the group, rising. The original column of each place.
 */
export function groupAwareOrder(
  diagonal: ArrayLike<number>,
  group: number,
  setOf: (offset: number) => number = () => 0,
): Uint32Array<ArrayBuffer> {
  const values = Array.from(diagonal, (d) => d || 1);
  const whole = Math.floor(values.length / group);
  const groups = Array.from({ length: whole }, (_, g) => values.slice(g * group, (g + 1) * group));
  const order = falling(groups.map((members) => Math.max(...members))).flatMap((g) =>
    falling(groups[g] as number[])
      .sort((a, b) => setOf(a) - setOf(b))
      .map((i) => g * group + i),
  );
  for (let j = whole * group; j < values.length; j++) order.push(j);
  return Uint32Array.from(order);
}

export function permute({ order: kind }: Piece): Transform {
  return {
    async fit(problem, grid, cx) {
      const { gpu } = cx;
      const H = present(problem.H, 'H');
      const aware = kind === 'group-aware';
      assert(!aware || grid.group < Infinity, 'group-aware order has groups');
      const diagonal = await readDiagonal(gpu, problem);
      const factors = problem.factors.under(
        `permute ${aware ? `group-aware ${grid.group} ${grid.sets}` : String(kind)}`,
        'moment',
      );
      const { order, forth, ...moments } = await factors.moment.remember('moved', (scope) => {
        const order =
          kind === 'reversed'
            ? identity(diagonal.length).reverse()
            : aware
              ? groupAwareOrder(diagonal, grid.group, grid.setOf)
              : activationOrder(diagonal);
        const forth = uploadOrder(scope, order);
        return {
          order,
          forth,
          H: gatherSymmetric(gpu, scope, H, order, 'zero'),
          ...(problem.magnitude ? { magnitude: gatherColumns(gpu, scope, problem.magnitude, forth) } : {}),
          ...(problem.cross ? { cross: gatherSymmetric(gpu, scope, problem.cross, order, 'zero') } : {}),
        };
      });
      const W = await factors.remember('moved weights', (scope) => gatherColumns(gpu, scope, problem.W, forth));
      return {
        problem: { ...withoutKin(problem), ...moments, W, factors },
        columnOrder: order,
        kept: Float32Array.from(order),
        bits: 0,
        operations: 0,
      };
    },
    undo(w, kept, { gpu, scope }) {
      using local = gpu.scope('column order');
      return Promise.resolve(gatherColumns(gpu, scope, w, uploadOrder(local, invert(Uint32Array.from(kept)))));
    },
  };
}

/**
 * Which order a run is worked in. Sequential calibration has its own; in shared calibration all points of one block are solved together
 * where the pairs (W, H) of all blocks do not fit a budget.
 */
import type { RunEvent } from '../../log/events';
import { recipesIn } from '../../quant/recipe/assignment';
import { findPiece } from '../../quant/recipe/catalog';
import type { Bench } from '../bench';
import { blockwise } from './blockwise';
import type { Order } from './need';
import { sequential } from './sequential';
import { shared } from './shared';

/** Solves the points and measures each on the first windows. */
export function inOrder(order: Order): AsyncGenerator<RunEvent> {
  if (order.bench.settings.mode === 'sequential') return sequential(order);
  const { chunks, bases } = chunksOf(order.bench);
  return chunks ? blockwise(order, chunks, bases) : shared(order, bases);
}

/** Blocks that are calibrated together, null where all are; and how many bases beside its own each of their sites may keep at once. */
interface Chunks {
  readonly chunks: readonly (readonly number[])[] | null;
  readonly bases: number;
}

/**
 * As many blocks together as the budget holds. A pair keeps H, W and a factor of H; each list of transforms has all of it in its own
 * basis (those that read the grid even one for each). When every block has room for its pair and one basis, all are taken at once, so that
 * points are finished one by one: bases that come back are then made again.
 */
function chunksOf({ model, points, calibrationBatches, budgets }: Bench): Chunks {
  const { blockCount } = model;
  const momentsOf = (block: number) => model.sites(block).reduce((sum, { cols }) => sum + 4 * cols ** 2, 0);
  const moments = Math.max(...Array.from({ length: blockCount }, (_, block) => momentsOf(block)));
  const basis = (4 * model.card.linearParameters) / blockCount + 2 * moments;
  const wanted = new Set(
    points
      .flatMap(({ assignment }) => recipesIn(assignment))
      .map(({ transform, grid }) =>
        JSON.stringify([transform, transform.some(({ name }) => findPiece('transform', name)?.readsGrid) && grid]),
      ),
  ).size;
  const fitting = (bases: number) => Math.floor(budgets.moments / ((1 + bases) * basis));
  const all = !calibrationBatches || fitting(1) >= blockCount;
  const size = all ? blockCount : Math.max(1, fitting(wanted));
  return {
    chunks: all
      ? null
      : Array.from({ length: Math.ceil(blockCount / size) }, (_, i) =>
          Array.from({ length: Math.min(size, blockCount - i * size) }, (__, j) => i * size + j),
        ),
    bases: Math.max(1, Math.floor(budgets.moments / (size * basis)) - 1),
  };
}

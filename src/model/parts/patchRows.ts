/** Rows of a tower's stream: where in the table of positions each lies, and in which order they become features. */
import type { FeatureRows } from '../towerPlan';

const upTo = (count: number) => Array.from({ length: count }, (_, i) => i);

/** Every row takes its own position. */
export const ownPositions = upTo;

/** A feature for each row from `first` on. */
export const everyRow = (rows: number, first = 0): FeatureRows => ({ order: upTo(rows).slice(first), join: 1 });

/**
 * Pixel shuffle (Shi et al., 2016, turned round, as Idefics3 has it): the map of side · side patches is cut into blocks of factor · factor, row by
 * row; the patches of a block, row by row, make one feature. `factor` divides `side`.
 */
export function shuffled(side: number, factor: number): FeatureRows {
  const blocks = side / factor;
  const order = upTo(blocks * blocks).flatMap((block) =>
    upTo(factor * factor).map((inside) => {
      const row = Math.floor(block / blocks) * factor + Math.floor(inside / factor);
      const col = (block % blocks) * factor + (inside % factor);
      return row * side + col;
    }),
  );
  return { order, join: factor * factor };
}

/**
 * Blocks of 2 · 2 patches as VILA joins them: the map of side · side patches gets a row below and a column on the right, of zeros, where side is
 * odd; blocks come column by column, the patches of a block row by row.
 */
export function downColumns(side: number): FeatureRows {
  const blocks = Math.ceil(side / 2);
  const order = upTo(blocks * blocks).flatMap((block) =>
    upTo(4).map((inside) => {
      const row = (block % blocks) * 2 + Math.floor(inside / 2);
      const col = Math.floor(block / blocks) * 2 + (inside % 2);
      return row < side && col < side ? row * side + col : null;
    }),
  );
  return { order, join: 4 };
}

/**
 * Positions as Idefics3 and SmolVLM find them, by the bucket of i / side among the fractions 1 / side, 2 / side, …: all in float32, where some
 * fractions fall below their own border, so that a patch takes the position of its neighbour. Not so for the sides of published models.
 */
export function bucketedPositions(side: number): number[] {
  const borders = fractions(side);
  const step = Math.fround(1 / side);
  const buckets = upTo(side).map((i) => {
    const at = Math.min(Math.fround(i * step), Math.fround(1 - 1e-6));
    return borders.filter((border) => border <= at).length;
  });
  return buckets.flatMap((row) => buckets.map((col) => row * side + col));
}

/** PyTorch rounds the first of eight values to float32, steps on from it in float64, and rounds again: two eights at a time, the rest one by one. */
const lanes = 8;

/** torch.arange(1 / side, 1, 1 / side) in float32. */
function fractions(side: number): readonly number[] {
  const step = 1 / side;
  const count = Math.ceil((1 - step) / step);
  const paired = count - (count % (2 * lanes));
  return upTo(count).map((i) => {
    if (i >= paired) return Math.fround(step + step * i);
    const base = Math.fround(step + step * (i - (i % lanes)));
    return Math.fround(base + (i % lanes) * step);
  });
}

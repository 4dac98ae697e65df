/** The combination matrix on the command line: its points, and its table for people. Pure. */
import type { PlannedPoint, PointResult, RunEvent } from '../log/events';
import { assign } from '../quant/recipe/assignment';
import { combinationMatrix, type CombinationMatrix } from '../quant/recipe/combinations';
import { groupOf, textOf, wholeNumber, type Given } from './options';
import { describeEvent, lossOf } from './print';

export interface AskedMatrix {
  readonly matrix: CombinationMatrix;
  readonly points: readonly PlannedPoint[];
}

/** The matrix at the width, group and symmetry asked for. A RecipeError names the option that is wrong. */
export function matrixOf(given: Given): AskedMatrix {
  const bits = wholeNumber('--bits', textOf(given, 'bits') ?? '3', 2, 8);
  const group = groupOf(given);
  const cross = textOf(given, 'mode') === 'sequential' ? 'given' : 'missing';
  const matrix = combinationMatrix({ bits, group, symmetric: given.has('symmetric'), cross });
  const points = matrix.cells
    .flat()
    .flatMap(({ id, method, recipe }) => (recipe ? [{ id, method, assignment: assign(recipe), bits, group }] : []));
  return { matrix, points };
}

/** The line that an event of a matrix run is worth, or null: a point as it comes, and at the end the table. */
export function describeMatrixEvent(event: RunEvent, { matrix, points }: AskedMatrix): string | null {
  if (event.type === 'point-finished') {
    const place = points.findIndex(({ id }) => id === event.result.id);
    return place < 0 ? null : `${place + 1}/${points.length} ${event.result.method}: ${lossOf(event.result)}`;
  }
  if (event.type === 'run-finished') return `\n${describeMatrix(matrix, event.points)}`;
  const line = describeEvent(event);
  // Without the columns of a sweep.
  return event.type === 'run-started' ? (line?.split('\n')[0] ?? null) : line;
}

/** Rows are transforms, columns roundings and corrections; a cell is ln (perplexity / full precision) ± half its 95 % interval. */
export function describeMatrix({ rows, columns, cells }: CombinationMatrix, results: readonly PointResult[]): string {
  const reasons = [...new Set(cells.flat().flatMap(({ reason }) => (reason === null ? [] : [reason])))];
  const text = ({ id, reason }: CombinationMatrix['cells'][number][number]) => {
    if (reason !== null) return `(${reasons.indexOf(reason) + 1})`;
    const result = results.find((r) => r.id === id);
    return result ? lossOf(result) : '-';
  };
  const body = [
    ['ln ratio', ...columns.map(({ key }) => key)],
    ...rows.map(({ key }, i) => [key, ...(cells[i] ?? []).map(text)]),
  ];
  const widths = body[0]?.map((_, column) => Math.max(...body.map((line) => line[column]?.length ?? 0))) ?? [];
  const lines = body.map((line) =>
    line.map((cell, i) => (i ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0))).join('  '),
  );
  return [...lines, ...reasons.map((reason, i) => `(${i + 1}) not possible: ${reason}`)].join('\n');
}

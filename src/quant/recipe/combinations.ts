/**
 * Every transform with every rounding and correction of the catalog, on one grid: the paper's claim is that strategies combine, and
 * this is the table that shows where they do. Pairs that cannot work keep their place, with the parser's reason. Data only.
 */
import { RecipeError } from '../../util/errors';
import { findPiece, piecesOf } from './catalog';
import { parseRecipe } from './parseRecipe';
import { plainPiece } from './plain';
import { slots, type Piece, type PieceMeta, type Recipe } from './recipe';

/** A row or column: what its recipes have in common. */
export interface MatrixLine {
  /** Names of its pieces, e.g. "rotate+scale"; "none" for no transform. */
  readonly key: string;
  readonly label: string;
  /** As the literature says it: "QuaRot + AWQ". The label where it has no such name. */
  readonly known: string;
  /** The idea of its pieces, one line each. */
  readonly line: string;
}

/** A column's rounding says which columns stand together. */
export interface MatrixColumn extends MatrixLine {
  readonly rounding: string;
  /** Label of the correction alone; null where there is none. */
  readonly correction: string | null;
}

/** A recipe at its place, or the reason why there is none. */
export type MatrixCell = { readonly method: string; readonly id: string } & (
  { readonly recipe: Recipe; readonly reason: null } | { readonly recipe: null; readonly reason: string }
);

export interface CombinationMatrix {
  readonly rows: readonly MatrixLine[];
  readonly columns: readonly MatrixColumn[];
  /** [row][column] */
  readonly cells: readonly (readonly MatrixCell[])[];
}

/** What all cells share: the uniform grid's options, and whether calibration (sequential) gives the cross moment that some pieces read. */
export interface MatrixGrid {
  readonly bits: number;
  /** Columns per group; null is the whole row. */
  readonly group: number | null;
  readonly symmetric?: boolean;
  readonly cross?: 'given' | 'missing';
}

const prefix = 'matrix:';
export const isMatrixMethod = (method: string): boolean => method.startsWith(prefix);

/** The matrix at a width and group, each piece with its default options. */
export function combinationMatrix(grid: MatrixGrid): CombinationMatrix {
  const transforms = piecesOf('transform');
  // Transforms that act on different things, so that both together may give more than either: a basis, then scales in it.
  const bases = transforms.filter((meta) => meta.columns === 'mixed');
  const absorbedFirst = [...bases].sort((a, b) => Number(b.absorbed ?? false) - Number(a.absorbed ?? false));
  const scales = transforms.filter((meta) => meta.columns === 'scaled');
  const rows: readonly (readonly PieceMeta[])[] = [
    [],
    ...transforms.map((meta) => [meta]),
    ...absorbedFirst.flatMap((basis) => scales.map((scale) => [basis, scale])),
  ];
  // What needs another mode of calibration stands last: where it is out, the rest stays together.
  const roundings = [...piecesOf('rounding')].sort((a, b) => Number(a.cross ?? false) - Number(b.cross ?? false));
  const columns = roundings.flatMap((rounding) =>
    [null, ...piecesOf('correction')].map((correction) => ({ rounding, correction })),
  );
  return {
    rows: rows.map(lineOf),
    columns: columns.map(({ rounding, correction }) => ({
      ...lineOf(correction ? [rounding, correction] : [rounding]),
      rounding: rounding.label,
      correction: correction?.label ?? null,
    })),
    cells: rows.map((transform) =>
      columns.map(({ rounding, correction }) => cellOf(transform, rounding, correction, grid)),
    ),
  };
}

/** "Rotate + Compensate" of "matrix:rotate+compensate"; names that this catalog lacks (an old link) stand as they are. */
export function matrixLabel(method: string): string {
  const label = (name: string) =>
    slots
      .map((slot) => (slot.name === 'grid' ? undefined : findPiece(slot.name, name)?.label))
      .find((found) => found !== undefined) ?? name;
  return method.slice(prefix.length).split('+').map(label).join(' + ');
}

function lineOf(metas: readonly PieceMeta[]): MatrixLine {
  if (metas.length === 0) return { key: 'none', label: 'None', known: 'None', line: 'The weights as they are.' };
  return {
    key: metas.map(({ name }) => name).join('+'),
    label: metas.map(({ label }) => label).join(' + '),
    known: metas.map(({ known, label }) => known ?? label).join(' + '),
    line: metas.map(({ line }) => line).join(' '),
  };
}

function cellOf(
  transform: readonly PieceMeta[],
  rounding: PieceMeta,
  correction: PieceMeta | null,
  { bits, group, symmetric = false, cross = 'given' }: MatrixGrid,
): MatrixCell {
  const pieces = [...transform, rounding, ...(correction ? [correction] : [])];
  const method = prefix + pieces.map(({ name }) => name).join('+');
  const place = { method, id: `${method}-${bits}` };
  const piece = ({ name }: PieceMeta): Piece => ({ name });
  // Before what only some of its pairs lack: without a cross moment all of the column is out.
  if (cross === 'missing' && pieces.some((meta) => meta.cross)) {
    return { ...place, recipe: null, reason: 'needs sequential calibration' };
  }
  try {
    const recipe = parseRecipe({
      transform: transform.map(piece),
      grid: { name: plainPiece('grid').name, bits, group, symmetric },
      rounding: piece(rounding),
      correction: correction ? [piece(correction)] : [],
    });
    return { ...place, recipe, reason: null };
  } catch (error) {
    if (!(error instanceof RecipeError)) throw error;
    // What was found, without the JSON path and the advice: the row and the column already say where.
    return { ...place, recipe: null, reason: String(error.details['found'] ?? error.message) };
  }
}

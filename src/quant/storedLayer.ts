/**
 * A rounded layer as values on the host: packed codes, parameters, the parameter set of each column where groups are not contiguous, and
 * what transforms and corrections keep. Exact: Ŵ is restored from it bit for bit (restore.ts restoreLayer). What it costs in an exported
 * format is told by the grid's storage. Types only.
 */
export interface Shape {
  readonly rows: number;
  readonly cols: number;
}

export interface StoredLayer extends Shape {
  /** Columns of the codes: those that were rounded, filled to whole points of the grid. */
  readonly codeCols: number;
  /** Columns that were rounded: `cols`, less those that a correction took out. */
  readonly innerCols: number;
  /** Dense little-endian bit stream of the codes, row-major in the original column order. */
  readonly codes: Uint8Array<ArrayBuffer>;
  /** [rows, sets of a row, 2]: the grid's parameters. */
  readonly parameters: Float32Array<ArrayBuffer>;
  /** Parameter set of each column; null when groups are consecutive columns. */
  readonly groupOf: Uint32Array<ArrayBuffer> | null;
  /** What each transform and then each correction of the recipe keeps. */
  readonly kept: readonly Float32Array<ArrayBuffer>[];
}

/** Rounded layers as bytes, and their hash. No GPU code. */
import { sha256 } from '../util/hash';
import type { Grid } from './problem';
import type { Shape, StoredLayer } from './storedLayer';
import { join } from './bytes';

/** Everything needed to restore the layer, in one piece; storedFromBytes is the inverse. A header of u32, then the parts. */
export function storedBytes(stored: StoredLayer): Uint8Array<ArrayBuffer> {
  const { rows, cols, codeCols, innerCols, codes, parameters, groupOf, kept } = stored;
  const lengths = [codes.length, parameters.length, groupOf?.length ?? 0, kept.length, ...kept.map((k) => k.length)];
  const header = Uint32Array.from([rows, cols, codeCols, innerCols, ...lengths]);
  return join([header, codes, parameters, groupOf ?? new Uint8Array(), ...kept]);
}

/** Null when `bytes` cannot be a layer of this shape: then it is computed again. */
export function storedFromBytes(bytes: Uint8Array<ArrayBuffer>, { rows, cols }: Shape): StoredLayer | null {
  let at = 0;
  const words = (count: number) => {
    const part = new Uint32Array(bytes.slice(at, at + 4 * count).buffer.slice(0));
    at += 4 * count;
    return part;
  };
  if (bytes.length < 32) return null;
  const [
    storedRows,
    storedCols,
    codeCols = 0,
    innerCols = 0,
    codeBytes = 0,
    parameterCount = 0,
    groups = 0,
    pieces = 0,
  ] = words(8);
  if (storedRows !== rows || storedCols !== cols || bytes.length < 32 + 4 * pieces) return null;
  const lengths = words(pieces);
  const total = at + codeBytes + 4 * (parameterCount + groups + lengths.reduce((sum, n) => sum + n, 0));
  if (bytes.length !== total) return null;
  const take = (length: number) => bytes.slice(at, (at += length));
  const codes = take(codeBytes);
  const parameters = new Float32Array(take(4 * parameterCount).buffer);
  const groupOf = groups ? new Uint32Array(take(4 * groups).buffer) : null;
  const kept = Array.from(lengths, (length) => new Float32Array(take(4 * length).buffer));
  return { rows, cols, codeCols, innerCols, codes, parameters, groupOf, kept };
}

/** SHA-256 over all that is stored, sizes and what transforms and corrections keep included, hex. */
export function hashStored(stored: StoredLayer): Promise<string> {
  return sha256(storedBytes(stored));
}

/**
 * Parameters and column groups as they are stored. The solver's groups may lie in another order (group-aware order) or be scattered
 * (act-order); where each run of columns is one whole group of the grid, the sets are put in that order and no index is needed.
 */
export function settleGroups(
  parameters: Float32Array<ArrayBuffer>,
  groupOf: Uint32Array<ArrayBuffer>,
  grid: Pick<Grid, 'group' | 'sets' | 'setOf'>,
): Pick<StoredLayer, 'parameters' | 'groupOf'> {
  const { sets, setOf } = grid;
  const size = Math.min(grid.group, groupOf.length);
  const groups = Math.ceil(groupOf.length / size);
  const blockOf = (col: number) => Math.floor((groupOf[col] as number) / sets);
  const whole = groupOf.every((set, col) => set === blockOf(col - (col % size)) * sets + setOf(col % size));
  if (!whole) return { parameters, groupOf };
  const settled = parameters.map((_, i) => {
    const set = Math.floor(i / 2) % (groups * sets);
    const place = Math.floor(set / sets);
    return parameters[i + 2 * sets * (blockOf(place * size) - place)] as number;
  });
  return { parameters: settled, groupOf: null };
}

/** Parameter set of each column where groups are consecutive columns. */
export function plainGroups(cols: number, grid: Pick<Grid, 'group' | 'sets' | 'setOf'>): Uint32Array<ArrayBuffer> {
  const size = Math.min(grid.group, cols);
  return Uint32Array.from({ length: cols }, (_, j) => Math.floor(j / size) * grid.sets + grid.setOf(j % size));
}

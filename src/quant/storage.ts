/** Layers as exported formats store them: what they cost in bits, and the bytes. No GPU code. */
import { halves, join, packBits } from './bytes';
import type { Grid, GridStorage } from './problem';
import type { StoredLayer } from './storedLayer';

/** A stream of codes, then a scale for every parameter set, then its zero. */
export interface GroupFormat {
  /** Bits of a code. */
  readonly bits: number;
  readonly scale: 'f16';
  /** A zero as a code of so many bits, as a half, or none. */
  readonly zero: number | 'f16' | 'none';
}

/** Formats that keep one scale and one zero for each group: the parameter pair of the layer. */
export function groupStorage({ bits, zero }: GroupFormat): GridStorage {
  const zeroBits = zero === 'f16' ? 16 : zero === 'none' ? 0 : zero;
  const sets = (stored: StoredLayer) => stored.parameters.length / 2;
  const column = (stored: StoredLayer, which: 0 | 1) =>
    Float32Array.from({ length: sets(stored) }, (_, i) => stored.parameters[2 * i + which] as number);
  return {
    bits: (stored) => stored.rows * stored.codeCols * bits + sets(stored) * (16 + zeroBits),
    write: (stored) =>
      join([
        stored.codes,
        halves(column(stored, 0)),
        zero === 'f16' ? halves(column(stored, 1)) : packBits(zeroBits ? column(stored, 1) : [], zeroBits),
      ]),
  };
}

/** The layer as its grid's format holds it, and the parameter set of each column where groups are scattered. */
export function writeStorage(stored: StoredLayer, grid: Pick<Grid, 'storage'>): Uint8Array<ArrayBuffer> {
  return join([grid.storage.write(stored), stored.groupOf ?? new Uint8Array()]);
}

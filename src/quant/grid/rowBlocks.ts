/** Formats that keep codes in whole blocks of columns, then a scale for each block, then its zero: MatMulNBits and MLC. */
import { halves, join, packBits, unpackBits } from '../bytes';
import type { GridStorage } from '../problem';
import type { StoredLayer } from '../storedLayer';

export interface RowBlockFormat {
  readonly bits: number;
  /** Columns of a block; bits × block fills whole bytes. */
  readonly block: number;
  readonly scale: 'f16' | 'f32';
  /** A zero as a code for each block, every row filled to whole bytes; or none. */
  readonly zero: 'code' | 'none';
  /** Code of the columns that fill a last block up. */
  readonly fill: number;
}

export function rowBlockStorage({ bits, block, scale, zero, fill }: RowBlockFormat): GridStorage {
  const blocksOf = (cols: number) => Math.ceil(cols / block);
  return {
    bits({ rows, codeCols }) {
      const blocks = blocksOf(codeCols);
      const zeros = zero === 'code' ? 8 * Math.ceil((blocks * bits) / 8) : 0;
      return rows * (blocks * (block * bits + (scale === 'f16' ? 16 : 32)) + zeros);
    },
    write({ rows, codeCols: cols, codes: stream, parameters, groupOf }: StoredLayer) {
      const blocks = blocksOf(cols);
      const codes = unpackBits(stream, rows * cols, bits);
      // Scattered columns go to their block in turn; the index beside the bytes says which they are.
      const order = Array.from({ length: cols }, (_, j) => j);
      if (groupOf) order.sort((a, b) => (groupOf[a] as number) - (groupOf[b] as number) || a - b);
      const width = blocks * block;
      const filled = Uint8Array.from({ length: rows * width }, (_, i) => {
        const place = i % width;
        return place < cols ? (codes[Math.floor(i / width) * cols + (order[place] as number)] as number) : fill;
      });
      const column = (which: 0 | 1) =>
        Float32Array.from({ length: rows * blocks }, (_, i) => parameters[2 * i + which] as number);
      const zeros = zero === 'code' ? column(1) : new Float32Array();
      return join([
        packBits(filled, bits),
        scale === 'f16' ? halves(column(0)) : column(0),
        ...(zeros.length
          ? Array.from({ length: rows }, (_, row) => packBits(zeros.subarray(row * blocks, (row + 1) * blocks), bits))
          : []),
      ]);
    },
  };
}

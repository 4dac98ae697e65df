/**
 * Reads what grids write for export, written from the formats alone: codes and parameters as the bytes hold them. A value that is not in
 * the bytes is NaN here, so that a grid which needs it is found out.
 */
import { packBits, unpackBits } from '../../src/quant/bytes';
import type { Piece } from '../../src/quant/recipe/recipe';
import type { StoredLayer } from '../../src/quant/storedLayer';
import { formatFor } from '../../src/quant/grid/ggml';
import { blockLayouts, blockNames, readBlock, type BlockName } from '../../src/util/blockBytes';
import { f16ToF32 } from '../../src/util/halfFloat';

type Read = Pick<StoredLayer, 'codes' | 'parameters'>;
type Shape = Pick<StoredLayer, 'rows' | 'codeCols'>;

/** Takes parts of the bytes one after another. */
function reader(bytes: Uint8Array<ArrayBuffer>) {
  let at = 0;
  const take = (count: number) => bytes.slice(at, (at += count));
  return {
    take,
    halves: (count: number) => Float32Array.from(new Uint16Array(take(2 * count).buffer), f16ToF32),
    floats: (count: number) => new Float32Array(take(4 * count).buffer),
    bits: (count: number, width: number) => unpackBits(take(Math.ceil((count * width) / 8)), count, width),
    atEnd: () => at === bytes.length,
  };
}

/** Pairs of the two columns, `second` for all where it is one number. */
const pairs = (first: ArrayLike<number>, second: ArrayLike<number> | number) =>
  Float32Array.from({ length: 2 * first.length }, (_, i) =>
    i % 2 === 0 ? (first[i / 2] as number) : typeof second === 'number' ? second : (second[(i - 1) / 2] as number),
  );

/** Codes and parameters of a layer whose groups are consecutive columns. Throws where the bytes do not end with the layer. */
export function readStorage(piece: Piece, bytes: Uint8Array<ArrayBuffer>, shape: Shape): Read {
  const file = reader(bytes);
  const read = readParts(piece, file, shape);
  if (!file.atEnd()) throw new Error(`${piece.name}: bytes are left over`);
  return read;
}

function readParts(piece: Piece, file: ReturnType<typeof reader>, { rows, codeCols: cols }: Shape): Read {
  const bits = Number(piece['bits']);
  const group = typeof piece['group'] === 'number' ? piece['group'] : cols;
  const sets = rows * Math.ceil(cols / group);
  const codes = () => file.take(Math.ceil((rows * cols * bits) / 8));
  switch (piece.name) {
    case 'uniform':
      if (piece['symmetric'] === true) return { codes: codes(), parameters: pairs(file.halves(sets), 2 ** (bits - 1)) };
      return { codes: codes(), parameters: pairs(file.halves(sets), file.bits(sets, bits)) };
    case 'awq':
      return { codes: codes(), parameters: pairs(file.halves(sets), file.bits(sets, bits)) };
    case 'hqq':
      return { codes: codes(), parameters: pairs(file.halves(sets), file.halves(sets)) };
    case 'tensor':
      return { codes: codes(), parameters: pairs(new Float32Array(rows).fill(file.halves(1)[0] as number), NaN) };
    case 'e8p':
      return { codes: codes(), parameters: pairs(new Float32Array(rows).fill(file.floats(1)[0] as number), NaN) };
    case 'partial':
      return readPartial(file, rows, cols);
    case 'matmulnbits':
      return readRowBlocks(file, rows, cols, {
        bits,
        block: Number(piece['block']),
        scale: piece['scale'] === 'f16' ? 'halves' : 'floats',
        zero: piece['symmetric'] === true ? 2 ** (bits - 1) : null,
      });
    case 'q4f16_1':
      return readRowBlocks(file, rows, cols, { bits: 4, block: 32, scale: 'halves', zero: 7 });
  }
  if (!blockNames.some((name) => name === piece.name)) throw new Error(`no reader of the grid ${piece.name}`);
  return readBlocks(formatFor(piece.name as BlockName, cols), file, rows, cols);
}

/** A mask, binary codes, bytes of the salient ones; then of each row mean, size and scale as halves, and the zero. */
function readPartial(file: ReturnType<typeof reader>, rows: number, cols: number): Read {
  const mask = file.bits(rows * cols, 1);
  const salient = mask.reduce((sum, bit) => sum + bit, 0);
  const binary = file.bits(rows * cols - salient, 1);
  const wide = file.take(salient);
  let [b, w] = [0, 0];
  const codes = Array.from(mask, (bit) => (bit ? 256 + (wide[w++] as number) : (binary[b++] as number)));
  const [mean, size, scale] = [file.halves(rows), file.halves(rows), file.halves(rows)];
  const zero = file.take(rows);
  const parameters = Array.from({ length: rows }, (_, r) => [mean[r], size[r], scale[r], zero[r]] as number[]);
  return { codes: packBits(codes, 9), parameters: Float32Array.from(parameters.flat()) };
}

interface RowBlocks {
  readonly bits: number;
  readonly block: number;
  readonly scale: 'halves' | 'floats';
  /** Null where the bytes hold one for each block. */
  readonly zero: number | null;
}

/** Codes in whole blocks, scales, and zeros whose rows are filled to whole bytes. */
function readRowBlocks(file: ReturnType<typeof reader>, rows: number, cols: number, format: RowBlocks): Read {
  const { bits, block } = format;
  const blocks = Math.ceil(cols / block);
  const filled = file.bits(rows * blocks * block, bits);
  const codes = Uint8Array.from(
    { length: rows * cols },
    (_, i) => filled[Math.floor(i / cols) * blocks * block + (i % cols)] as number,
  );
  const scales = file[format.scale](rows * blocks);
  const zeros = format.zero ?? Array.from({ length: rows }, () => [...file.bits(blocks, bits)]).flat();
  return { codes: packBits(codes, bits), parameters: pairs(scales, zeros) };
}

function readBlocks(name: BlockName, file: ReturnType<typeof reader>, rows: number, cols: number): Read {
  const { columns, bytes, bits, sets } = blockLayouts[name];
  const codes: number[] = [];
  const parameters: number[] = [];
  for (let at = 0; at < rows * Math.ceil(cols / columns); at++) {
    const block = readBlock(name, file.take(bytes));
    const place = (at % Math.ceil(cols / columns)) * columns;
    codes.push(...[...block.codes].slice(0, Math.min(columns, cols - place)));
    // What codes were made with is no part of a file.
    const held = columns === 256 ? 2 * sets : sets;
    parameters.push(...Array.from({ length: 2 * sets }, (_, i) => (i < held ? (block.parameters[i] as number) : NaN)));
  }
  return { codes: packBits(codes, bits), parameters: Float32Array.from(parameters) };
}

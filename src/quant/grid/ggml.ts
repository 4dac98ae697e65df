/**
 * The grids of the llama.cpp block formats, one family (util/blockBytes.ts): Ŵ takes the values that a file of the format holds, so what
 * is measured is the exported file. Fits are llama.cpp's own searches; with importance 'inputs' its importance-matrix ones, weighted by
 * the diagonal of H (mean x² of each column). One deviation: in the weights importance · √(σ² + x²) of the 32-column formats σ² is the
 * mean square of the block, where llama.cpp takes the row; while columns are compensated a fit sees its own columns alone.
 *
 * Rounding to nearest gives llama.cpp's bytes, up to float32 near-ties, save that a sub-block whose step rounds to 0 gets codes 0 (they
 * mean nothing there). A last block of fewer than 32 columns is allowed and counted as a whole one; no file can hold it.
 */
import { blockLayouts, writeBlock, type BlockName } from '../../util/blockBytes';
import { unpackBits } from '../bytes';
import type { Grid, GridStorage } from '../problem';
import type { Piece } from '../recipe/recipe';
import { plainGroups } from '../stored';
import type { StoredLayer } from '../storedLayer';

interface Arithmetic {
  readonly shader: string;
  readonly constants: Readonly<Record<string, number>>;
  /** Operations of a fit for each weight, without and with importance. */
  readonly work: readonly [number, number];
}

const signed: Arithmetic = { shader: 'block_scale', constants: { RULE: 0 }, work: [6, 250] };
const affine: Arithmetic = { shader: 'block_affine', constants: {}, work: [8, 900] };
const symmetric: Arithmetic = { shader: 'nested_symmetric', constants: {}, work: [250, 260] };

const arithmetic: Readonly<Record<BlockName, Arithmetic>> = {
  q4_0: signed,
  q4_1: affine,
  q5_0: signed,
  q5_1: affine,
  q8_0: { shader: 'block_scale', constants: { RULE: 1 }, work: [6, 6] },
  iq4_nl: { shader: 'block_scale', constants: { RULE: 2 }, work: [500, 500] },
  q2_k: {
    shader: 'nested_affine_16',
    constants: { SCALES: 15, LOWER: -0.5, STEPS: 15, ABSOLUTE: 1, RMS: 0, SPREAD: 1 },
    work: [420, 950],
  },
  q3_k: symmetric,
  q4_k: { shader: 'nested_affine_32', constants: { LOWER: -1, STEPS: 20 }, work: [520, 920] },
  q5_k: { shader: 'nested_affine_32', constants: { LOWER: -0.5, STEPS: 15 }, work: [420, 920] },
  q6_k: symmetric,
};

/** What llama.cpp writes where the columns are not whole blocks of 256. */
const fallbacks: Partial<Readonly<Record<BlockName, BlockName>>> = {
  q2_k: 'iq4_nl',
  q3_k: 'iq4_nl',
  q4_k: 'q5_0',
  q5_k: 'q5_1',
  q6_k: 'q8_0',
};

/** The format that is used for matrices of `cols` columns. */
export function formatFor(name: BlockName, cols: number): BlockName {
  return cols % blockLayouts[name].columns === 0 ? name : (fallbacks[name] ?? name);
}

const of =
  (name: BlockName) =>
  (piece: Piece, cols: number): Grid =>
    blockGrid(name, piece, cols);

export const q4_0 = of('q4_0');
export const q4_1 = of('q4_1');
export const q5_0 = of('q5_0');
export const q5_1 = of('q5_1');
export const q8_0 = of('q8_0');
export const iq4_nl = of('iq4_nl');
export const q2_k = of('q2_k');
export const q3_k = of('q3_k');
export const q4_k = of('q4_k');
export const q5_k = of('q5_k');
export const q6_k = of('q6_k');

function blockGrid(wanted: BlockName, { importance }: Piece, cols: number): Grid {
  const name = formatFor(wanted, cols);
  const { columns, bits, sub, sets } = blockLayouts[name];
  const { shader, constants, work } = arithmetic[name];
  const inputs = importance === 'inputs';
  return {
    width: 1,
    group: columns,
    sets,
    // Of a nested block set 0 is that of the whole block.
    setOf: (offset) => (columns === 256 ? 1 + Math.floor(offset / sub) : 0),
    shader,
    constants: { ...constants, IMPORTANCE: inputs ? 1 : 0 },
    bits,
    importance: inputs ? 'inputs' : 'none',
    fitWork: work[inputs ? 1 : 0],
    storage: blockStorage(name),
    ...(name !== wanted && {
      fallback: { wanted, used: name, reason: `${cols} columns are not whole blocks of 256` },
    }),
  };
}

/** Blocks of a row one after another, rows one after another: the bytes of a GGUF tensor. */
function blockStorage(name: BlockName): GridStorage {
  const { columns, bytes, bits, sub, sets } = blockLayouts[name];
  const grid = {
    group: columns,
    sets,
    setOf: (offset: number) => (columns === 256 ? 1 + Math.floor(offset / sub) : 0),
  };
  const blocksOf = (cols: number) => Math.ceil(cols / columns);
  return {
    bits: ({ rows, codeCols }) => 8 * bytes * rows * blocksOf(codeCols),
    write(stored: StoredLayer) {
      const { rows, codeCols: cols, parameters } = stored;
      const blocks = blocksOf(cols);
      const codes = unpackBits(stored.codes, rows * cols, bits);
      const groupOf = stored.groupOf ?? plainGroups(cols, grid);
      // Columns of each block in the order of their sub-blocks; scattered ones in turn. The index beside the bytes says which they are.
      const inBlock: number[][] = Array.from({ length: blocks }, () => []);
      const order = Array.from(groupOf.keys()).sort((a, b) => (groupOf[a] as number) - (groupOf[b] as number) || a - b);
      for (const col of order) inBlock[Math.floor((groupOf[col] as number) / sets)]?.push(col);
      const out = new Uint8Array(rows * blocks * bytes);
      for (let row = 0; row < rows; row++) {
        inBlock.forEach((columnsOf, b) => {
          const at = row * blocks + b;
          const blockCodes = columnsOf.map((col) => codes[row * cols + col] as number);
          out.set(writeBlock(name, blockCodes, parameters.subarray(2 * sets * at, 2 * sets * (at + 1))), at * bytes);
        });
      }
      return out;
    },
  };
}

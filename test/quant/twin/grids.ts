/** Grids of the float64 twin, from src/reference. */
import { formatFor } from '../../../src/quant/grid/ggml';
import { tensorMultiplier } from '../../../src/quant/grid/tensor';
import type { Piece } from '../../../src/quant/recipe/recipe';
import { blocks } from '../../../src/reference/blocks/blocks';
import { fitHalfUniform, halfUniformCode, type HalfUniformOptions } from '../../../src/reference/halfUniform';
import { fitHqqMatrix, hqqCode, type HqqParameters } from '../../../src/reference/hqq';
import { codeOf, fitUniform, type UniformOptions, type UniformParameters } from '../../../src/reference/uniform';
import type { Levels, WalkGrid } from '../../../src/reference/walk';
import { blockLayouts, blockNames, type BlockName } from '../../../src/util/blockBytes';
import { nearestHalf, roundHalfEven } from '../../../src/util/halfFloat';
import { diagonalOf, rms, type State } from './state';

/** Grids of single columns that a walk fits as it goes; where the solver is followed, levels are those of its parameters. */
export function gridOf(state: State, piece: Piece): WalkGrid {
  const { group, sets, stored = 2 * sets, fit, levels } = arithmeticOf(state, piece);
  const { follow, cols } = state;
  return {
    group,
    fit(part, columns, row) {
      const found = fit(part, columns, row);
      if (!follow) return levels(found, columns);
      const { parameters, groupOf } = follow.stored;
      const first = columns[0] as number;
      const at = groupOf ? (groupOf[first] as number) : Math.floor(first / group) * sets;
      const begin = 2 * (row * Math.ceil(cols / group) * sets + at - (at % sets));
      const taken = parameters.subarray(begin, begin + 2 * sets);
      follow.fits.count++;
      // Steps that halves hold differ by 2⁻¹⁰ when they fall on either side of a tie.
      const compared = found.slice(0, stored);
      if (compared.some((v, i) => Math.abs(v - (taken[i] as number)) > 2e-3 * Math.abs(v))) follow.fits.off++;
      return levels(taken, columns);
    },
  };
}

interface Arithmetic {
  readonly group: number;
  readonly sets: number;
  /** How many of the parameters a file holds, where the others are only what codes were made with; these are first. */
  readonly stored?: number;
  /** [2 × sets]. */
  readonly fit: (part: Float64Array<ArrayBuffer>, columns: readonly number[], row: number) => Float64Array;
  readonly levels: (parameters: ArrayLike<number>, columns: readonly number[]) => Levels;
}

function arithmeticOf(state: State, piece: Piece): Arithmetic {
  const { cols } = state;
  const group = Math.min((piece['group'] as number | null | undefined) ?? cols, cols);
  const bits = piece['bits'] as number;
  const diagonal = diagonalOf(state);
  const weights = (columns: readonly number[]) => Float32Array.from(columns, (c) => diagonal[c] as number);
  if (blockNames.some((name) => name === piece.name)) {
    const name = formatFor(piece.name as BlockName, cols);
    const format = blocks[name];
    const inputs = (columns: readonly number[]) =>
      piece['importance'] === 'inputs' ? { importance: weights(columns) } : {};
    return {
      group: blockLayouts[name].columns,
      sets: blockLayouts[name].sets,
      // Of equal candidates of llama.cpp's search float32 picks one: the inverse step is a matter of the last digit of a weight.
      ...(blockLayouts[name].columns === 32 && { stored: blockLayouts[name].sets }),
      fit: (part, columns) => Float64Array.from(format.fit(Float32Array.from(part), inputs(columns)).parameters),
      levels(p, columns) {
        const parameters = Float32Array.from(p);
        const x = new Float32Array(columns.length);
        return (v, i) => {
          x[i] = v;
          const codes = format.quantize(x, { parameters }, inputs(columns));
          return { code: codes[i] as number, value: format.dequantize(codes, parameters)[i] as number };
        };
      },
    };
  }
  const pair = ({ scale, zero }: UniformParameters) => Float64Array.of(scale, zero);
  const affine = (codeOf: (x: number, p: UniformParameters) => number) => ({
    levels(p: ArrayLike<number>): Levels {
      const [scale, zero] = [p[0] as number, p[1] as number];
      return (x) => {
        const code = codeOf(x, { scale, zero });
        return { code, value: scale * (code - zero) };
      };
    },
  });
  switch (piece.name) {
    case 'uniform': {
      const options = piece as unknown as UniformOptions;
      return {
        group,
        sets: 1,
        fit: (part, columns) => pair(fitUniform(part, options, weights(columns))),
        ...affine((x, p) => codeOf(x, p, bits)),
      };
    }
    case 'tensor': {
      // Levels from −s to s: a step of 2 s/(2^b − 1), and a zero between two codes.
      const s = nearestHalf(tensorMultiplier(piece['multiplier'], bits) * rms(state.W));
      const middle = (2 ** bits - 1) / 2;
      const codeOf = (x: number) => Math.min(Math.max(roundHalfEven(((x / s + 1) / 2) * 2 * middle), 0), 2 * middle);
      return {
        group: cols,
        sets: 1,
        fit: () => Float64Array.of(s, 0),
        levels: () => (x) => ({ code: codeOf(x), value: s * (codeOf(x) / middle - 1) }),
      };
    }
    case 'hqq': {
      const together = hqqOf(state, group, bits);
      return {
        group,
        sets: 1,
        fit: (_, columns, row) =>
          pair(
            together[row * Math.ceil(cols / group) + Math.floor((columns[0] as number) / group)] as UniformParameters,
          ),
        ...affine((x, p) => hqqCode(x, p, bits)),
      };
    }
    case 'matmulnbits':
    case 'q4f16_1': {
      const mlc = piece.name === 'q4f16_1';
      const options: HalfUniformOptions = { bits: 4, rule: mlc ? 'mlc' : 'symmetric', scale: 'f16' };
      return {
        group: 32,
        sets: 1,
        fit: (part) => pair(fitHalfUniform(Float32Array.from(part), options)),
        ...affine((x, p) => halfUniformCode(Math.fround(x), p, options)),
      };
    }
  }
  throw new Error(`no twin of the grid ${piece.name}`);
}

/** Scale and zero of every group, row by row; each matrix of the site stops on its own. */
function hqqOf({ W, cols, parts }: State, group: number, bits: number): HqqParameters[] {
  const weights = Float64Array.from(W);
  let row = 0;
  return parts.flatMap(({ rows }) => {
    const begin = row;
    row += rows;
    const groups = Array.from({ length: rows * Math.ceil(cols / group) }, (_, i) => {
      const at = (begin + Math.floor(i / Math.ceil(cols / group))) * cols;
      const first = (i % Math.ceil(cols / group)) * group;
      return { x: weights.subarray(at + first, at + Math.min(cols, first + group)) };
    });
    return fitHqqMatrix(groups, { bits, precision: 'half' });
  });
}

export function nearestOn({ W, rows, cols }: State, { group, fit }: WalkGrid) {
  const What = new Float64Array(rows * cols);
  const codes = new Uint8Array(rows * cols);
  for (let r = 0; r < rows; r++) {
    for (let begin = 0; begin < cols; begin += group) {
      const columns = Array.from({ length: Math.min(group, cols - begin) }, (_, k) => begin + k);
      const levels: Levels = fit(
        Float64Array.from(columns, (c) => W[r * cols + c] as number),
        columns,
        r,
      );
      for (const [i, c] of columns.entries()) {
        const { code, value } = levels(W[r * cols + c] as number, i);
        What[r * cols + c] = value;
        codes[r * cols + c] = code;
      }
    }
  }
  return { What, codes };
}

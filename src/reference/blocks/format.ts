/** What a block format is to a test: fit, quantize, dequantize of one block, in the float32 steps of the C code. */
import { f } from './search';

export interface BlockFit {
  /** [2 × sets] as in util/blockBytes.ts; where a format keeps one number, the second is the inverse step that codes are made with. */
  readonly parameters: Float32Array;
  /** Codes that the search ended with: what llama.cpp leaves in a sub-block whose step rounds to 0, where codes mean nothing. */
  readonly searched?: Uint8Array;
}

export interface FitInputs {
  /** Mean of the squared inputs of each column (the importance matrix of llama.cpp); absent: the format's own weights. */
  readonly importance?: ArrayLike<number>;
  /**
   * Mean square of the weights around the block, for formats of 32 columns with importance. llama.cpp takes the whole row; the grids
   * take the block, which is all that a fit sees while it compensates.
   */
  readonly meanSquare?: number;
}

export interface BlockFormat {
  /** x: the block's weights, float32; a shorter block is allowed where the format has blocks of 32. */
  fit(x: ArrayLike<number>, inputs?: FitInputs): BlockFit;
  quantize(x: ArrayLike<number>, fit: BlockFit, inputs?: FitInputs): Uint8Array;
  dequantize(codes: ArrayLike<number>, parameters: ArrayLike<number>): Float32Array;
}

/** Σ x² / n in float32, in order. */
export function meanSquare(x: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum = f(sum + f((x[i] as number) * (x[i] as number)));
  return f(sum / x.length);
}

/** importance · √(variance + x²) for each column. */
export function spreadWeights(x: ArrayLike<number>, importance: ArrayLike<number>, variance: number): Float32Array {
  return Float32Array.from({ length: x.length }, (_, i) =>
    f((importance[i] as number) * f(Math.sqrt(f(variance + f((x[i] as number) * (x[i] as number)))))),
  );
}

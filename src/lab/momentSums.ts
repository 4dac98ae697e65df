/**
 * What is added up of a site's inputs while text runs through its block: H, mean |x|, the cross moment. Means are over the tokens that reached
 * the site, which are known when all have.
 */
import type { Scope } from '../gpu/buffers';
import type { Gpu } from '../gpu/gpu';
import type { Site } from '../model/model';
import { accumulateMagnitude } from '../tensor/columnMagnitude';
import { accumulateCross } from '../tensor/cross';
import { accumulateGram, finishGram } from '../tensor/gram';
import { zeroMatrix, type Matrix } from '../tensor/matrix';
import { scaleCap } from '../tensor/nn/scaleCap';

export interface Moments {
  /** [cols, cols]: mean of x xᵀ. */
  readonly H: Matrix;
  /** [1, cols]: mean of |x|. */
  readonly magnitude: Matrix;
  /** [cols, cols]: mean of (x̄ − x) xᵀ, x̄ the input in full precision. */
  readonly cross?: Matrix;
}

export class MomentSums {
  readonly #sums: Moments;
  #tokens = 0;

  /** `home` owns the sums; `expected`: tokens of the text, all of which reach most sites. */
  constructor(
    readonly gpu: Gpu,
    readonly home: Scope,
    { name, cols }: Pick<Site, 'name' | 'cols'>,
    readonly expected: number,
    cross: 'cross' | 'no cross',
  ) {
    const zeros = (rows: number, label: string) => zeroMatrix(home, rows, cols, `${label} ${name}`);
    this.#sums = {
      H: zeros(cols, 'H'),
      magnitude: zeros(1, 'mean |x|'),
      ...(cross === 'cross' && { cross: zeros(cols, 'cross') }),
    };
  }

  /** Tokens so far. */
  get tokens(): number {
    return this.#tokens;
  }

  /** `full`: the same inputs in full precision, where a second stream runs beside. */
  add(input: Matrix, full?: Matrix): void {
    const { gpu, expected } = this;
    const { H, magnitude, cross } = this.#sums;
    this.#tokens += input.rows;
    accumulateGram(gpu, input, H);
    accumulateMagnitude(gpu, input, magnitude, 1 / expected);
    if (cross && full) accumulateCross(gpu, full, input, cross, 1 / expected);
  }

  /** The sums as means, in place; called once. */
  finish(): Moments {
    const { gpu, expected, tokens } = this;
    const { H, magnitude, cross } = this.#sums;
    finishGram(gpu, H, tokens);
    // Added up as if all tokens came; where fewer did, the mean is that much more.
    scaleCap(gpu, magnitude, expected / tokens);
    if (cross) scaleCap(gpu, cross, expected / tokens);
    return this.#sums;
  }
}

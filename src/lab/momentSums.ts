/**
 * What is added up of a site's inputs while text runs through its block: H, mean |x|, the cross moment. Means are over the tokens that reached
 * the site, which are known when all have; those of an expert are blended with what all tokens give.
 */
import type { Scope } from '../gpu/buffers';
import type { Gpu } from '../gpu/gpu';
import type { Site } from '../model/model';
import { accumulateMagnitude } from '../tensor/columnMagnitude';
import { accumulateCross } from '../tensor/cross';
import { addInto } from '../tensor/elementwise';
import { accumulateGram, finishGram } from '../tensor/gram';
import { readMatrix, uploadMatrix, zeroMatrix, type Matrix } from '../tensor/matrix';
import { scaleCap } from '../tensor/nn/scaleCap';
import { scaleColumns } from '../tensor/scaleColumns';

export interface Means {
  /** [cols, cols]: mean of x xᵀ. */
  readonly H: Matrix;
  /** [1, cols]: mean of |x|. */
  readonly magnitude: Matrix;
  /** [cols, cols]: mean of (x̄ − x) xᵀ, x̄ the input in full precision. */
  readonly cross?: Matrix;
}

export class MomentSums {
  readonly #sums: Means;
  #tokens = 0;
  /** Of the weights, where tokens have any: their squares add up here. */
  #squares: Matrix | undefined;

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

  /** Every row counts as much as the square of its weight, [rows, 1]. */
  addWeighted(input: Matrix, weights: Matrix): void {
    const { gpu, expected, home } = this;
    const { H, magnitude } = this.#sums;
    this.#tokens += input.rows;
    this.#squares ??= zeroMatrix(home, 1, 1, 'squares of weights');
    accumulateGram(gpu, weights, this.#squares);
    using local = gpu.scope('weighted rows');
    const ones = uploadMatrix(local, new Float32Array(input.cols).fill(1), 1, input.cols, 'ones');
    const times = (x: Matrix) => scaleColumns(gpu, local, x, ones, { ...weights, rows: 1, cols: input.rows });
    const once = times(input);
    accumulateGram(gpu, once, H);
    accumulateMagnitude(gpu, times(once), magnitude, 1 / expected);
  }

  /** The sums as means, in place; called once, with something added. */
  async finish(): Promise<Means> {
    return this.#over(await this.#weight());
  }

  /** Tokens, each as much as it counts. */
  async #weight(): Promise<number> {
    if (!this.#squares) return this.#tokens;
    const [sum = 0] = await readMatrix(this.gpu, this.#squares);
    return sum;
  }

  /**
   * As means of its own tokens and `count` tokens that are like those of `all`, whose sums are not finished yet: (n S / w + count · S_all / n_all) /
   * (n + count), w what its n tokens count together. What no token reached is the mean over all.
   */
  async blended(all: MomentSums, count: number): Promise<Means> {
    const { gpu } = this;
    const own = await this.#weight();
    const alone = this.#tokens === 0;
    if (!alone && count === 0) return this.#over(own);
    // What a token of its own counts, on average: weights of routers may be far below one, and the others count no more than these.
    const unit = alone ? 1 : own / this.#tokens;
    const share = (alone ? 1 : count * unit) / (await all.#weight());
    addInto(gpu, this.#sums.H, all.#sums.H, share);
    addInto(gpu, this.#sums.magnitude, all.#sums.magnitude, share);
    return this.#over(alone ? 1 : own + count * unit);
  }

  #over(weight: number): Means {
    const { gpu, expected } = this;
    const { H, magnitude, cross } = this.#sums;
    finishGram(gpu, H, weight);
    // Added up as if all tokens came; where fewer did, the mean is that much more.
    scaleCap(gpu, magnitude, expected / weight);
    if (cross) scaleCap(gpu, cross, expected / weight);
    return this.#sums;
  }
}

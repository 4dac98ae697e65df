/** What a recipe's transforms do to a layer: how weights and inputs are spread before them and after. */
import type { Gpu } from '../../gpu/gpu';
import { bins, spreadOf } from '../../tensor/spread';
import { readDiagonal } from '../columns';
import type { MomentFacts, Posed } from '../problem';

/** A number or a histogram as it was, and as the rounding met it. */
export interface BeforeAfter<T> {
  readonly before: T;
  readonly after: T;
}

export interface Insight {
  /** max |w| over the root mean square of the weights. */
  readonly outliers: BeforeAfter<number>;
  /** Weights in 32 equal bins over ±6 root mean squares; the outer bins hold what lies beyond. */
  readonly weights: BeforeAfter<readonly number[]>;
  /** Columns in 32 bins of log2 √H_jj, ±8 octaves about its mean over columns with inputs; null without H. */
  readonly inputs: BeforeAfter<readonly number[]> | null;
  /** Of H as it was factored, behind the transforms; absent where it was not, and in logs of earlier versions. */
  readonly moment?: MomentFacts;
}

const octaves = 8;

/** Columns by the strength of their inputs. `diagonal`: of H. Columns without any input are left out. */
export function strengthHistogram(diagonal: ArrayLike<number>): number[] {
  const logs = Array.from(diagonal)
    .filter((d) => d > 0)
    .map((d) => Math.log2(d) / 2);
  const mean = logs.reduce((sum, v) => sum + v, 0) / Math.max(1, logs.length);
  const counts = Array.from({ length: bins }, () => 0);
  for (const v of logs) {
    const place = Math.floor((((v - mean) / octaves + 1) / 2) * bins);
    const bin = Math.min(Math.max(place, 0), bins - 1);
    counts[bin] = (counts[bin] as number) + 1;
  }
  return counts;
}

async function look(gpu: Gpu, problem: Posed) {
  const { W, H, factors } = problem;
  return factors.figures.remember('spread', async () => ({
    ...(await spreadOf(gpu, W)),
    inputs: H ? strengthHistogram(await readDiagonal(gpu, problem)) : null,
  }));
}

/** `after` is the problem that was rounded. What was looked at once for (W, H) is remembered with it. */
export async function insightOf(gpu: Gpu, before: Posed, after: Posed): Promise<Insight> {
  const was = await look(gpu, before);
  const is = before === after ? was : await look(gpu, after);
  return {
    outliers: { before: was.outliers, after: is.outliers },
    weights: { before: was.counts, after: is.counts },
    inputs: was.inputs && is.inputs && { before: was.inputs, after: is.inputs },
  };
}

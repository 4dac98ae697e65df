/**
 * What a rounded site does to the output of its module, on a sample of calibration text: attention or MLP up to what they add to the
 * residual stream. The error by which AWQ searches its scales as published (arXiv 2306.00978, section 3.2).
 */
import type { Scope } from '../gpu/buffers';
import type { Gpu } from '../gpu/gpu';
import type { OpenBlock, Model, Site } from '../model/model';
import { accumulateGram, finishGram } from '../tensor/gram';
import { emptyMatrix, readMatrix, zeroMatrix, type Matrix } from '../tensor/matrix';
import { splitRows } from '../tensor/pieces';
import { proxyLoss } from '../tensor/proxyLoss';
import { present } from '../util/assert';
import type { Sample } from './calibrate';
import { siteRows } from './siteProblem';

/**
 * The mean squared error of the module's output, [tokens, hidden], when the site's stacked matrices are Ŵ [out, in] and all others stay
 * as they are. Undefined for a site that ends its module: there the error is the quadratic form in H itself; and where several sites read the
 * norm before it, as experts do: the module needs all of them at once. `scope` owns what is kept between calls.
 */
export async function moduleError(
  gpu: Gpu,
  model: Model,
  block: OpenBlock,
  site: Site,
  samples: readonly Sample[],
  scope: Scope,
): Promise<((What: Matrix) => Promise<number>) | undefined> {
  if (site.reads.kind !== 'stream' || site.reads.together) return undefined;
  const after = block.sites.slice(block.sites.findIndex(({ name }) => name === site.name) + 1);
  const last = present(
    after.find(({ layers }) => layers.every(({ writes }) => writes === 'stream')),
    `the end of the module of ${site.name}`,
  );
  const rows = last.layers.reduce((sum, layer) => sum + layer.rows, 0);
  // The output is x Wᵀ, x the input of the last site: its error is (x − x̂) WᵀW (x − x̂)ᵀ, token by token.
  const metric = zeroMatrix(scope, last.cols, last.cols, 'WᵀW');
  {
    using local = gpu.scope('last weights');
    accumulateGram(gpu, siteRows(gpu, block, last)(local, 0, rows), metric);
    finishGram(gpu, metric, rows);
  }
  const runTo = async (weights: OpenBlock['weights'], { hidden, batch }: Sample, see: (input: Matrix) => void) => {
    using local = gpu.scope('module');
    await model.forward(local, { ...block, weights }, hidden, batch, ({ name }, input) => {
      if (name === last.name) see(input);
    });
  };
  const exact = new Map<Sample, Matrix>();
  for (const sample of samples) {
    const kept = emptyMatrix(scope, sample.hidden.rows, last.cols, 'module, full precision');
    await runTo(block.weights, sample, (input) => void gpu.copy(input.view, kept.view));
    exact.set(sample, kept);
  }
  const tokens = samples.reduce((sum, { hidden }) => sum + hidden.rows, 0);
  return async (What) => {
    using local = gpu.scope('module error');
    const weights = new Map(block.weights);
    const counts = site.layers.map((layer) => layer.rows);
    splitRows(gpu, local, What, counts).forEach((matrix, i) => {
      weights.set(present(site.layers[i], 'layer').name, matrix);
    });
    let sum = 0;
    for (const [sample, kept] of exact) {
      let loss: Matrix | undefined;
      await runTo(weights, sample, (input) => (loss = proxyLoss(gpu, local, kept, input, metric)));
      for (const error of await readMatrix(gpu, present(loss, 'the module ran'))) sum += error;
    }
    return sum / tokens;
  };
}

/**
 * A model far larger than what the tests could store: the widest layer of a 1.1 B Llama is calibrated and quantized within the bounds
 * of a small machine. Its H alone is 127 MB.
 */
import { expect, it } from 'vitest';
import { bindingLimit } from '../../src/gpu/limits';
import { CalibrationStream, toBatches } from '../../src/lab/calibrate';
import { roundSite } from '../../src/lab/siteProblem';
import { describeModel } from '../../src/model/describeModel';
import { openModel } from '../../src/model/openModel';
import { findMethod } from '../../src/quant/recipe/recipes';
import { present } from '../../src/util/assert';
import { createRng } from '../../src/util/rng';
import { testGpu } from '../gpu';
import { syntheticCheckpoint, tinyLlama } from '../model/synthetic';

it('quantizes a layer of a 1.1 B model within 1 GB, no binding above 128 MiB', async () => {
  const gpu = await testGpu();
  const checkpoint = await syntheticCheckpoint(tinyLlama, 'BF16');
  expect((await describeModel(checkpoint)).parameters).toBe(1_100_048_384);
  const model = await openModel(gpu, checkpoint);
  const signal = new AbortController().signal;
  using scope = gpu.scope('run');
  const windows = [0, 1].map((w) => Uint32Array.from({ length: 8 }, (_, i) => (w * 8 + i) * 1999));
  using stream = await CalibrationStream.start(
    gpu,
    model,
    toBatches(windows, 8, 2),
    (local, ids) => model.embed(local, ids),
    signal,
    2 ** 20,
  );
  const site = present(
    model.sites(0).find(({ name }) => name === 'mlp.down'),
    'mlp.down',
  );
  const block = await model.openBlock(scope, 21);
  const gathering = stream.run(block, [site], 'stay', scope);
  let step = await gathering.next();
  while (!step.done) step = await gathering.next();
  const recipe = present(findMethod('gptq'), 'gptq').recipe(3, null);
  const solved = await roundSite(block, site, recipe, present(step.value.get(site.name), 'H'), {
    gpu,
    signal,
    rng: createRng(1),
    shared: createRng(1),
    emit: () => undefined,
  });
  expect([solved.rows, solved.cols]).toEqual([2048, 5632]);
  expect(solved.damping).toBe(0.01);
  // 16 tokens span 16 of 5632 directions: there is much room to hide the error in.
  expect(present(solved.loss, 'loss')).toBeLessThan(0.5 * present(solved.nearestLoss, 'nearest loss'));
  expect(gpu.memory().peakBytes).toBeLessThan(1e9);
  expect(gpu.largestBinding).toBeLessThanOrEqual(bindingLimit);
});

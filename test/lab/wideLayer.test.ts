/**
 * A block whose layers are too wide for one binding of their H, from a generated checkpoint to codes: a sixteenth of the shapes of Llama
 * 3 8B on a device that binds less than a hundredth of what every adapter does. `npm run bench -- --wide` has the whole shapes.
 */
import { expect, it } from 'vitest';
import { openDawn } from '../../src/gpu/dawn';
import { Gpu } from '../../src/gpu/gpu';
import { CalibrationStream, toBatches } from '../../src/lab/calibrate';
import { roundSite } from '../../src/lab/siteProblem';
import { openModel } from '../../src/model/openModel';
import { findMethod } from '../../src/quant/recipe/recipes';
import { present } from '../../src/util/assert';
import { createRng } from '../../src/util/rng';
import { syntheticCheckpoint, tinyLlama } from '../model/synthetic';

const config = {
  ...tinyLlama,
  vocab_size: 500,
  hidden_size: 256,
  intermediate_size: 896,
  num_hidden_layers: 1,
  num_attention_heads: 8,
  num_key_value_heads: 2,
};
const bindable = 2 ** 20;
/** Bytes of a range of rows of W. */
const range = 2 ** 19;
const signal = new AbortController().signal;

/** Hashes and losses of two sites, solved in ranges of rows; and the buffers' account. */
async function solveBlock(gpu: Gpu) {
  const model = await openModel(gpu, await syntheticCheckpoint(config, 'BF16'));
  using scope = gpu.scope('wide');
  const ids = [Uint32Array.from({ length: 64 }, (_, i) => (i * 37) % 500)];
  using stream = await CalibrationStream.start(
    gpu,
    model,
    toBatches(ids, 64, 1),
    (local, tokens) => model.embed(local, tokens),
    signal,
    2 ** 20,
  );
  const block = await model.openBlock(scope, 0);
  const sites = model.sites(0).filter(({ name }) => name.startsWith('mlp'));
  const gathering = stream.run(block, sites, 'stay', scope);
  let step = await gathering.next();
  while (!step.done) step = await gathering.next();
  const solved = [];
  for (const site of sites) {
    const moment = present(step.value.get(site.name), site.name);
    for (const name of ['gptq', 'gptq-act-order']) {
      const rng = createRng(1);
      const recipe = present(findMethod(name), name).recipe(4, 128);
      const cx = { gpu, signal, rng, shared: rng, emit: () => undefined };
      const { parts, hash, loss, nearestLoss, energy } = await roundSite(block, site, recipe, moment, cx, {
        limit: range,
      });
      solved.push({ site: site.name, name, ranges: parts.length, hash, loss, nearestLoss, energy });
    }
    present(moment.release, 'moments of its own')();
  }
  return solved;
}

it('is calibrated and solved in panels and ranges of rows to the same bytes', { timeout: 300_000 }, async () => {
  const cut = await Gpu.create(openDawn(), { bindable });
  const whole = await Gpu.create(openDawn());
  const solved = await solveBlock(cut);
  expect(solved.map(({ site, ranges }) => `${site} ${ranges}`)).toEqual([
    'mlp.gate-up 4',
    'mlp.gate-up 4',
    'mlp.down 2',
    'mlp.down 2',
  ]);
  for (const { loss, nearestLoss } of solved) expect(present(loss, 'loss')).toBeLessThan(present(nearestLoss, 'loss'));
  expect(cut.largestBinding).toBeLessThanOrEqual(bindable);
  expect(whole.memory().liveBuffers).toBe(0);
  expect(await solveBlock(whole)).toEqual(solved);
  expect(whole.largestBinding).toBe(4 * config.intermediate_size ** 2);
});

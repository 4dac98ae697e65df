/**
 * Layers of more inputs than a binding holds of their H: one block of a generated checkpoint, with the shapes of a model that people
 * bring, is opened, calibrated and solved by GPTQ. What is told is time, and memory by the buffers' own account.
 */
import type { Gpu } from '../../src/gpu/gpu';
import { CalibrationStream, toBatches } from '../../src/lab/calibrate';
import { roundSite } from '../../src/lab/siteProblem';
import { openModel } from '../../src/model/openModel';
import { findMethod } from '../../src/quant/recipe/recipes';
import { present } from '../../src/util/assert';
import { createRng } from '../../src/util/rng';
import { syntheticCheckpoint, tinyLlama } from '../model/synthetic';

/** By the names that the command line takes. */
export const wideModels = {
  'llama-3.2-1b': {
    ...tinyLlama,
    vocab_size: 128_256,
    hidden_size: 2048,
    intermediate_size: 8192,
    num_hidden_layers: 16,
    num_key_value_heads: 8,
    tie_word_embeddings: true,
  },
  'llama-3-8b': {
    ...tinyLlama,
    vocab_size: 128_256,
    hidden_size: 4096,
    intermediate_size: 14_336,
    num_hidden_layers: 32,
    num_key_value_heads: 8,
  },
} as const;

const [windows, context] = [2, 128];
const megabytes = (bytes: number) => `${Math.round(bytes / 1e6)} MB`;

/** `only`: sites whose name holds this; all when empty. */
export async function benchWide(
  gpu: Gpu,
  name: keyof typeof wideModels,
  only: string,
  print: (line: string) => void,
): Promise<void> {
  const begin = performance.now();
  const tell = (what: string, facts = '') =>
    print(
      `${name}: ${what} after ${((performance.now() - begin) / 1000).toFixed(0)} s; now ${megabytes(gpu.memory().liveBytes)}, peak ${megabytes(gpu.memory().peakBytes)}${facts}`,
    );
  const { signal } = new AbortController();
  const model = await openModel(gpu, await syntheticCheckpoint(wideModels[name], 'BF16'));
  using scope = gpu.scope('wide');
  const ids = Array.from({ length: windows }, (_, w) =>
    Uint32Array.from({ length: context }, (__, i) => ((w * context + i) * 7919) % model.card.vocabulary),
  );
  using stream = await CalibrationStream.start(
    gpu,
    model,
    toBatches(ids, context, 1),
    (local, tokens) => model.embed(local, tokens),
    signal,
    2 ** 28,
  );
  const block = await model.openBlock(scope, 0);
  tell('block open');
  const sites = model.sites(0).filter((site) => site.name.includes(only));
  const gathering = stream.run(block, sites, 'stay', scope);
  let step = await gathering.next();
  while (!step.done) step = await gathering.next();
  await gpu.idle();
  tell(`calibrated on ${windows * context} tokens`);
  const recipe = present(findMethod('gptq'), 'gptq').recipe(4, 128);
  for (const site of sites) {
    const moment = present(step.value.get(site.name), site.name);
    const rng = createRng(1);
    const solved = await roundSite(block, site, recipe, moment, {
      gpu,
      signal,
      rng,
      shared: rng,
      emit: () => undefined,
    });
    moment.release?.();
    const share = present(solved.loss, 'a loss') / present(solved.nearestLoss, 'a loss of rounding');
    tell(
      `${site.name} [${solved.rows}, ${solved.cols}] solved`,
      `; loss ${share.toFixed(4)} of rounding to nearest, damping ${solved.damping}`,
    );
  }
  tell('done', `; largest binding ${megabytes(gpu.largestBinding)}`);
}

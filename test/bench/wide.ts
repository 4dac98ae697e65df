/**
 * Layers of more inputs than a binding holds of their H: one block of a generated checkpoint, with the shapes of a model that people
 * bring, is opened, calibrated and solved by GPTQ, experts one by one. What is told is time, and memory by the buffers' own account.
 */
import type { Gpu } from '../../src/gpu/gpu';
import { usualBudgets } from '../../src/lab/budgets';
import { CalibrationStream, toBatches } from '../../src/lab/calibrate';
import { partsOf } from '../../src/lab/parts';
import { openedFor, roundSite } from '../../src/lab/siteProblem';
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
  'mixtral-8x7b': {
    ...tinyLlama,
    ...{ model_type: 'mixtral', num_local_experts: 8, num_experts_per_tok: 2 },
    vocab_size: 32_000,
    hidden_size: 4096,
    intermediate_size: 14_336,
    num_hidden_layers: 2,
    num_attention_heads: 32,
    num_key_value_heads: 8,
  },
  'deepseek-v2-lite': {
    ...tinyLlama,
    ...{ model_type: 'deepseek_v2', n_routed_experts: 64, num_experts_per_tok: 6, n_shared_experts: 2 },
    ...{ first_k_dense_replace: 0, moe_intermediate_size: 1408, intermediate_size: 10_944, topk_method: 'greedy' },
    ...{ q_lora_rank: null, kv_lora_rank: 512, qk_nope_head_dim: 128, qk_rope_head_dim: 64, v_head_dim: 128 },
    vocab_size: 102_400,
    hidden_size: 2048,
    num_hidden_layers: 2,
    num_attention_heads: 16,
    num_key_value_heads: 16,
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
  const block = await model.openBlock(scope, 0, usualBudgets.weights);
  tell('block open');
  const all = model.sites(0);
  const wanted = all.filter((site) => site.name.includes(only) && !site.stays);
  const recipe = present(findMethod('gptq'), 'gptq').recipe(4, 128);
  for (const part of partsOf(wanted, usualBudgets.moments, 1)) {
    using moments = gpu.scope('part');
    const sites = wanted.filter((site) => part.has(site));
    const read = new Set(sites.flatMap(({ name: own, routed }) => [own, routed?.like]));
    const asked = all.filter((site) => read.has(site.name));
    const gathering = stream.run(block, asked, 'stay', moments);
    let step = await gathering.next();
    while (!step.done) step = await gathering.next();
    await gpu.idle();
    tell(`calibrated on ${windows * context} tokens`);
    for (const site of sites) {
      using opened = gpu.scope('expert');
      const moment = present(step.value.get(site.name), site.name);
      const rng = createRng(1);
      const solved = await roundSite(await openedFor(block, site, opened), site, recipe, moment, {
        gpu,
        signal,
        rng,
        shared: rng,
        emit: () => undefined,
      });
      moment.release?.();
      const share = present(solved.loss, 'a loss') / present(solved.nearestLoss, 'a loss of rounding');
      tell(
        `${site.name} [${solved.rows}, ${solved.cols}] solved from ${moment.tokens} tokens`,
        `; loss ${share.toFixed(4)} of rounding to nearest, damping ${solved.damping}`,
      );
    }
  }
  tell('done', `; largest binding ${megabytes(gpu.largestBinding)}`);
}

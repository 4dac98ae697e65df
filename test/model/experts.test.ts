/** Architectures with experts by their configs: which layers have them, how a token is led to them, and where they lie. */
import { describe, expect, it } from 'vitest';
import { blueprintOf } from '../../src/model/architectures';
import { openModel } from '../../src/model/openModel';
import { planOf } from '../../src/model/plan';
import { sourceName, type Source } from '../../src/model/steps';
import { FormatError } from '../../src/util/errors';
import { present } from '../../src/util/assert';
import { testGpu } from '../gpu';
import { smallLlama, syntheticCheckpoint } from './synthetic';
import { transcripts } from './transcript';

type Config = Readonly<Record<string, unknown>>;

const config = (model_type: string, more: Config = {}): Config => ({ ...smallLlama, model_type, ...more });

/** The rule of every layer; null where it has no experts. */
const rules = (of: Config) => transcripts(of).map(({ routes }) => routes[0] ?? null);
const sparse = (of: Config) => rules(of).map((rule) => (rule ? 1 : 0));
const windows = (of: Config) => transcripts(of).map(({ attends }) => attends[0]?.sees);
const rowsOf = (of: Config, layer: string) =>
  transcripts(of).map(({ layers }) => layers.find(({ name }) => name === layer)?.rows);

function failure(of: Config): FormatError {
  try {
    blueprintOf(of);
  } catch (error) {
    if (error instanceof FormatError) return error;
    throw error;
  }
  throw new Error('no failure');
}

const plain = { normalise: false, scale: 1, epsilon: 0 };

describe('a token is led to experts', () => {
  it('as the release of the model does, where its config is silent', () => {
    const first = (model_type: string, more: Config = {}) => rules(config(model_type, more))[0];
    expect(first('mixtral')).toEqual({ experts: 8, count: 2, normalise: true, scale: 1, epsilon: 0 });
    // Whatever the field says: others have it.
    expect(first('mixtral', { norm_topk_prob: false })?.normalise).toBe(true);
    expect(first('qwen2_moe')).toEqual({ experts: 60, count: 4, ...plain });
    expect(first('qwen3_moe')).toEqual({ experts: 128, count: 8, ...plain });
    expect(first('olmoe')).toEqual({ experts: 64, count: 8, ...plain });
    const routed = { n_routed_experts: 64, num_experts_per_tok: 6 };
    expect(first('deepseek', routed)).toEqual({ experts: 64, count: 6, ...plain, epsilon: 1e-20 });
    for (const name of ['qwen2_moe', 'qwen3_moe', 'olmoe']) {
      expect(first(name, { norm_topk_prob: true })?.normalise).toBe(true);
    }
    expect(first('deepseek', { ...routed, norm_topk_prob: true })?.normalise).toBe(true);
    // One expert keeps the weight that it has.
    expect(first('deepseek', { ...routed, num_experts_per_tok: 1, norm_topk_prob: true })?.normalise).toBe(false);
  });

  it.each(['num_local_experts', 'num_experts', 'n_routed_experts'])('of as many as %s says', (field) => {
    for (const model_type of ['mixtral', 'qwen2_moe', 'qwen3_moe', 'olmoe']) {
      expect(rules(config(model_type, { [field]: 9 }))[1]).toMatchObject({ experts: 9 });
    }
  });

  it('with a base of a million in Mixtral', () => {
    const { rope_theta: _, ...rest } = config('mixtral');
    expect(transcripts(rest)[0]?.rotations[0]?.rope.base).toBe(1_000_000);
  });
});

describe('layers', () => {
  it('of Qwen have experts by steps, less those that a list names', () => {
    for (const model_type of ['qwen2_moe', 'qwen3_moe']) {
      const five = config(model_type, { num_hidden_layers: 5 });
      expect(sparse(five)).toEqual([1, 1, 1, 1, 1]);
      expect(sparse({ ...five, decoder_sparse_step: 2 })).toEqual([0, 1, 0, 1, 0]);
      expect(sparse({ ...five, mlp_only_layers: [0, 3] })).toEqual([0, 1, 1, 0, 1]);
      expect(sparse({ ...five, mlp_only_layers: null, decoder_sparse_step: 3 })).toEqual([0, 0, 1, 0, 0]);
    }
  });

  it('of DeepSeek have experts from the first on that has them', () => {
    const four = config('deepseek', { num_hidden_layers: 4, n_routed_experts: 4, num_experts_per_tok: 2 });
    expect(sparse(four)).toEqual([1, 1, 1, 1]);
    expect(sparse({ ...four, first_k_dense_replace: 1 })).toEqual([0, 1, 1, 1]);
    expect(sparse({ ...four, first_k_dense_replace: 1, moe_layer_freq: 2 })).toEqual([0, 0, 1, 0]);
    expect(sparse({ ...four, n_routed_experts: null })).toEqual([0, 0, 0, 0]);
  });

  it('share an expert as wide as the config says', () => {
    const qwen = config('qwen2_moe', { shared_expert_intermediate_size: 20, moe_intermediate_size: 6 });
    expect(rowsOf(qwen, 'mlp.shared_expert.up_proj')).toEqual([20, 20]);
    expect(rowsOf(qwen, 'mlp.shared_expert_gate')).toEqual([1, 1]);
    expect(rowsOf(qwen, 'mlp.experts.0.up_proj')).toEqual([6, 6]);
    const routed = { n_routed_experts: 4, num_experts_per_tok: 2, moe_intermediate_size: 6 };
    const deepseek = config('deepseek', { ...routed, n_shared_experts: 3, first_k_dense_replace: 1 });
    expect(rowsOf(deepseek, 'mlp.shared_experts.up_proj')).toEqual([undefined, 18]);
    expect(rowsOf(deepseek, 'mlp.up_proj')).toEqual([24, undefined]);
    expect(rowsOf({ ...deepseek, n_shared_experts: null }, 'mlp.shared_experts.up_proj')).toEqual([
      undefined,
      undefined,
    ]);
  });

  it('slide by the rule of their own release', () => {
    const slides = { num_hidden_layers: 5, sliding_window: 8 };
    const all = Infinity;
    expect(windows(config('mixtral', slides))).toEqual([8, 8, 8, 8, 8]);
    expect(windows(config('mixtral', { ...slides, sliding_window: null }))).toEqual([all, all, all, all, all]);
    const used = { ...slides, use_sliding_window: true, max_window_layers: 3 };
    expect(windows(config('qwen2_moe', used))).toEqual([8, all, 8, all, all]);
    expect(windows(config('qwen3_moe', used))).toEqual([8, 8, 8, 8, 8]);
    for (const model_type of ['qwen2_moe', 'qwen3_moe', 'olmoe']) {
      expect(windows(config(model_type, { ...slides, sliding_window: 0 }))).toEqual([all, all, all, all, all]);
    }
    const layer_types = ['full_attention', 'sliding_attention', ...Array<string>(3).fill('full_attention')];
    expect(windows(config('qwen2_moe', { ...used, layer_types }))).toEqual([all, 8, all, all, all]);
  });

  it('norm and clip queries and keys as their release does', () => {
    const norms = (of: Config) =>
      transcripts(of)[0]?.norms.flatMap(({ name, width }) => (/[qk]_norm/.test(name) ? [width] : []));
    expect(norms(config('olmoe'))).toEqual([16, 8]);
    expect(norms(config('qwen3_moe'))).toEqual([4, 4]);
    expect(norms(config('mixtral'))).toEqual([]);
    expect(transcripts(config('olmoe'))[0]?.clamps).toEqual([]);
    expect(transcripts(config('olmoe', { clip_qkv: 8 }))[0]?.clamps).toEqual([8, 8, 8]);
  });
});

describe('experts lie', () => {
  const places = async (of: Config, key: string) => {
    const { tensors } = present((await planOf(of)).blocks[1], 'the second block');
    const found: string[] = [];
    let from: Source | null | undefined = tensors.find((tensor) => tensor.key === key)?.from;
    for (; from; from = from.or) found.push(sourceName(from));
    return found;
  };
  const fused = 'model.layers.1.mlp.experts';

  it('in tensors of their own, or in slabs of one', async () => {
    const own = 'model.layers.1.block_sparse_moe';
    const mixtral = config('mixtral', { num_local_experts: 4 });
    expect(await places(mixtral, 'block_sparse_moe.gate')).toEqual([
      `${own}.gate.weight`,
      'model.layers.1.mlp.gate.weight',
    ]);
    const gate = [`${own}.experts.3.w1.weight`, `${fused}.gate_up_proj[3][0:24]`];
    expect(await places(mixtral, 'block_sparse_moe.experts.3.w1')).toEqual(gate);
    const up = [`${own}.experts.3.w3.weight`, `${fused}.gate_up_proj[3][24:48]`];
    expect(await places(mixtral, 'block_sparse_moe.experts.3.w3')).toEqual(up);
    const down = [`${own}.experts.3.w2.weight`, `${fused}.down_proj[3]`];
    expect(await places(mixtral, 'block_sparse_moe.experts.3.w2')).toEqual(down);
    const qwen = config('qwen3_moe', { num_experts: 8, moe_intermediate_size: 6 });
    expect(await places(qwen, 'mlp.experts.7.up_proj')).toEqual([
      `${fused}.7.up_proj.weight`,
      `${fused}.gate_up_proj[7][6:12]`,
    ]);
    expect(await places(qwen, 'mlp.gate')).toEqual(['model.layers.1.mlp.gate.weight']);
  });

  it('behind sites that are theirs, and a router that stays as stored', async () => {
    const { blocks } = await planOf(
      config('qwen2_moe', { num_experts: 2, num_experts_per_tok: 1, moe_intermediate_size: 6 }),
    );
    const sites = present(blocks[0], 'a block').sites.map(({ name, stays }) => name + (stays ? ', stays' : ''));
    const expert = (name: string) => [`${name}.gate-up`, `${name}.down`];
    const mlp = [
      'mlp.router, stays',
      ...expert('expert.0'),
      ...expert('expert.1'),
      ...expert('shared'),
      'shared.gate, stays',
    ];
    expect(sites).toEqual(['attention.qkv', 'attention.output', ...mlp]);
  });
});

describe('DeepSeek-V2', () => {
  const latents = {
    ...{ n_routed_experts: 8, num_experts_per_tok: 3, moe_intermediate_size: 8, kv_lora_rank: 12, q_lora_rank: null },
    ...{ qk_nope_head_dim: 12, qk_rope_head_dim: 8, v_head_dim: 16 },
  };
  const v2 = (more: Config = {}) => config('deepseek_v2', { ...latents, ...more });
  const first = (more: Config = {}) => present(transcripts(v2(more))[0], 'a block');

  it('is what early files of type deepseek are that have latents', async () => {
    const [early, late] = await Promise.all([config('deepseek', latents), v2()].map((of) => planOf(of)));
    expect(early?.blocks.map(({ sites }) => sites)).toEqual(late?.blocks.map(({ sites }) => sites));
    expect(
      late?.blocks[0]?.sites.slice(0, 3).map(({ name, layers }) => [name, layers.map(({ rows }) => rows)]),
    ).toEqual([
      ['attention.input', [80, 12, 8]],
      ['attention.latent', [48, 64]],
      ['attention.output', [16]],
    ]);
  });

  it('rotates neighbours of the part that rotates, and norms latents with an ε of their own', () => {
    const { attends, rotations, norms } = first({ rms_norm_eps: 1e-5, q_lora_rank: 6, head_dim: 8 });
    expect(rotations).toEqual(
      Array(2).fill({ rope: { kind: 'default', base: 10_000, pairs: 'neighbours' }, size: 20, begin: 12 }),
    );
    expect(norms.map(({ name, width, epsilon }) => [name, width, epsilon])).toEqual([
      ['input_layernorm', 16, 1e-5],
      ['self_attn.q_a_layernorm', 6, 1e-6],
      ['self_attn.kv_a_layernorm', 12, 1e-6],
      ['post_attention_layernorm', 16, 1e-5],
    ]);
    expect(attends).toEqual([{ heads: 4, keyValueHeads: 4, size: 20, values: 16, sees: Infinity, scale: 20 ** -0.5 }]);
  });

  it('raises scores where positions are stretched', () => {
    const scale = (more: Config) => first(more).attends[0]?.scale;
    const yarn = { type: 'yarn', factor: 40, original_max_position_embeddings: 64 };
    const raised = 20 ** -0.5 * (0.1 * 0.7 * Math.log(40) + 1) ** 2;
    expect(scale({ rope_scaling: { ...yarn, mscale: 1, mscale_all_dim: 0.7 } })).toBeCloseTo(raised, 12);
    expect(scale({ rope_parameters: { ...yarn, rope_type: 'yarn', mscale_all_dim: 0.7 } })).toBeCloseTo(raised, 12);
    expect(scale({ rope_scaling: yarn })).toBe(20 ** -0.5);
    expect(scale({ rope_parameters: { rope_type: 'default', mscale_all_dim: 0.7 } })).toBe(20 ** -0.5);
  });

  it('weighs experts as they are, times a factor, and looks at groups of them', () => {
    const rule = (more: Config) => first(more).routes[0];
    expect(rule({ norm_topk_prob: true })).toEqual({ experts: 8, count: 3, ...plain });
    expect(rule({ routed_scaling_factor: 16 })?.scale).toBe(16);
    const grouped = { topk_method: 'group_limited_greedy', n_group: 4, topk_group: 2 };
    expect(rule(grouped)?.groups).toEqual({ count: 4, kept: 2 });
    expect(rule({ ...grouped, topk_method: 'greedy' })?.groups).toBeUndefined();
  });

  it('takes as many tokens at once as its keys have room for', async () => {
    const gpu = await testGpu();
    const { maxTokens } = await openModel(gpu, await syntheticCheckpoint(v2({ qk_nope_head_dim: 248 })));
    // 4 heads of 256 are wider than all that layers read.
    expect(maxTokens).toBe(2 ** 27 / (4 * 1024));
  });

  it.each([
    ['kv_lora_rank', { kv_lora_rank: 0 }],
    ['q_lora_rank', { q_lora_rank: 'none' }],
    ['qk_nope_head_dim', { qk_nope_head_dim: 14 }],
    ['qk_nope_head_dim', { qk_nope_head_dim: 252 }],
    ['v_head_dim', { v_head_dim: 6 }],
    ['topk_method', { topk_method: 'noaux_tc' }],
    ['n_group', { topk_method: 'group_limited_greedy', n_group: 3, topk_group: 1 }],
    ['topk_group', { topk_method: 'group_limited_greedy', n_group: 4, topk_group: 1 }],
  ])('names the field that is wrong: %s in %j', (field, more) => {
    expect(failure(v2(more)).details.field).toBe(field);
  });
});

describe('a config of experts', () => {
  it.each([
    ['num_local_experts', 'mixtral', { num_local_experts: 257 }],
    ['num_experts_per_tok', 'mixtral', { num_local_experts: 4, num_experts_per_tok: 5 }],
    ['num_experts_per_tok', 'qwen2_moe', { num_experts_per_tok: 17 }],
    ['num_experts_per_tok', 'deepseek', { n_routed_experts: 8 }],
    ['moe_intermediate_size', 'qwen3_moe', { moe_intermediate_size: 0 }],
    ['shared_expert_intermediate_size', 'qwen2_moe', { shared_expert_intermediate_size: 1.5 }],
    ['mlp_only_layers', 'qwen2_moe', { mlp_only_layers: 'all' }],
    ['mlp_only_layers', 'qwen3_moe', { mlp_only_layers: [0.5] }],
    ['decoder_sparse_step', 'qwen3_moe', { decoder_sparse_step: 0 }],
    ['clip_qkv', 'olmoe', { clip_qkv: -1 }],
    ['norm_topk_prob', 'olmoe', { norm_topk_prob: 1 }],
    ['scoring_func', 'deepseek', { n_routed_experts: 8, num_experts_per_tok: 2, scoring_func: 'sigmoid' }],
  ])('is refused by the name of its field: %s of %s', (field, model_type, more) => {
    expect(failure(config(model_type, more)).details.field).toBe(field);
  });
});

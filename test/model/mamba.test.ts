/** Mamba, Falcon-Mamba and Mamba-2: what their configs say in two spellings, their sites, and how far a change of basis passes. */
import { describe, expect, it } from 'vitest';
import { parseJsonObject } from '../../src/formats/strictJson';
import { blueprintOf } from '../../src/model/architectures';
import { openPlan, planOf } from '../../src/model/plan';
import type { ScanRule, StepRule, Steps } from '../../src/model/steps';
import { FormatError } from '../../src/util/errors';
import { present } from '../../src/util/assert';
import { goldenModel, openFolder } from './folder';

type Config = Readonly<Record<string, unknown>>;

const mamba: Config = { model_type: 'mamba', vocab_size: 40, hidden_size: 40, num_hidden_layers: 2 };
const mamba2: Config = { ...mamba, model_type: 'mamba2', head_dim: 8, num_heads: 10, n_groups: 2, state_size: 16 };
const original: Config = { vocab_size: 37, d_model: 40, n_layer: 2, ssm_cfg: {} };
const original2: Config = { ...original, ssm_cfg: { layer: 'Mamba2', headdim: 8, d_state: 16 } };

function failure(config: Config): FormatError {
  try {
    blueprintOf(config);
  } catch (error) {
    if (error instanceof FormatError) return error;
    throw error;
  }
  throw new Error(`accepted: ${JSON.stringify(config)}`);
}

/** The rules of the first block's step sizes and scan. */
function rulesOf(config: Config): { readonly steps: StepRule; readonly scan: ScanRule } {
  let steps: StepRule | undefined;
  let scan: ScanRule | undefined;
  const ignore = () => null;
  const reading: Steps<null> = {
    ...{ norm: ignore, add: ignore, rotate: ignore, attend: ignore, activate: ignore, gate: ignore, convolve: ignore },
    ...{ mixture: ignore, weigh: ignore, clamp: ignore, joinHeads: ignore },
    linear: (_, __, layers) => layers.map(ignore),
    softplus(rule) {
      steps = rule;
      return null;
    },
    scan(rule) {
      scan = rule;
      return null;
    },
  };
  void present(blueprintOf(config).blocks[0], 'a block')(reading, null);
  return { steps: present(steps, 'step sizes'), scan: present(scan, 'a scan') };
}

const shapes = async (config: Config) => {
  const [block] = (await planOf(config)).blocks;
  return Object.fromEntries(present(block, 'a block').tensors.map(({ key, shape }) => [key, shape]));
};

const limits = (text: string): readonly [number, number] => {
  const config = { ...mamba2, time_step_limit: null };
  const json = JSON.stringify(config).replace('"time_step_limit":null', `"time_step_limit":${text}`);
  const { steps } = rulesOf(parseJsonObject(new TextEncoder().encode(json), 'config.json', 'names', 'any'));
  return [steps.low, steps.high];
};

describe('the config of Mamba', () => {
  it('fills in what files leave out', async () => {
    expect(await shapes(mamba)).toEqual({
      norm: [40],
      'mixer.in_proj.u': [80, 40],
      'mixer.in_proj.z': [80, 40],
      'mixer.conv1d': [80, 1, 4],
      'mixer.conv1d.bias': [80],
      // A sixteenth of 40, rounded up.
      'mixer.x_proj.dt': [3, 80],
      'mixer.x_proj.B': [16, 80],
      'mixer.x_proj.C': [16, 80],
      'mixer.dt_proj': [80, 3],
      'mixer.dt_bias': [80],
      'mixer.A_log': [80, 16],
      'mixer.D': [80],
      'mixer.out_proj': [40, 80],
    });
    const { head, facts } = blueprintOf(mamba);
    expect([head.tied, head.rule.epsilon, facts.vocabulary, facts.heads]).toEqual([true, 1e-5, 40, 0]);
    expect(blueprintOf(mamba2).head.tied).toBe(false);
    const all = { num_heads: null, head_dim: null, n_groups: null, state_size: null };
    expect(rulesOf({ ...mamba2, ...all, hidden_size: 4096 }).scan).toMatchObject({
      heads: 128,
      groups: 8,
      states: 128,
    });
  });

  it('says in the fields of its authors what it says in those of transformers', async () => {
    const { tied } = blueprintOf(original).head;
    expect([blueprintOf(original).architecture, tied, await shapes(original)]).toEqual([
      'mamba',
      true,
      await shapes(mamba),
    ]);
    // Rows for a multiple of 8 ids, or of another number.
    expect(blueprintOf(original).facts.vocabulary).toBe(40);
    expect(blueprintOf({ ...original, pad_vocab_size_multiple: 1 }).facts.vocabulary).toBe(37);
    const more = { d_state: 8, d_conv: 3, expand: 3, dt_rank: 5, bias: true, conv_bias: false };
    const same = { state_size: 8, conv_kernel: 3, expand: 3, time_step_rank: 5, use_bias: true, use_conv_bias: false };
    expect(await shapes({ ...original, ssm_cfg: { layer: 'Mamba1', ...more } })).toEqual(
      await shapes({ ...mamba, ...same }),
    );
    expect(blueprintOf(original2).architecture).toBe('mamba2');
    expect(await shapes(original2)).toEqual(await shapes({ ...mamba2, n_groups: 1 }));
    expect(rulesOf(original2).scan).toMatchObject({ heads: 10, groups: 1, states: 16 });
    expect(blueprintOf({ ...original, tie_embeddings: false }).head.tied).toBe(false);
  });

  it('reads limits of step sizes, infinite ones in both spellings', () => {
    expect(limits('[0.0, Infinity]')).toEqual([0, Infinity]);
    expect(limits('[0.0, {"__float__": "Infinity"}]')).toEqual([0, Infinity]);
    expect(limits('null')).toEqual([0, Infinity]);
    expect(limits('[0.001, 0.1]')).toEqual([0.001, 0.1]);
    for (const wrong of ['[0.1]', '[0.1, 0.01]', '[0, "1"]', '[-1, 1]', '[Infinity, Infinity]', '[0, NaN]', '0.1']) {
      expect(() => limits(wrong), wrong).toThrow(/"time_step_limit" is .*; expected two numbers/);
    }
  });

  it.each([
    ['states that are no multiple of 4', { ...mamba, state_size: 6 }, 'state_size'],
    ['another activation', { ...mamba, hidden_act: 'relu' }, 'hidden_act'],
    ['an infinite size', { ...mamba, expand: 'Infinity' }, 'expand'],
    ['heads that are not all channels', { ...mamba2, num_heads: 9 }, 'num_heads'],
    ['heads of no multiple of 4', { ...mamba2, head_dim: 10, num_heads: 8 }, 'head_dim'],
    ['groups that do not divide the heads', { ...mamba2, n_groups: 3 }, 'n_groups'],
    ['layer norms', { ...original, rms_norm: false }, 'rms_norm'],
    ['layers of attention', { ...original2, attn_layer_idx: [1] }, 'attn_layer_idx'],
    ['MLPs', { ...original2, d_intermediate: 64 }, 'd_intermediate'],
    [
      'a norm before the gate',
      { ...original2, ssm_cfg: { layer: 'Mamba2', headdim: 8, norm_before_gate: true } },
      'ssm_cfg.norm_before_gate',
    ],
    ['no model_type and another mixer', { ...original, ssm_cfg: { layer: 'Mamba3' } }, 'model_type'],
  ])('is refused with %s', (_, config, field) => {
    expect(failure(config).details.field).toBe(field);
  });
});

describe('the sites of a mixer', () => {
  const sites = async (config: Config) =>
    (await planOf(config)).blocks[0]?.sites.map(({ name, cols, stays = false, reads, layers }) => ({
      ...{ name, cols, stays, reads: reads.kind },
      layers: layers.map(({ name, rows, writes }) => `${name.replace(/^mixer\./, '')} ${rows} ${writes}`),
    }));
  const into = { name: 'mixer.in', cols: 40, stays: false, reads: 'stream' };
  const out = { name: 'mixer.out', cols: 80, stays: false, layers: ['out_proj 40 stream'] };

  it('are four in Mamba; step sizes, B and C are made in full precision', async () => {
    const one = {
      in: { ...into, layers: ['in_proj.u 80 fixed', 'in_proj.z 80 fixed'] },
      x: { name: 'mixer.x', cols: 80, stays: true, reads: 'none' },
      dt: { name: 'mixer.dt', cols: 3, stays: true, layers: ['dt_proj 80 fixed'] },
      // The gate's other side is no layer: its rows take no factors.
      out: { ...out, reads: 'none' },
    };
    // A row of x_proj that makes step sizes is read by dt_proj alone.
    const plain = ['x_proj.dt 3 channels', 'x_proj.B 16 fixed', 'x_proj.C 16 fixed'];
    expect(await sites(mamba)).toEqual([
      one.in,
      { ...one.x, layers: plain },
      { ...one.dt, reads: 'channels' },
      one.out,
    ]);
    // But not through a norm, which has no gains either.
    const normed = ['x_proj.dt 3 fixed', 'x_proj.B 16 fixed', 'x_proj.C 16 fixed'];
    expect(await sites({ ...mamba, model_type: 'falcon_mamba' })).toEqual([
      one.in,
      { ...one.x, layers: normed },
      { ...one.dt, reads: 'none' },
      one.out,
    ]);
  });

  it('are two in Mamba-2, whose gated norm takes factors', async () => {
    const rows = ['z 80', 'x 80', 'B 32', 'C 32', 'dt 10'];
    expect(await sites(mamba2)).toEqual([
      { ...into, layers: rows.map((row) => `in_proj.${row} fixed`) },
      { ...out, reads: 'gains' },
    ]);
  });
});

describe('files of the authors of Mamba', () => {
  it.each(['mamba-original', 'mamba2-original'])('open under their names: %s', async (name) => {
    const checkpoint = await openFolder(goldenModel(name));
    expect([...checkpoint.tensors.keys()].filter((key) => key.includes('embedding'))).toEqual([
      'backbone.embeddings.weight',
    ]);
    const { tied, tables } = await openPlan(checkpoint);
    // A head that is a copy of the embedding.
    expect([tied, tables.head.name]).toEqual([true, 'backbone.embeddings.weight']);
  });
});

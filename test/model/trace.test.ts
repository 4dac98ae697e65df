/** The readings of a block agree: what a trace tells is what a run does. */
import { describe, expect, it } from 'vitest';
import { openModel } from '../../src/model/openModel';
import { beside, openPlan, placeIn, planOf, towerTensors } from '../../src/model/plan';
import type { Matrix } from '../../src/tensor/matrix';
import { present } from '../../src/util/assert';
import { testGpu } from '../gpu';
import { goldenModel, openFolder, goldenNames } from './folder';
import { smallLlama } from './synthetic';
import { transcripts } from './transcript';

/** A map that notes what is asked of it. */
class Noting extends Map<string, Matrix> {
  readonly asked = new Set<string>();
  override get(key: string) {
    if (this.has(key)) this.asked.add(key);
    return super.get(key);
  }
}

const names = goldenNames;

/** What files hold and a model need not read: masks and frequencies of older releases; a tower that is not run, or what lies behind its state that is taken. */
const leftOver = /(\.(attn|attention)\.(bias|masked_bias)|inv_freq)$|^(model\.)?(vision_tower|multi_modal_projector)\./;

describe('the trace', () => {
  it.each(names)('names exactly the tensors that a run reads, and all that the checkpoint has: %s', async (name) => {
    const gpu = await testGpu();
    using scope = gpu.scope('trace');
    const checkpoint = await openFolder(goldenModel(name));
    const model = await openModel(gpu, checkpoint);
    const plan = await openPlan(checkpoint);
    const { blocks, tables } = plan;
    const around = beside(plan);
    const outer = [tables.embedding, ...around.embedding, ...around.head, tables.head];
    const stored = new Set(outer.map(({ name }) => name));
    // Enough tokens that every expert has some.
    const batch = { windows: 2, length: 40 };
    const ids = Uint32Array.from({ length: 80 }, (_, i) => (i * 7) % 64);
    let hidden = await model.embed(scope, ids, batch.length);
    for (const [index, { tensors, sites }] of blocks.entries()) {
      const open = await model.openBlock(scope, index);
      const weights = new Noting(open.weights);
      const seen: string[] = [];
      hidden = await model.forward(scope, { ...open, weights }, hidden, batch, (site, input) => {
        seen.push(site.name);
        expect(input.cols).toBe(site.cols);
      });
      expect(seen).toEqual(sites.map((site) => site.name));
      const keys = (role: 'linear' | 'other') =>
        tensors.filter((tensor) => (tensor.role === 'linear') === (role === 'linear')).map(({ key }) => key);
      expect([...weights.asked]).toEqual(keys('linear'));
      expect([...open.others.keys()].sort()).toEqual(keys('other').sort());
      for (const { from } of tensors) if (from) stored.add(placeIn(checkpoint, from).tensor);
    }
    if (plan.tower) for (const { from } of towerTensors(plan.tower)) stored.add(from.tensor);
    // A head that equals the embedding is a copy, and is not read.
    const copy = plan.tied && tables.head.name !== 'lm_head.weight' ? 'lm_head.weight' : null;
    const asked = [...checkpoint.tensors.keys()].filter(
      (name) => name !== copy && (stored.has(name) || !leftOver.test(name)),
    );
    expect([...stored].sort()).toEqual(asked.sort());
  });

  it('tells where a change of basis passes', async () => {
    const { blocks } = await planOf(smallLlama);
    const stream = (norm: string) => ({ kind: 'stream', norm, scales: true, turns: true, centred: false });
    expect(
      blocks[1]?.sites.map(({ name, reads, layers }) => [name, reads, layers.map(({ writes }) => writes)]),
    ).toEqual([
      ['attention.qkv', stream('input_layernorm'), ['scores', 'scores', 'heads']],
      ['attention.output', { kind: 'heads', size: 4, repeat: 2 }, ['stream']],
      ['mlp.gate-up', stream('post_attention_layernorm'), ['fixed', 'channels']],
      ['mlp.down', { kind: 'channels' }, ['stream']],
    ]);
    // A norm between them and the scores does not change what queries and keys are.
    const normed = await planOf({ ...smallLlama, model_type: 'qwen3' });
    expect(normed.blocks[0]?.sites[0]?.layers.map(({ writes }) => writes)).toEqual(['scores', 'scores', 'heads']);
  });

  it('counts as many uses as steps make, and the result once more', async () => {
    const read = {
      ...{ norm: 1, linear: 1, add: 2, rotate: 1, attend: 3, activate: 1, gate: 2 },
      ...{ convolve: 1, softplus: 1, scan: 4 },
      ...{ mixture: 2, weigh: 2, clamp: 1, joinHeads: 2 },
    };
    for (const name of goldenNames) {
      const { config } = await openFolder(goldenModel(name));
      const { blocks } = await planOf(config);
      for (const [i, { uses }] of blocks.entries()) {
        // With those of one expert of a mixture, which have an input and a result of their own.
        const { steps, layers } = present(transcripts(config)[i], `block ${i}`);
        const [values, parts] = [[uses.values, ...uses.experts].flat(), 1 + uses.experts.length];
        const sites = steps.filter((step) => step === 'linear').length;
        expect(values.length).toBe(parts + steps.length - sites + layers.length);
        expect(values.reduce((a, b) => a + b)).toBe(parts + steps.reduce((sum, step) => sum + read[step], 0));
      }
    }
    // The stream is normed and added to, twice; everything else is used once.
    const [llama] = (await planOf(smallLlama)).blocks;
    expect(llama?.uses.values.filter((count) => count !== 1)).toEqual([2, 2]);
  });
});

describe('a run', () => {
  it('gives back all memory but its result', async () => {
    const gpu = await testGpu();
    const model = await openModel(gpu, await openFolder(goldenModel('llama')));
    using scope = gpu.scope('run');
    const block = await model.openBlock(scope, 0);
    const hidden = await model.embed(
      scope,
      Uint32Array.from({ length: 48 }, (_, i) => i % 40),
    );
    const batch = { windows: 3, length: 16 };
    const once = await model.forward(scope, block, hidden, batch);
    const before = gpu.memory();
    const twice = await model.forward(scope, block, hidden, batch);
    const after = gpu.memory();
    expect(after.liveBuffers - before.liveBuffers).toBe(1);
    expect(after.liveBytes - before.liveBytes).toBe(twice.view.bytes);
    expect(twice.view.bytes).toBe(once.view.bytes);
  });
});

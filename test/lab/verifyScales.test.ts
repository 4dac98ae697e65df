/** The model with scales in whatever stands before its layers is the model: on every tiny architecture. */
import { describe, expect, it } from 'vitest';
import { verifyScales } from '../../src/lab/verifyScales';
import type { Model, OpenBlock } from '../../src/model/model';
import { openModel } from '../../src/model/openModel';
import { testGpu } from '../gpu';
import { createRng } from '../../src/util/rng';
import { NumericError } from '../../src/util/errors';
import { goldenModel, goldenNames, openFolder } from '../model/folder';
import { collect, point, tinyCheckpoint, tinyInput, tinySettings } from './tiny';

const rng = createRng(5);
const ids = Uint32Array.from({ length: 24 }, () => 2 + rng.integer(58));
const { signal } = new AbortController();

async function verified(name: string, change: (model: Model) => Model = (model) => model) {
  const gpu = await testGpu();
  const model = await openModel(gpu, await openFolder(goldenModel(name)));
  using scope = gpu.scope('head');
  const head = await model.openHead(scope);
  return await verifyScales(gpu, change(model), ids, { head, seed: 3, signal });
}

describe('scales in the neighbours of layers', () => {
  it.each(goldenNames)('leave %s as it is', async (name) => {
    const { kld, folded, sites } = await verified(name);
    expect(Math.abs(kld)).toBeLessThan(1e-8);
    expect(folded).toBeGreaterThan(0);
    expect(folded).toBeLessThanOrEqual(sites);
  });

  it('are counted: all of a Llama, all of Mamba-2, the way into a Mamba, half of OLMo 2 and what a GELU stands before in GPT-2', async () => {
    const counts = async (name: string) => {
      const { folded, sites } = await verified(name);
      return [folded, sites];
    };
    expect(await counts('llama')).toEqual([8, 8]);
    expect(await counts('mamba2')).toEqual([6, 6]);
    expect(await counts('mamba')).toEqual([3, 6]);
    expect(await counts('olmo2')).toEqual([4, 8]);
    expect(await counts('gpt2')).toEqual([6, 8]);
  });

  it.each([
    ['llama-biased', 'mlp.up_proj.bias'],
    ['qwen2', 'self_attn.v_proj.bias'],
    ['gpt2', 'ln_1.bias'],
    ['mixtral', 'block_sparse_moe.gate'],
    ['qwen2-moe', 'mlp.shared_expert_gate'],
  ])('are noticed where something does not take them: in %s %s', async (name, key) => {
    const gpu = await testGpu();
    using scope = gpu.scope('plain blocks');
    const kept: OpenBlock[] = [];
    // A model that computes with the plain tensor whatever it is given.
    const stubborn = (model: Model): Model => ({
      ...model,
      async forward(into, block, hidden, batch) {
        const { weights, others } = (kept[block.index] ??= await model.openBlock(scope, block.index));
        const [from, to] = [others.get(key), block.others.get(key)];
        if (from && to) gpu.copy(from.view, to.view);
        const plain = weights.get(key);
        const given = plain ? { ...block, weights: new Map([...block.weights, [key, plain] as const]) } : block;
        return model.forward(into, given, hidden, batch);
      },
    });
    const failing = verified(name, stubborn);
    await expect(failing).rejects.toBeInstanceOf(NumericError);
    await expect(failing).rejects.toThrow(/differs from itself by \d+\.\d+ nats/);
  });

  it('are verified before anything is rounded, where a recipe scales', async () => {
    const gpu = await testGpu();
    const run = async (method: string, checkpoint = 'llama') => {
      const settings = tinySettings([point(method, 3)]);
      const events = await collect(await tinyInput(gpu, settings, { checkpoint: await tinyCheckpoint(checkpoint) }));
      const types = events.map(({ type }) => type);
      return { event: events.find(({ type }) => type === 'scales-verified'), types };
    };
    const { event, types } = await run('awq');
    expect(event).toMatchObject({ folded: 8, sites: 8 });
    expect(types.indexOf('scales-verified')).toBeLessThan(types.indexOf('site-quantized'));
    expect((await run('rtn')).event).toBeUndefined();
  });
});

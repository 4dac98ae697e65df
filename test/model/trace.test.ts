/** The readings of a block agree: what a trace tells is what a run does. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { architectures } from '../../src/model/architectures';
import { openModel } from '../../src/model/openModel';
import { openPlan, planOf } from '../../src/model/plan';
import type { Matrix } from '../../src/tensor/matrix';
import { testGpu } from '../gpu';
import { goldenModel, openFolder } from './folder';
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

const names = readdirSync(goldenModel('.')).filter((name) => existsSync(join(goldenModel(name), 'config.json')));

describe('the trace', () => {
  it.each(names)('names exactly the tensors that a run reads, and all that the checkpoint has: %s', async (name) => {
    const gpu = await testGpu();
    using scope = gpu.scope('trace');
    const checkpoint = await openFolder(goldenModel(name));
    const model = await openModel(gpu, checkpoint);
    const { blocks, tables, head } = await openPlan(checkpoint);
    const stored = new Set([tables.embedding.name, head.gains.from.tensor, tables.head.name]);
    const batch = { windows: 1, length: 5 };
    let hidden = await model.embed(scope, Uint32Array.of(1, 2, 3, 4, 5));
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
      for (const { from } of tensors) stored.add(from.tensor);
    }
    expect([...stored].sort()).toEqual([...checkpoint.tensors.keys()].sort());
  });

  it('tells where a change of basis passes', async () => {
    const { blocks } = await planOf(smallLlama);
    expect(
      blocks[1]?.sites.map(({ name, reads, layers }) => [name, reads, layers.map(({ writes }) => writes)]),
    ).toEqual([
      ['attention.qkv', { kind: 'stream', norm: 'input_layernorm' }, ['scores', 'scores', 'heads']],
      ['attention.output', { kind: 'heads', size: 4, repeat: 2 }, ['stream']],
      ['mlp.gate-up', { kind: 'stream', norm: 'post_attention_layernorm' }, ['fixed', 'channels']],
      ['mlp.down', { kind: 'channels' }, ['stream']],
    ]);
    // A norm between them and the scores does not change what queries and keys are.
    const normed = await planOf({ ...smallLlama, model_type: 'qwen3' });
    expect(normed.blocks[0]?.sites[0]?.layers.map(({ writes }) => writes)).toEqual(['scores', 'scores', 'heads']);
  });

  it('counts as many uses as steps make, and the result once more', async () => {
    for (const { name } of architectures) {
      const config = { ...smallLlama, model_type: name };
      const { blocks } = await planOf(config);
      for (const [i, { uses, sites }] of blocks.entries()) {
        const { steps } = transcripts(config)[i] ?? { steps: [] };
        const layers = sites.reduce((sum, site) => sum + site.layers.length, 0);
        expect(uses.length).toBe(1 + steps.length - sites.length + layers);
        // The stream is normed and added to, twice; everything else is used once.
        expect(uses.filter((count) => count !== 1)).toEqual([2, 2]);
      }
    }
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

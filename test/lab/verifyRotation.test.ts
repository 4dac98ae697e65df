/** The rotated model is the model: on every tiny architecture, with biases, grouped heads, tied heads and 16-bit weights. */
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { verifyRotation } from '../../src/lab/verifyRotation';
import { openModel } from '../../src/model/openModel';
import type { OpenBlock, Model } from '../../src/model/model';
import type { Piece } from '../../src/quant/recipe/recipe';
import { present } from '../../src/util/assert';
import { NumericError } from '../../src/util/errors';
import { createRng } from '../../src/util/rng';
import { testGpu } from '../gpu';
import { goldenModel, openFolder } from '../model/folder';

const rng = createRng(5);
const ids = Uint32Array.from({ length: 24 }, () => 2 + rng.integer(62));
const { signal } = new AbortController();
const demo = fileURLToPath(new URL('../../public/demo/level-100', import.meta.url));

describe('the fused rotation of a whole model', () => {
  for (const name of [
    'llama',
    'llama-tied-f16',
    'llama-biased',
    'llama-odd-bf16',
    'qwen2',
    'qwen3',
    'mistral',
    'smollm3',
    'phi3',
    'granite',
    'gemma2',
    'gemma3',
    'olmo2',
    'gpt2',
    'gpt2-scaled',
    'opt',
    'opt-plain',
    'opt-post',
    'gpt-neox',
    'gpt-neox-serial',
    'mamba',
    'mamba-biased',
    'falcon-mamba',
    'mamba2-groups',
    'mamba2-original',
    'mixtral',
    'mixtral-fused',
    'qwen2-moe',
    'qwen2-moe-sparse',
    'qwen3-moe',
    'olmoe',
    'deepseek',
    'deepseek-v2',
    'deepseek-v2-full',
  ]) {
    it(`leaves ${name} as it is`, async () => {
      const gpu = await testGpu();
      const model = await openModel(gpu, await openFolder(goldenModel(name)));
      using scope = gpu.scope('head');
      const head = await model.openHead(scope);
      const pieces: Piece[] = [
        { name: 'rotate', basis: 'hadamard' },
        { name: 'rotate', basis: 'orthogonal' },
        { name: 'rotate', basis: 'hadamard', online: 'hadamard' },
      ];
      for (const piece of pieces) {
        const kld = await verifyRotation(gpu, model, ids, { head, piece, seed: 3, signal });
        expect(Math.abs(kld)).toBeLessThan(1e-8);
      }
    });
  }

  it.each(['mixtral', 'qwen2-moe', 'deepseek-v2'])(
    'is the same where the experts of %s come one by one',
    async (name) => {
      const gpu = await testGpu();
      const model = await openModel(gpu, await openFolder(goldenModel(name)));
      using scope = gpu.scope('head');
      const head = await model.openHead(scope);
      const piece: Piece = { name: 'rotate', basis: 'orthogonal' };
      const verify = (room?: number) =>
        verifyRotation(gpu, model, ids, { head, piece, seed: 3, signal, ...(room !== undefined && { room }) });
      expect(await verify(0)).toBe(await verify());
    },
  );

  it('leaves the demo model as it is', async () => {
    const gpu = await testGpu();
    const model = await openModel(gpu, await openFolder(demo));
    using scope = gpu.scope('head');
    const head = await model.openHead(scope);
    const kld = await verifyRotation(gpu, model, ids, {
      head,
      piece: { name: 'rotate', basis: 'hadamard' },
      seed: 3,
      signal,
    });
    expect(Math.abs(kld)).toBeLessThan(1e-8);
  });

  it('notices a bias that was forgotten', async () => {
    const gpu = await testGpu();
    const model = await openModel(gpu, await openFolder(goldenModel('qwen2')));
    // A model that adds the plain biases whatever it is given.
    const kept = new Map<number, OpenBlock>();
    using scope = gpu.scope('plain blocks');
    for (let i = 0; i < model.blockCount; i++) kept.set(i, await model.openBlock(scope, i));
    const stubborn: Model = {
      ...model,
      forward: (into, block, hidden, batch) => {
        const bias = 'self_attn.v_proj.bias';
        const [from, to] = [kept.get(block.index)?.others.get(bias), block.others.get(bias)];
        if (from && to) gpu.copy(from.view, to.view);
        return model.forward(into, block, hidden, batch);
      },
    };
    const head = await model.openHead(scope);
    const failing = verifyRotation(gpu, stubborn, ids, {
      head,
      piece: { name: 'rotate', basis: 'hadamard' },
      seed: 3,
      signal,
    });
    await expect(failing).rejects.toBeInstanceOf(NumericError);
    await expect(failing).rejects.toThrow(/differs from the model by \d\.\d+ nats/);
  });

  it.each([
    ['mixtral', 'mlp.router'],
    ['qwen2-moe', 'mlp.router'],
    ['qwen2-moe', 'shared.gate'],
  ])('notices what stays as stored and reads the stream: in %s %s does not turn', async (name, stubborn) => {
    const gpu = await testGpu();
    const model = await openModel(gpu, await openFolder(goldenModel(name)));
    using scope = gpu.scope('plain layers');
    const plain = await Promise.all(
      Array.from({ length: model.blockCount }, async (_, block) => {
        const { weights } = await model.openBlock(scope, block);
        const layers = model.sites(block).flatMap((site) => (site.name === stubborn ? site.layers : []));
        return layers.map((layer) => [layer.name, present(weights.get(layer.name), layer.name)] as const);
      }),
    );
    const left: Model = {
      ...model,
      forward: (into, block, hidden, batch) =>
        model.forward(
          into,
          { ...block, weights: new Map([...block.weights, ...(plain[block.index] ?? [])]) },
          hidden,
          batch,
        ),
    };
    const head = await model.openHead(scope);
    const piece = { name: 'rotate', basis: 'hadamard' };
    const failing = verifyRotation(gpu, left, ids, { head, piece, seed: 3, signal });
    await expect(failing).rejects.toThrow(/differs from the model by \d+\.\d+ nats/);
  });
});

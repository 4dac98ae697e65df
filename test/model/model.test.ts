/** The Model as the lab uses it: sites, taps, replaced layers, embeddings, and checkpoints that do not fit their config. */
import { describe, expect, it } from 'vitest';
import type { StoredTensor } from '../../src/formats/checkpoint';
import { describeModel } from '../../src/model/describeModel';
import { modelLogits } from '../../src/model/modelLogits';
import { openModel } from '../../src/model/openModel';
import { readMatrix, uploadMatrix } from '../../src/tensor/matrix';
import { FormatError } from '../../src/util/errors';
import { testGpu } from '../gpu';
import { nmse } from '../opCase';
import { goldenModel, openFolder } from './folder';
import { smallLlama, syntheticCheckpoint } from './synthetic';

const ids = Uint32Array.from([3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8]);
const batch = { windows: 3, length: 4 };

describe('model', () => {
  it('shows the input of each site to the tap, in order', async () => {
    const gpu = await testGpu();
    using scope = gpu.scope('test');
    const model = await openModel(gpu, await syntheticCheckpoint(smallLlama));
    const seen: string[] = [];
    const block = await model.openBlock(scope, 1);
    await model.forward(scope, block, await model.embed(scope, ids), batch, (site, input) => {
      expect([input.rows, input.cols]).toEqual([12, site.cols]);
      seen.push(`${site.name}: ${site.layers.map(({ name, rows }) => `${name} ${rows}`).join(', ')}`);
    });
    expect(seen).toEqual([
      'attention.qkv: self_attn.q_proj 16, self_attn.k_proj 8, self_attn.v_proj 8',
      'attention.output: self_attn.o_proj 16',
      'mlp.gate-up: mlp.gate_proj 24, mlp.up_proj 24',
      'mlp.down: mlp.down_proj 16',
    ]);
    expect(model.sites(0).map(({ name }) => name)).toEqual(seen.map((line) => line.split(':')[0]));
    for (const { layers, cols } of model.sites(0)) {
      for (const { name, rows } of layers) expect(block.weights.get(name)).toMatchObject({ rows, cols });
    }
  });

  it('keeps windows apart: a batch equals its windows one by one, to the bit', async () => {
    const gpu = await testGpu();
    using scope = gpu.scope('test');
    const model = await openModel(gpu, await syntheticCheckpoint(smallLlama));
    const block = await model.openBlock(scope, 0);
    const hidden = await model.embed(scope, ids);
    const together = await readMatrix(gpu, await model.forward(scope, block, hidden, batch));
    for (let w = 0; w < 3; w++) {
      const own = await model.embed(scope, ids.slice(w * 4, w * 4 + 4));
      const alone = await readMatrix(gpu, await model.forward(scope, block, own, { windows: 1, length: 4 }));
      expect(together.slice(w * 64, w * 64 + 64)).toEqual(alone);
    }
    expect(await readMatrix(gpu, hidden), 'the input is kept').toEqual(
      await readMatrix(gpu, await model.embed(scope, ids)),
    );
  });

  it('runs with a replaced layer, of another type', async () => {
    const gpu = await testGpu();
    using scope = gpu.scope('test');
    const model = await openModel(gpu, await syntheticCheckpoint(smallLlama, 'BF16'));
    const block = await model.openBlock(scope, 0);
    const hidden = await model.embed(scope, ids);
    const before = await readMatrix(gpu, await model.forward(scope, block, hidden, batch));
    const down = block.weights.get('mlp.down_proj')!;
    expect(down.type).toBe('bf16');
    const same = uploadMatrix(scope, await readMatrix(gpu, down), down.rows, down.cols, 'same');
    const replaced = { ...block, weights: new Map(block.weights).set('mlp.down_proj', same) };
    expect(await readMatrix(gpu, await model.forward(scope, replaced, hidden, batch))).toEqual(before);
    const zero = uploadMatrix(scope, new Float32Array(down.rows * down.cols), down.rows, down.cols, 'zero');
    block.weights.set('mlp.down_proj', zero);
    expect(await readMatrix(gpu, await model.forward(scope, block, hidden, batch))).not.toEqual(before);
  });

  it('embeds by reading rows as it does from the whole table', async () => {
    const gpu = await testGpu();
    using scope = gpu.scope('test');
    for (const type of ['F32', 'F16', 'BF16'] as const) {
      const model = await openModel(gpu, await syntheticCheckpoint(smallLlama, type));
      const table = await model.openEmbedding(scope);
      const rows = await readMatrix(gpu, await model.embed(scope, ids));
      expect(rows).toEqual(await readMatrix(gpu, await model.embed(scope, ids, ids.length, table)));
      const all = await readMatrix(gpu, table);
      ids.forEach((id, t) => expect(rows.slice(t * 16, t * 16 + 16)).toEqual(all.slice(id * 16, id * 16 + 16)));
      await expect(model.embed(scope, Uint32Array.of(40))).rejects.toThrow(/token id 40 .* vocabulary of 40/);
    }
  });
});

describe('what the goldens pin', () => {
  /** Logits without the feature differ by more than a thousand bounds, so the golden would notice its loss. */
  it.each([
    ['llama-llama3', { rope_scaling: null }],
    ['llama-linear', { rope_scaling: null }],
    ['llama-dynamic', { rope_parameters: null }],
    ['mistral', { sliding_window: null }],
    ['mistral', { sliding_window: 8 }],
    ['qwen2-window', { use_sliding_window: false, layer_types: null }],
    ['llama', { rms_norm_eps: 1e-2 }],
  ])('%s is not itself with %j', async (name, change) => {
    const gpu = await testGpu();
    const checkpoint = await openFolder(goldenModel(name));
    const window = Uint32Array.from({ length: 48 }, (_, i) => (i * 37) % 64);
    const plain = await modelLogits(gpu, await openModel(gpu, checkpoint), window);
    const changed = { ...checkpoint, config: { ...checkpoint.config, ...change } };
    const other = await modelLogits(gpu, await openModel(gpu, changed), window);
    expect(Math.sqrt(nmse(other, plain))).toBeGreaterThan(1e-3);
  });
});

describe('checkpoints that do not fit', () => {
  const name = 'model.layers.1.mlp.down_proj.weight';

  it('names a missing tensor', async () => {
    await expect(describeModel(await syntheticCheckpoint(smallLlama, 'F32', { [name]: null }))).rejects.toThrow(name);
  });

  it('names a tensor of another shape, with both shapes', async () => {
    const error = await describeModel(
      await syntheticCheckpoint(smallLlama, 'F32', { [name]: { shape: [16, 25] } }),
    ).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(FormatError);
    expect((error as FormatError).details).toMatchObject({ tensor: name, found: '16×25', expected: '16×24' });
  });

  it.each(['F32', 'F16', 'BF16'] as const)(
    'names a tensor with NaN or infinities, and counts them (%s)',
    async (type) => {
      const gpu = await testGpu();
      using scope = gpu.scope('test');
      const edit = (bytes: Uint8Array) => {
        const size = type === 'F32' ? 4 : 2;
        // All ones is a NaN in every type.
        for (const at of [5, 77, 101]) bytes.fill(0xff, at * size, at * size + size);
      };
      const model = await openModel(gpu, await syntheticCheckpoint(smallLlama, type, { [name]: { edit } }));
      await expect(model.openBlock(scope, 1)).rejects.toThrow(
        new RegExp(`"${name}" holds 3 of 384 weights that are NaN or infinite`),
      );
    },
  );

  it('believes a stored head before tie_word_embeddings, unless it is a copy', async () => {
    const tied = { ...smallLlama, tie_word_embeddings: true };
    const own = { ...(await syntheticCheckpoint(smallLlama)), config: tied };
    const apart = await describeModel(own);
    expect(apart.tiedEmbeddings).toBe(false);
    expect(apart.parameters).toBe((await describeModel(await syntheticCheckpoint(smallLlama))).parameters);
    const embedding = own.tensors.get('model.embed_tokens.weight') as StoredTensor;
    const withHead = (head: StoredTensor) => ({ ...own, tensors: new Map([...own.tensors, ['lm_head.weight', head]]) });
    const copy = { ...embedding, name: 'lm_head.weight' };
    expect((await describeModel(withHead(copy))).tiedEmbeddings).toBe(true);
    // One bit of the last value.
    const read = async (begin?: number, end?: number) => {
      const bytes = await embedding.read(begin, end);
      if (end === embedding.shape[0]) bytes[bytes.length - 4]! ^= 1;
      return bytes;
    };
    expect((await describeModel(withHead({ ...copy, read }))).tiedEmbeddings).toBe(false);
  });

  it('tells a tied model from one whose head is missing', async () => {
    const head = { 'lm_head.weight': null };
    await expect(describeModel(await syntheticCheckpoint(smallLlama, 'F32', head))).rejects.toThrow('lm_head.weight');
    const card = await describeModel(
      await syntheticCheckpoint({ ...smallLlama, tie_word_embeddings: true }, 'F32', head),
    );
    expect(card.tiedEmbeddings).toBe(true);
    // Only the head is stored, and stands for the embedding.
    const byHead = { 'model.embed_tokens.weight': null };
    const stored = await syntheticCheckpoint(smallLlama, 'F32', byHead);
    const other = await describeModel({ ...stored, config: { ...smallLlama, tie_word_embeddings: true } });
    expect([other.tiedEmbeddings, other.parameters]).toEqual([true, card.parameters]);
    const untied = await describeModel(await syntheticCheckpoint(smallLlama));
    expect(untied.parameters - card.parameters).toBe(40 * 16);
    expect(untied.verdict.kind).toBe('fits');
    expect(untied.blocks.map((b) => b.name)).toEqual(['embedding', 'block 0', 'block 1', 'head']);
  });
});

/** Towers: what a picture becomes, where it goes, and what of config.json decides it. Logits are golden.test.ts's. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Checkpoint } from '../../src/formats/checkpoint';
import { describeModel } from '../../src/model/describeModel';
import { modelLogits } from '../../src/model/modelLogits';
import { openModel } from '../../src/model/openModel';
import { bucketedPositions, downColumns, shuffled } from '../../src/model/parts/patchRows';
import { patchesOf, picturesIn } from '../../src/model/patches';
import { openPlan, planOf, towerTensors } from '../../src/model/plan';
import { readMatrix } from '../../src/tensor/matrix';
import { present } from '../../src/util/assert';
import { testGpu } from '../gpu';
import { nmse } from '../opCase';
import { goldenModel, openFolder } from './folder';
import { goldenPictures } from './pictures';

const names = ['llava', 'llava-full', 'llava-new', 'llava-siglip', 'smolvlm', 'idefics3', 'vila'];
const golden = (name: string) => present(goldenPictures(name), name);
const firstIds = (name: string) => Uint32Array.from(golden(name).windows[0] ?? []);
const firstPixels = (name: string) => present(golden(name).pixels[0], name);
/** The same checkpoint with other fields in config.json. */
const changed = (checkpoint: Checkpoint, change: Record<string, unknown>): Checkpoint => ({
  ...checkpoint,
  config: { ...checkpoint.config, ...change },
});

describe('a model that looks at pictures', () => {
  it.each(names)('is its language model where it is given none: %s', async (name) => {
    const gpu = await testGpu();
    const checkpoint = await openFolder(goldenModel(name));
    const text = (checkpoint.config.text_config ?? checkpoint.config.llm) as Record<string, unknown>;
    // Tied as the whole is.
    const { tied } = await openPlan(checkpoint);
    const config = { ...text, tie_word_embeddings: tied };
    const alone = await openModel(gpu, { ...checkpoint, tensors: new Map(checkpoint.tensors), config });
    expect(alone.tower).toBeUndefined();
    const ids = firstIds(name);
    // VILA has no row for the place of a picture.
    const inside = ids.map((id) => id % 64);
    const without = await modelLogits(gpu, await openModel(gpu, checkpoint), inside);
    expect(without).toEqual(await modelLogits(gpu, alone, inside));
    expect(without).not.toEqual(await modelLogits(gpu, await openModel(gpu, checkpoint), ids, firstPixels(name)));
  });

  it('puts the features of as many pictures as there are places, and says both numbers otherwise', async () => {
    const gpu = await testGpu();
    const model = await openModel(gpu, await openFolder(goldenModel('llava')));
    const ids = firstIds('llava');
    for (const [wrong, places] of [
      [ids.map((id, at) => (at === 5 ? 3 : id)), 15],
      [Uint32Array.of(1, 2, 3), 0],
    ] as const) {
      await expect(modelLogits(gpu, model, wrong, firstPixels('llava'))).rejects.toMatchObject({
        code: 'wrong-pictures',
        details: { found: places, expected: 16 },
        message: expect.stringMatching(new RegExp(`${places} places .* 16 features`)) as string,
      });
    }
  });

  it('takes an id outside the vocabulary for the place of a picture', async () => {
    const gpu = await testGpu();
    const checkpoint = await openFolder(goldenModel('llava'));
    const ids = firstIds('llava');
    const pixels = firstPixels('llava');
    const want = await modelLogits(gpu, await openModel(gpu, checkpoint), ids, pixels);
    const outside = await openModel(gpu, changed(checkpoint, { image_token_index: 64 }));
    const moved = ids.map((id) => (id === 63 ? 64 : id));
    expect(await modelLogits(gpu, outside, moved, pixels)).toEqual(want);
    await expect(modelLogits(gpu, outside, moved)).rejects.toThrow(/token id 64 .* vocabulary of 64/);
  });

  it('says so where a model looks at none', async () => {
    const gpu = await testGpu();
    for (const name of ['llama', 'gemma3-nested']) {
      const model = await openModel(gpu, await openFolder(goldenModel(name)));
      await expect(modelLogits(gpu, model, Uint32Array.of(1, 2), new Float32Array(12))).rejects.toMatchObject({
        code: 'no-tower',
      });
    }
  });

  it('counts its tower in its sizes, quantizes none of it, and tells what a picture takes', async () => {
    for (const name of ['llava', 'smolvlm']) {
      const checkpoint = await openFolder(goldenModel(name));
      const plan = await openPlan(checkpoint);
      const card = await describeModel(checkpoint);
      const read = new Set(towerTensors(present(plan.tower, name)).map(({ from }) => from.tensor));
      const bytes = [...read].reduce((sum, tensor) => sum + present(checkpoint.tensors.get(tensor), tensor).bytes, 0);
      expect(card.blocks[0]).toMatchObject({ name: 'tower', bytes });
      expect(card.bytes).toBe(card.blocks.reduce((sum, block) => sum + block.bytes, 0));
      const inSites = plan.blocks.flatMap(({ sites }) =>
        sites.flatMap(({ layers, cols }) => layers.map((l) => l.rows * cols)),
      );
      expect(card.linearParameters).toBe(inSites.reduce((a, b) => a + b));
      const [side, features] = name === 'llava' ? [28, 16] : [32, 4];
      expect(card.pictures).toEqual({ side, features, id: 63 });
    }
    expect((await describeModel(await openFolder(goldenModel('llama')))).pictures).toBeUndefined();
  });
});

describe('a look', () => {
  it.each(['llava', 'smolvlm'])(
    'makes of several pictures what it makes of each, and keeps nothing: %s',
    async (name) => {
      const gpu = await testGpu();
      const tower = present((await openModel(gpu, await openFolder(goldenModel(name)))).tower, 'tower');
      const pixels = present(golden(name).pixels[1], name);
      const size = 3 * tower.side ** 2;
      using scope = gpu.scope('look');
      const before = gpu.memory();
      const both = await tower.look(scope, pixels);
      const after = gpu.memory();
      expect(after.liveBuffers - before.liveBuffers).toBe(1);
      expect(both.rows).toBe(2 * tower.features);
      const all = await readMatrix(gpu, both);
      for (const at of [0, 1]) {
        const own = await readMatrix(gpu, await tower.look(scope, pixels.slice(at * size, (at + 1) * size)));
        expect(own).toEqual(all.slice(at * own.length, (at + 1) * own.length));
      }
    },
  );

  it('passes over pictures of zeros where the model does, but never over all', async () => {
    const gpu = await testGpu();
    using scope = gpu.scope('look');
    for (const [name, seen] of [
      ['smolvlm', 1],
      ['llava', 2],
    ] as const) {
      const tower = present((await openModel(gpu, await openFolder(goldenModel(name)))).tower, 'tower');
      const one = firstPixels(name).slice(0, 3 * tower.side ** 2);
      const beside = new Float32Array(2 * one.length);
      beside.set(one, one.length);
      expect((await tower.look(scope, beside)).rows).toBe(seen * tower.features);
      expect((await tower.look(scope, new Float32Array(one.length))).rows).toBe(tower.features);
    }
  });

  it('refuses pixels that are of no whole pictures, or not finite', () => {
    const plan = { picture: 4, blank: 'seen' } as const;
    for (const count of [0, 47, 49]) {
      expect(() => picturesIn(new Float32Array(count), plan)).toThrow(
        `${count} pixel values, and this model looks at pictures of 3×4×4`,
      );
    }
    const broken = new Float32Array(96);
    broken[50] = Infinity;
    expect(() => picturesIn(broken, plan)).toThrow('pixel value 50 of 96 is Infinity');
    expect(picturesIn(new Float32Array(96), plan)).toHaveLength(2);
  });

  it('cuts patches row by row, each in order channel, row, column', () => {
    // Value = channel · 100 + row · 10 + column; a fifth column and row are less than a patch.
    const picture = Float32Array.from(
      { length: 75 },
      (_, i) => Math.floor(i / 25) * 100 + Math.floor((i % 25) / 5) * 10 + (i % 5),
    );
    const cells = patchesOf([picture], 5, 2, 1);
    const patch = (row: number, col: number) =>
      [0, 100, 200].flatMap((channel) => [0, 1, 10, 11].map((at) => channel + row * 20 + col * 2 + at));
    expect([...cells]).toEqual([
      ...Array<number>(12).fill(0),
      ...patch(0, 0),
      ...patch(0, 1),
      ...patch(1, 0),
      ...patch(1, 1),
    ]);
  });
});

describe('rows of a tower', () => {
  it('are shuffled block by block, row by row', () => {
    expect(shuffled(4, 2)).toEqual({ order: [0, 1, 4, 5, 2, 3, 6, 7, 8, 9, 12, 13, 10, 11, 14, 15], join: 4 });
    expect(shuffled(3, 1).order).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it('are joined by four down the columns, with zeros beyond the edge', () => {
    expect(downColumns(4)).toEqual({ order: [0, 1, 4, 5, 8, 9, 12, 13, 2, 3, 6, 7, 10, 11, 14, 15], join: 4 });
    const order = [0, 1, 3, 4, 6, 7, null, null, 2, null, 5, null, 8, null, null, null];
    expect(downColumns(3)).toEqual({ order, join: 4 });
    expect(downColumns(27).order).toHaveLength(4 * 196);
  });

  it('lie where transformers finds them in float32 (test/golden/positions.py)', () => {
    const moved = JSON.parse(readFileSync(join(goldenModel('..'), 'positions.json'), 'utf8')) as Record<
      string,
      [patch: number, position: number][]
    >;
    expect(Object.keys(moved)).toContain('19');
    for (let side = 1; side <= 128; side++) {
      const want = Array.from({ length: side }, (_, i) => i);
      for (const [patch, position] of moved[side] ?? []) want[patch] = position;
      const all = bucketedPositions(side);
      expect(all.slice(0, side), `${side} patches a side`).toEqual(want);
      expect(all).toEqual(want.flatMap((row) => want.map((col) => row * side + col)));
    }
  });
});

describe('config.json of a model that looks at pictures', () => {
  it.each([
    ['llava', { vision_feature_layer: -1 }],
    ['llava', { vision_feature_layer: 0 }],
    ['llava', { projector_hidden_act: 'gelu_pytorch_tanh' }],
    ['llava', { vision_config: { hidden_act: 'gelu' } }],
    ['llava', { vision_config: { layer_norm_eps: 0.1 } }],
    ['llava-siglip', { vision_config: { hidden_act: 'quick_gelu' } }],
    ['smolvlm', { vision_config: { layer_norm_eps: 0.1 } }],
    ['vila', { mm_vision_select_layer: -3 }],
  ])('decides what %s sees: %j', async (name, { vision_config, ...change }: Record<string, unknown>) => {
    const gpu = await testGpu();
    const checkpoint = await openFolder(goldenModel(name));
    const vision = { ...(checkpoint.config.vision_config as object), ...(vision_config as object) };
    const logits = async (one: Checkpoint) =>
      modelLogits(gpu, await openModel(gpu, one), firstIds(name), firstPixels(name));
    const other = await logits(changed(checkpoint, { ...change, vision_config: vision }));
    // The golden's bound is 1e-5: it would notice.
    expect(Math.sqrt(nmse(other, await logits(checkpoint)))).toBeGreaterThan(1e-4);
  });

  /** As llava-1.5-7b-hf is published: sizes of the language model are those of its class. */
  const published = {
    model_type: 'llava',
    image_token_index: 32_000,
    projector_hidden_act: 'gelu',
    text_config: { max_position_embeddings: 4096, model_type: 'llama', rms_norm_eps: 1e-5, vocab_size: 32_064 },
    vision_config: {
      ...{ hidden_size: 1024, image_size: 336, intermediate_size: 4096, model_type: 'clip_vision_model' },
      ...{ num_attention_heads: 16, num_hidden_layers: 24, patch_size: 14, projection_dim: 768, vocab_size: 32_000 },
    },
    vision_feature_layer: -2,
    vision_feature_select_strategy: 'default',
  };

  it('may leave out what is usual', async () => {
    const said = await planOf(published);
    expect(said.facts).toEqual({ vocabulary: 32_064, hidden: 4096, heads: 32, keyValueHeads: 32, maxContext: 4096 });
    expect(said.blocks).toHaveLength(32);
    expect(said.blocks[0]?.sites.at(-1)?.cols).toBe(11_008);
    const { tower } = said;
    expect([tower?.picture, tower?.patch, tower?.width, tower?.id]).toEqual([336, 14, 1024, 32_000]);
    // A norm, then all layers but one.
    expect(tower?.blocks).toHaveLength(24);
    expect(tower?.features.order).toHaveLength(576);
    // The tower that is meant where none is described is that same one.
    const { tower: unsaid } = await planOf({ ...published, vision_config: undefined });
    expect(unsaid?.blocks.map(({ tensors }) => tensors)).toEqual(tower?.blocks.map(({ tensors }) => tensors));
    const described = await planOf({ ...published, vision_config: { model_type: 'siglip_vision_model' } });
    expect([described.tower?.picture, described.tower?.patch, described.tower?.width]).toEqual([224, 16, 768]);
  });

  it.each([
    ['mistral', [4096, 32, 8, 32_000, 14_336, 32]],
    ['qwen2', [4096, 32, 32, 151_936, 22_016, 32]],
    ['gemma2', [2304, 8, 4, 256_000, 9216, 26]],
    ['gemma3_text', [2304, 8, 4, 262_208, 9216, 26]],
    ['smollm3', [2048, 16, 4, 128_256, 11_008, 36]],
    ['phi3', [3072, 32, 32, 32_064, 8192, 32]],
  ])('means the sizes of its class where it names only %s', async (model_type, want) => {
    const { facts, blocks } = await planOf({ model_type: 'llava', text_config: { model_type } });
    const { hidden, heads, keyValueHeads, vocabulary } = facts;
    const inner = blocks[0]?.sites.at(-1)?.cols;
    expect([hidden, heads, keyValueHeads, vocabulary, inner, blocks.length]).toEqual(want);
  });

  it('of Gemma 3 leaves its heads and vocabulary out, as published', async () => {
    const text_config = {
      hidden_size: 2560,
      intermediate_size: 10_240,
      model_type: 'gemma3_text',
      num_hidden_layers: 34,
    };
    const { facts, tower } = await planOf({ model_type: 'gemma3', text_config, vision_config: { image_size: 896 } });
    expect(facts).toMatchObject({ hidden: 2560, heads: 8, keyValueHeads: 4, vocabulary: 262_208 });
    expect(tower).toBeUndefined();
  });

  it.each([
    [
      { mm_vision_tower: 'openai/clip-vit-large-patch14-336' },
      /"mm_vision_tower" is .* the conversion for transformers, whose name ends in "-hf"/,
    ],
    [{ text_config: { model_type: 'bloom' } }, /the architecture of "text_config" is "bloom"/],
    [
      { vision_config: { model_type: 'pixtral' } },
      /"vision_config\.model_type" is "pixtral"; expected "clip_vision_model"/,
    ],
    [{ vision_config: { num_channels: 4 } }, /"vision_config\.num_channels" is 4; expected 3/],
    [{ vision_config: { hidden_size: 10, num_attention_heads: 3 } }, /a divisor of hidden_size \(10\)/],
    [{ vision_config: { image_size: 8192, patch_size: 2 } }, /expected at least 32 pixels/],
    [{ vision_feature_layer: [-2, -5] }, /"vision_feature_layer" is .*expected an integer from -25 to 24/],
    [{ vision_feature_select_strategy: 'cls' }, /expected "default" or "full"/],
    [{ text_config: { model_type: 'opt', word_embed_proj_dim: 512 } }, /a language model whose table is as wide/],
  ])('is refused with %j', async (change, message) => {
    await expect(planOf({ ...published, ...change })).rejects.toThrow(message);
  });

  /** As VILA1.5-3b is published: parts by the names of their folders. */
  const vila = {
    model_type: 'llava_llama',
    image_aspect_ratio: 'resize',
    mm_vision_select_feature: 'cls_patch',
    mm_vision_select_layer: -2,
    s2: false,
    vision_resolution: -1,
    llm: {
      ...{ model_type: 'llama', hidden_size: 2560, intermediate_size: 6912, num_hidden_layers: 32, vocab_size: 32_000 },
      ...{ num_attention_heads: 20, num_key_value_heads: 20, max_position_embeddings: 4096 },
    },
    vision_tower: {
      ...{ model_type: 'siglip_vision_model', hidden_size: 1152, intermediate_size: 4304, num_hidden_layers: 27 },
      ...{ num_attention_heads: 16, image_size: 384, patch_size: 14 },
    },
    mm_projector: { model_type: 'v2l_projector', mm_projector_type: 'mlp_downsample' },
  };

  it('of VILA says what its tower makes of a picture', async () => {
    const { tower, facts, blocks } = await planOf(vila);
    expect([tower?.picture, tower?.patch, tower?.width, tower?.id]).toEqual([384, 14, 1152, 32_000]);
    expect(tower?.blocks).toHaveLength(26);
    expect((tower?.features.order.length ?? 0) / 4).toBe(196);
    expect(tower?.projector.sites.map(({ cols }) => cols)).toEqual([4 * 1152, 2560]);
    expect([facts.hidden, blocks.length]).toEqual([2560, 32]);
  });

  it.each([
    [{ llm: undefined }, /"llm" is nothing; expected the config of a folder "llm" .* open the folder around all parts/],
    [{ vision_tower: { ...vila.vision_tower, model_type: 'intern_vit_6b' } }, /"vision_tower\.model_type" is "intern/],
    [{ mm_projector: { mm_projector_type: 'mlp2x_gelu' } }, /"mm_projector\.mm_projector_type" .* "mlp_downsample"/],
    [{ image_aspect_ratio: 'pad' }, /"image_aspect_ratio" is "pad"; expected "resize"/],
    [{ mm_vision_select_feature: 'patch' }, /"mm_vision_select_feature" is "patch"; expected "cls_patch"/],
    [{ vision_resolution: 448 }, /"vision_resolution" is 448; expected -1, or 384/],
    [{ s2: true }, /"s2" is true; expected false/],
  ])('of VILA is refused with %j', async (change, message) => {
    await expect(planOf({ ...vila, ...change })).rejects.toThrow(message);
  });

  it('of SmolVLM is refused with a factor that does not divide its patches', async () => {
    const config = { model_type: 'smolvlm', text_config: {}, vision_config: { image_size: 512, patch_size: 16 } };
    await expect(planOf({ ...config, scale_factor: 5 })).rejects.toThrow('a divisor of the 32 patches');
    const { tower } = await planOf({ ...config, scale_factor: 4 });
    expect(tower?.features.join).toBe(16);
    expect(tower?.projector.sites[0]?.cols).toBe(16 * 1152);
  });
});

/** Models that are saved part by part, each in a folder of its own with its config, as VILA is. */
import { describe, expect, it } from 'vitest';
import type { SourceFile } from '../../src/formats/checkpoint';
import { openCheckpoint } from '../../src/formats/openCheckpoint';
import { writeSafetensors } from '../../src/formats/writeSafetensors';
import { failureOf, fileOf, tinyConfig, tinyTokenizer, tinyWeights } from './files';

const one = (name: string): Blob =>
  writeSafetensors([{ name, type: 'F32', shape: [1], bytes: new Uint8Array(Float32Array.of(3).buffer) }]);
const own = { model_type: 'llava_llama', llm_cfg: {}, vision_tower_cfg: './vision_tower', mm_projector_cfg: {} };
const processor = { image_processor_type: 'SiglipImageProcessor' };

const files = (prefix = ''): SourceFile[] =>
  Object.entries({
    'config.json': own,
    'llm/config.json': tinyConfig,
    'llm/tokenizer.json': tinyTokenizer,
    'llm/model.safetensors': tinyWeights(),
    'vision_tower/config.json': { model_type: 'siglip_vision_model' },
    'vision_tower/preprocessor_config.json': processor,
    'vision_tower/model.safetensors': one('vision_model.x'),
    'mm_projector/config.json': { mm_projector_type: 'mlp_downsample' },
    'mm_projector/model.safetensors': one('layers.1.weight'),
  }).map(([path, content]) => fileOf(prefix + path, content));

describe('a folder of parts', () => {
  it.each(['', 'VILA1.5-3b/', 'models/VILA1.5-3b/'])('is one checkpoint, dropped as "%s"', async (prefix) => {
    const checkpoint = await openCheckpoint(files(prefix));
    expect(checkpoint.name).toBe(prefix === '' ? 'checkpoint' : 'VILA1.5-3b');
    expect([...checkpoint.tensors.keys()].sort()).toEqual([
      'lm_head.weight',
      'mm_projector.layers.1.weight',
      'model.norm.weight',
      'vision_tower.x',
    ]);
    expect(checkpoint.config).toMatchObject({
      ...own,
      llm: tinyConfig,
      vision_tower: { model_type: 'siglip_vision_model' },
    });
    expect([...(await checkpoint.tokenizer()).encode('ab', 'none')]).toEqual([3]);
    expect((await checkpoint.preprocessor?.())?.json).toEqual(processor);
  });

  it('is its language model where that part is opened alone', async () => {
    const { config, tensors } = await openCheckpoint(files().filter(({ path }) => path.startsWith('llm/')));
    expect(config).toEqual(tinyConfig);
    expect([...tensors.keys()]).toContain('model.norm.weight');
  });

  it.each([
    ['mm_projector/config.json', 'config'],
    ['llm/model.safetensors', 'weights'],
  ])('without %s leaves that part out, which the architecture misses by name', async (missing) => {
    const { config } = await openCheckpoint(files().filter(({ path }) => path !== missing));
    expect(config).not.toHaveProperty(missing.split('/')[0] ?? '');
  });

  it('says which files are missing: tokenizer and preprocessor in no part, shards of one', async () => {
    const without = (name: string) => files().filter(({ path }) => !path.endsWith(name));
    const blind = await openCheckpoint(without('preprocessor_config.json'));
    await expect(blind.preprocessor?.()).rejects.toThrow('preprocessor_config.json is missing');
    await expect((await openCheckpoint(without('tokenizer.json'))).tokenizer()).rejects.toThrow(
      'tokenizer.json is missing',
    );
    const published = [...without('tokenizer.json'), fileOf('llm/tokenizer.model', 'x')];
    await expect((await openCheckpoint(published)).tokenizer()).rejects.toThrow(
      /^llm\/tokenizer\.json is missing; found .* tokenizer\.model is not read; make tokenizer\.json with transformers/,
    );
    const half = [...without('llm/model.safetensors'), fileOf('llm/model-00001-of-00002.safetensors', tinyWeights())];
    expect((await failureOf(() => openCheckpoint(half))).message).toMatch(/1 of 2 weight files are missing/);
  });

  it('is none of folders that the config says nothing of: states that a training kept', async () => {
    const kept = ['checkpoint-100', 'checkpoint-200'].flatMap((name) => [
      fileOf(`${name}/config.json`, tinyConfig),
      fileOf(`${name}/model.safetensors`, tinyWeights()),
    ]);
    const failure = await failureOf(() => openCheckpoint([fileOf('config.json', tinyConfig), ...kept]));
    expect(failure.message).toMatch(/model\.safetensors is missing/);
  });
});

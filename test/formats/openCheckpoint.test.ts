/** Whole folders: as transformers saves them, as people drop them, and broken in every way that the issue names. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { SourceFile } from '../../src/formats/checkpoint';
import { openCheckpoint } from '../../src/formats/openCheckpoint';
import { requireTensor } from '../../src/formats/requireTensor';
import { writeSafetensors } from '../../src/formats/writeSafetensors';
import {
  failureOf,
  fileOf,
  filesIn,
  rawSafetensors,
  tinyCheckpoint,
  tinyConfig,
  tinyTokenizer,
  tinyWeights,
} from './files';

const golden = join(import.meta.dirname, '../golden/safetensors/sharded');
const stories = resolve(import.meta.dirname, '../../../shared/data/models/stories260K-f32');
const sharded = (keep: (path: string) => boolean = () => true) => filesIn(golden).filter(({ path }) => keep(path));
const INDEX = 'model.safetensors.index.json';
const prefixed = (prefix: string, files: readonly SourceFile[]) =>
  files.map(({ path, blob }) => ({ path: prefix + path, blob }));

describe('shards saved by transformers', () => {
  const sums = JSON.parse(readFileSync(join(golden, 'sums.json'), 'utf8')) as Record<
    string,
    { shape: number[]; sha256: string }
  >;

  it.each([
    ['with their index', () => sharded()],
    ['without an index, by their names', () => sharded((path) => !path.endsWith(INDEX))],
  ])('%s', async (_, files) => {
    const { tensors, name } = await openCheckpoint(files());
    expect(name).toBe('sharded');
    expect([...tensors.keys()].sort()).toEqual(Object.keys(sums).sort());
    for (const [tensor, entry] of tensors) {
      expect(entry.shape).toEqual(sums[tensor]?.shape);
      expect(
        createHash('sha256')
          .update(await entry.read())
          .digest('hex'),
      ).toBe(sums[tensor]?.sha256);
    }
  });

  it('have the fingerprint of the same tensors in one file', async () => {
    const checkpoint = await openCheckpoint(sharded());
    const fingerprint = await checkpoint.fingerprint();
    const entries = await Promise.all(
      [...checkpoint.tensors.values()]
        .reverse()
        .map(async (entry) => ({ name: entry.name, type: entry.type, shape: entry.shape, bytes: await entry.read() })),
    );
    const single = [fileOf('config.json', checkpoint.config), fileOf('model.safetensors', writeSafetensors(entries))];
    expect(await (await openCheckpoint(single)).fingerprint()).toBe(fingerprint);
    const first = entries[0] as (typeof entries)[number];
    first.bytes.set([(first.bytes.at(-1) as number) ^ 1], first.bytes.length - 1);
    const changed = [fileOf('config.json', checkpoint.config), fileOf('model.safetensors', writeSafetensors(entries))];
    expect(await (await openCheckpoint(changed)).fingerprint()).not.toBe(fingerprint);
  });

  it('have the fingerprint that logs and kept layers know, though its samples are read together', async () => {
    let [reading, most] = [0, 0];
    const counted = ({ path, blob }: SourceFile): SourceFile => {
      const slice = (begin: number, end: number) => ({
        arrayBuffer: async () => {
          most = Math.max(most, ++reading);
          await new Promise((resolve) => setTimeout(resolve));
          reading--;
          return blob.slice(begin, end).arrayBuffer();
        },
      });
      return { path, blob: Object.defineProperty(blob.slice(), 'slice', { value: slice }) };
    };
    const checkpoint = await openCheckpoint(sharded().map(counted));
    expect(await checkpoint.fingerprint()).toBe('081cd0dbf671c6fd');
    expect(most).toBeGreaterThanOrEqual(4 * Math.min(64, checkpoint.tensors.size));
  });

  it('missing ones are named', async () => {
    const error = await failureOf(() => openCheckpoint(sharded((path) => !/0000[24]-of/.test(path))));
    expect(error).toMatchObject({ code: 'missing-shards', details: { missing: 2, expected: 5 } });
    expect(error.message).toContain('model-00002-of-00005.safetensors, model-00004-of-00005.safetensors');
    const unindexed = sharded((path) => !path.endsWith(INDEX) && !path.includes('00003-of'));
    expect((await failureOf(() => openCheckpoint(unindexed))).message).toContain('model-00003-of-00005.safetensors');
  });

  it.each<[string, object | string, string]>([
    [
      'names another shard',
      {
        weight_map: {
          ...Object.fromEntries([1, 2, 3, 4, 5].map((i) => [`ghost ${i}`, `model-0000${i}-of-00005.safetensors`])),
          'lm_head.weight': 'model-00002-of-00005.safetensors',
        },
      },
      'index-contradicts',
    ],
    ['names a file outside', { weight_map: { a: '../model-00001-of-00005.safetensors' } }, 'bad-index'],
    ['names no file', { weight_map: { a: 7 } }, 'bad-index'],
    ['has no map', { metadata: {} }, 'bad-index'],
    ['is empty', { weight_map: {} }, 'bad-index'],
    ['repeats a key', '{"weight_map":{"a":"x","a":"y"}}', 'duplicate-key'],
    ['is cut off', '{"weight_map":{"a":', 'not-json'],
    ['is a Git-LFS pointer', 'version https://git-lfs.github.com/spec/v1\n', 'git-lfs-pointer'],
  ])('an index that %s is refused', async (_, index, code) => {
    const files = [...sharded((path) => !path.endsWith(INDEX)), fileOf(`sharded/${INDEX}`, index)];
    const error = await failureOf(() => openCheckpoint(files));
    expect(error).toMatchObject({ name: 'FormatError', code });
  });

  it('an index may promise what no file holds and no model needs', async () => {
    const whole = await openCheckpoint(sharded());
    const index = JSON.parse(await (sharded((path) => path.endsWith(INDEX))[0] as SourceFile).blob.text()) as {
      weight_map: Record<string, string>;
    };
    index.weight_map['model.layers.0.self_attn.rotary_emb.inv_freq'] = 'model-00001-of-00005.safetensors';
    const files = [...sharded((path) => !path.endsWith(INDEX)), fileOf(`sharded/${INDEX}`, index)];
    const opened = await openCheckpoint(files);
    expect([...opened.tensors.keys()].sort()).toEqual([...whole.tensors.keys()].sort());
  });

  it('may lie in a folder inside', async () => {
    const index = { weight_map: { 'model.norm.weight': 'part/a.safetensors', 'lm_head.weight': 'part/a.safetensors' } };
    const files = [
      fileOf('m/config.json', tinyConfig),
      fileOf(`m/${INDEX}`, index),
      fileOf('m/part/a.safetensors', tinyWeights()),
    ];
    expect((await openCheckpoint(files)).tensors.size).toBe(2);
  });

  it('a tensor in two of them counts where the index says, and is refused without one', async () => {
    const shard = (value: number) =>
      writeSafetensors([
        { name: 'w', type: 'F32', shape: [1], bytes: new Uint8Array(new Float32Array([value]).buffer) },
      ]);
    const files = [
      fileOf('config.json', {}),
      fileOf('model-00001-of-00002.safetensors', shard(1)),
      fileOf('model-00002-of-00002.safetensors', shard(2)),
    ];
    expect(await failureOf(() => openCheckpoint(files))).toMatchObject({ code: 'duplicate-tensor' });
    const other = writeSafetensors([{ name: 'v', type: 'F32', shape: [0], bytes: new Uint8Array(0) }]);
    const map = { w: 'model-00002-of-00002.safetensors', v: 'more.safetensors' };
    const { tensors } = await openCheckpoint([
      ...files,
      fileOf('more.safetensors', other),
      fileOf(INDEX, { weight_map: map }),
    ]);
    expect(new Float32Array((await tensors.get('w')?.read())?.buffer as ArrayBuffer)).toEqual(new Float32Array([2]));
  });
});

describe('finding the checkpoint', () => {
  it.each([
    ['flat', tinyCheckpoint(), 'checkpoint'],
    ['in a folder', prefixed('tiny/', tinyCheckpoint()), 'tiny'],
    ['deep, with backslashes', prefixed('C:\\models\\tiny\\', tinyCheckpoint()), 'tiny'],
    [
      'beside hidden files',
      [...tinyCheckpoint(), fileOf('.git/config.json', '{'), fileOf('._config.json', '?')],
      'checkpoint',
    ],
    ['above another config', [...prefixed('m/', tinyCheckpoint()), fileOf('m/onnx/config.json', '{')], 'm'],
    ['beside a folder without weights', [...prefixed('m/', tinyCheckpoint()), fileOf('n/config.json', '{')], 'm'],
    [
      'under one odd name',
      tinyCheckpoint({ 'model.safetensors': null, 'tiny.safetensors': tinyWeights() }),
      'checkpoint',
    ],
  ])('%s', async (_, files, name) => {
    const checkpoint = await openCheckpoint(files);
    expect(checkpoint.name).toBe(name);
    expect([...checkpoint.tensors.keys()]).toEqual(['model.norm.weight', 'lm_head.weight']);
    expect((await checkpoint.tokenizer()).vocabularySize).toBe(4);
  });

  it('takes the name that it is given', async () => {
    expect((await openCheckpoint(tinyCheckpoint(), { name: 'mine' })).name).toBe('mine');
  });

  it.each<[string, readonly SourceFile[], string, string]>([
    ['nothing', [], 'missing-file', 'no files were given'],
    ['weights alone', tinyCheckpoint({ 'config.json': null }), 'missing-file', 'config.json is missing'],
    ['no weights', tinyCheckpoint({ 'model.safetensors': null }), 'missing-file', 'model.safetensors is missing'],
    ['a GGUF file', [fileOf('llama-q4.gguf', 'GGUF')], 'unsupported-format', 'GGUF'],
    ['a PyTorch file', [fileOf('pytorch_model.bin', 'PK')], 'unsupported-format', 'save_pretrained'],
    ['a PyTorch file with its config', [fileOf('config.json', {}), fileOf('model.pt', 'PK')], 'missing-file', 'pickle'],
    ['an archive', [fileOf('model.zip', 'PK')], 'unsupported-format', 'Unpack'],
    [
      'two checkpoints',
      [...prefixed('a/', tinyCheckpoint()), ...prefixed('b/', tinyCheckpoint())],
      'several-checkpoints',
      'a/, b/',
    ],
    ['files of two folders, flat', [...tinyCheckpoint(), ...tinyCheckpoint()], 'duplicate-file', 'config.json'],
    [
      'two weight files',
      tinyCheckpoint({ 'model.safetensors': null, 'a.safetensors': tinyWeights(), 'b.safetensors': tinyWeights() }),
      'missing-file',
      INDEX,
    ],
    ['a config of 0 bytes', tinyCheckpoint({ 'config.json': '' }), 'empty-file', 'config.json'],
    ['a config that is a list', tinyCheckpoint({ 'config.json': '[]' }), 'not-an-object', 'a list of 0'],
    [
      'a config with __proto__',
      tinyCheckpoint({ 'config.json': '{"a":{"__proto__":{"x":1}}}' }),
      'forbidden-key',
      '__proto__',
    ],
    ['weights of 0 bytes', tinyCheckpoint({ 'model.safetensors': '' }), 'empty-file', 'model.safetensors'],
  ])('refuses %s', async (_, files, code, words) => {
    const error = await failureOf(() => openCheckpoint(files));
    expect(error).toMatchObject({ name: 'FormatError', code });
    expect(error.message).toContain(words);
  });
});

describe('its tokenizer', () => {
  it.each<[string, Parameters<typeof tinyCheckpoint>[0], string, string]>([
    ['is missing', { 'tokenizer.json': null }, 'missing-file', 'tokenizer.json'],
    [
      'is a tokenizer.model',
      { 'tokenizer.json': null, 'tokenizer.model': 'x' },
      'missing-file',
      'tokenizer.model is not read',
    ],
    [
      'is a Git-LFS pointer',
      { 'tokenizer.json': 'version https://git-lfs.github.com/spec/v1\n' },
      'git-lfs-pointer',
      'git lfs pull',
    ],
    ['has 0 bytes', { 'tokenizer.json': '' }, 'empty-file', '0 bytes'],
    ['is no JSON', { 'tokenizer.json': '{"model":' }, 'not-json', 'not valid JSON'],
    [
      'is larger than the model',
      { 'config.json': { vocab_size: 3 } },
      'vocabulary-mismatch',
      'so 4 tokens, and config.json says vocab_size 3',
    ],
    ['meets a senseless size', { 'config.json': { vocab_size: 'many' } }, 'bad-config', '"many"'],
  ])('%s: refused when it is asked for, not before', async (_, changes, code, words) => {
    const checkpoint = await openCheckpoint(tinyCheckpoint(changes));
    const error = await failureOf(() => checkpoint.tokenizer());
    expect(error).toMatchObject({ name: 'FormatError', code });
    expect(error.message).toContain(words);
  });

  it.each<[string, object | null, object, number | null]>([
    ['by name', { bos_token: '<s>' }, {}, 0],
    ['by an object', { bos_token: { content: 'b' } }, tinyConfig, 2],
    ['null where the settings say so', { bos_token: null }, tinyConfig, null],
    ['by config.json where the settings are silent', {}, { bos_token_id: 3 }, 3],
    ['by config.json without settings', null, { bos_token_id: [1, 2] }, 1],
    ['null where nobody names one', null, {}, null],
  ])('finds BOS %s', async (_, settings, config, bos) => {
    const files = tinyCheckpoint({ 'tokenizer_config.json': settings, 'config.json': config });
    expect((await (await openCheckpoint(files)).tokenizer()).bos).toBe(bos);
  });

  it('is made once', async () => {
    const checkpoint = await openCheckpoint(tinyCheckpoint());
    expect(await checkpoint.tokenizer()).toBe(await checkpoint.tokenizer());
  });

  it('adds special tokens that only tokenizer_config.json names, after all others, as transformers does', async () => {
    const settings = { pad_token: '[PAD]', bos_token: '<start>', eos_token: { content: '<s>' } };
    const tokenizer = await (await openCheckpoint(tinyCheckpoint({ 'tokenizer_config.json': settings }))).tokenizer();
    // The embedding has four rows: a text that uses the fifth is refused when it is cut.
    expect([tokenizer.bos, tokenizer.eos, tokenizer.vocabularySize]).toEqual([4, 0, 6]);
    expect([...tokenizer.encode('ab<start>b[PAD]', 'none')]).toEqual([3, 4, 2, 5]);
    const odd = tinyCheckpoint({ 'tokenizer_config.json': { bos_token: 7 } });
    expect((await failureOf(async () => (await openCheckpoint(odd)).tokenizer())).message).toContain('bos_token is 7');
  });

  it('may have added tokens that the embedding lacks, and no more of the vocabulary', async () => {
    const added_tokens = [...tinyTokenizer.added_tokens, { id: 4, content: '[PAD]', special: true }];
    const more = tinyCheckpoint({ 'tokenizer.json': { ...tinyTokenizer, added_tokens } });
    expect((await (await openCheckpoint(more)).tokenizer()).vocabularySize).toBe(5);
  });
});

describe('what else lies in the folder', () => {
  it('is said where it might be expected to count', async () => {
    const beside = [...tinyCheckpoint(), fileOf('adapter_model.safetensors', tinyWeights())];
    expect((await openCheckpoint(beside)).remarks).toEqual([
      expect.stringContaining('adapter_model.safetensors lies beside the weights and is not applied'),
    ]);
    expect((await openCheckpoint(tinyCheckpoint())).remarks).toBeUndefined();
  });

  it('and a whole model in a hidden folder is named', async () => {
    const error = await failureOf(() => openCheckpoint(prefixed('.cache/huggingface/', tinyCheckpoint())));
    expect(error.code).toBe('hidden-folder');
    expect(error.message).toContain('.cache/huggingface/config.json');
  });

  it('and a hidden file, which is none, is no folder to open', async () => {
    const error = await failureOf(() => openCheckpoint([fileOf('README.md', ''), fileOf('._config.json', '{}')]));
    expect(error.code).toBe('missing-file');
    expect(error.message).toContain('is missing; found README.md.');
  });
});

describe('what other tools write', () => {
  it('names without "model." are read', async () => {
    const bare = writeSafetensors(
      ['norm.weight', 'embed_tokens.weight', 'layers.0.mlp.up_proj.weight', 'lm_head.weight'].map((name) => ({
        name,
        type: 'F32',
        shape: [1],
        bytes: new Uint8Array(4),
      })),
    );
    const { tensors } = await openCheckpoint(tinyCheckpoint({ 'model.safetensors': bare }));
    expect([...tensors.keys()]).toEqual([
      'model.norm.weight',
      'model.embed_tokens.weight',
      'model.layers.0.mlp.up_proj.weight',
      'lm_head.weight',
    ]);
  });

  it('Infinity and NaN in config.json are texts, which a field that counts refuses', async () => {
    const config = '{"limit": Infinity, "other": [-Infinity, NaN], "model_type": "NaN", "note": "\\"Infinity"}';
    expect((await openCheckpoint(tinyCheckpoint({ 'config.json': config }))).config).toEqual({
      limit: 'Infinity',
      other: ['-Infinity', 'NaN'],
      model_type: 'NaN',
      note: '"Infinity',
    });
    const tokenizer = tinyCheckpoint({ 'tokenizer.json': '{"model": Infinity}' });
    const error = await failureOf(async () => (await openCheckpoint(tokenizer)).tokenizer());
    expect(error.message).toContain('It holds Infinity or NaN');
  });

  it('quantized weights are called so, without a word in config.json', async () => {
    const file = rawSafetensors({ 'a.qweight': { dtype: 'I32', shape: [1], data_offsets: [0, 4] } }, 4);
    const checkpoint = await openCheckpoint(tinyCheckpoint({ 'model.safetensors': file }));
    const error = await failureOf(() => requireTensor(checkpoint, 'a.weight'));
    expect(error.code).toBe('quantized-weights');
    expect(error.message).toMatch(/"a\.qweight" stands in place of "a\.weight".*quantized already.*original model/);
  });
});

describe('a tensor that is needed', () => {
  const files = tinyCheckpoint({
    'model.safetensors': rawSafetensors(
      {
        q: { dtype: 'I32', shape: [1], data_offsets: [0, 4] },
        w: { dtype: 'F16', shape: [2, 1], data_offsets: [4, 8] },
      },
      8,
    ),
  });
  it.each([
    ['q', undefined, 'unsupported-type', 'I32'],
    ['r', undefined, 'missing-tensor', '"r"'],
    ['w', [1, 2], 'wrong-shape', '[2, 1]; by config.json it should have [1, 2]'],
  ])('%s %s: %s', async (name, shape, code, words) => {
    const checkpoint = await openCheckpoint(files);
    const error = await failureOf(() => requireTensor(checkpoint, name, shape));
    expect(error).toMatchObject({ code });
    expect(error.message).toContain(words);
  });
  it('is given', async () => {
    expect(requireTensor(await openCheckpoint(files), 'w', [2, 1]).bytes).toBe(4);
  });
});

/** Present on the project's own machines only; what it checks is checked above on smaller files, too. */
if (existsSync(stories)) {
  it('opens stories260K', async () => {
    const checkpoint = await openCheckpoint(filesIn(stories));
    expect(checkpoint.name).toBe('stories260K-f32');
    expect(checkpoint.tensors.size).toBe(47);
    const tokenizer = await checkpoint.tokenizer();
    expect([tokenizer.bos, tokenizer.eos, tokenizer.vocabularySize]).toEqual([1, 2, 512]);
    expect([...tokenizer.encode('Once upon a time', 'add')]).toEqual([1, 403, 407, 261, 378]);
  });
}

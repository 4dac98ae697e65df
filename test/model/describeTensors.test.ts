/** A checkpoint that is no model here still shows what its headers tell, and why it cannot run. */
import { describe, expect, it } from 'vitest';
import { openCheckpoint } from '../../src/formats/openCheckpoint';
import type { Checkpoint } from '../../src/formats/checkpoint';
import { inspect, inspectAny } from '../../src/lab/inspect';
import { partOf } from '../../src/model/describeTensors';
import { compareNames, matricesOf } from '../../src/model/matrices';
import { bertFiles, bertShapes } from './bert';
import { goldenModel, openFolder } from './folder';
import { smallLlama, syntheticCheckpoint } from './synthetic';

const bert = () => openCheckpoint(bertFiles());
const tensorsOf = async (checkpoint: Checkpoint) => {
  const card = await inspectAny(checkpoint);
  if (card.kind !== 'tensors') throw new Error(`${card.name} is a model`);
  return card;
};
const sizeOf = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);

describe('a checkpoint of an unknown architecture', () => {
  it('shows its tensors by numbered layer, sizes, types, and the sentence that refuses it', async () => {
    const checkpoint = await bert();
    const card = await tensorsOf(checkpoint);
    const all = Object.values(bertShapes).reduce((sum, shape) => sum + sizeOf(shape), 0);
    expect(card).toMatchObject({
      name: 'tiny-bert',
      architecture: 'bert',
      tensors: 37,
      parameters: all,
      bytes: 4 * all,
      dtypes: ['F32'],
      undecoded: [],
      fingerprint: await checkpoint.fingerprint(),
    });
    expect(card.missing).toMatch(/^config\.json: the architecture is "bert"; supported are .*llama/);
    expect(card.parts.map(({ name }) => name)).toEqual([
      'embeddings.LayerNorm',
      'embeddings.token_type_embeddings',
      'embeddings.word_embeddings',
      ...Array.from({ length: 11 }, (_, i) => `encoder.layer.${i}`),
      'pooler.dense',
    ]);
    expect(card.parts[5]).toEqual({ name: 'encoder.layer.2', tensors: 3, parameters: 10_304, bytes: 41_216 });
    // The table of two token types and vectors are no matrices.
    expect(card.matrices).toEqual({ tensors: 24, parameters: 6400 + 11 * (4096 + 6144) + 4096 });
    expect(matricesOf(checkpoint).at(-2)?.name).toBe('encoder.layer.10.output.dense.weight');
  });

  it('counts tensors in types that are not decoded', async () => {
    const unsupported = new Map([
      ['embeddings.position_ids', 'I64'],
      ['encoder.layer.0.qweight', 'I32'],
      ['encoder.layer.1.qweight', 'I32'],
    ]);
    expect((await tensorsOf({ ...(await bert()), unsupported })).undecoded).toEqual([
      { type: 'I32', tensors: 2 },
      { type: 'I64', tensors: 1 },
    ]);
  });

  it.each<[string, RegExp, () => Promise<Checkpoint>]>([
    ['no model_type', /no model_type/, async () => ({ ...(await bert()), config: {} })],
    ['a model_type that is no text', /"model_type"/, async () => ({ ...(await bert()), config: { model_type: 7 } })],
    [
      'a field that is not supported',
      /config\.json: "hidden_act"/,
      () => syntheticCheckpoint(smallLlama).then((one) => ({ ...one, config: { ...smallLlama, hidden_act: 'sin' } })),
    ],
    [
      'a tensor of another shape',
      /"model\.norm\.weight" has shape \[8\]/,
      () => syntheticCheckpoint(smallLlama, 'F32', { 'model.norm.weight': { shape: [8] } }),
    ],
    [
      'a missing tensor',
      /"model\.norm\.weight" is missing/,
      () => syntheticCheckpoint(smallLlama, 'F32', { 'model.norm.weight': null }),
    ],
  ])('of %s, too', async (_, sentence, open) => {
    const checkpoint = await open();
    expect((await tensorsOf(checkpoint)).missing).toMatch(sentence);
    // Who is about to run it is refused as ever.
    await expect(inspect(checkpoint)).rejects.toThrow(sentence);
  });

  it('is refused where there is nothing to show', async () => {
    await expect(inspectAny({ ...(await bert()), tensors: new Map() })).rejects.toThrow(/"bert"/);
  });

  it('is no model that is known: their cards stay as they are', async () => {
    const checkpoint = await openFolder(goldenModel('llama'));
    const card = await inspectAny(checkpoint);
    expect(card).toEqual(await inspect(checkpoint));
    expect(Object.keys(card)).not.toContain('kind');
  });
});

describe('names', () => {
  it.each([
    ['model.layers.12.mlp.experts.3.w1.weight', 'model.layers.12'],
    ['encoder.block.0.layer.1.wi.weight', 'encoder.block.0'],
    ['bert.pooler.dense.weight', 'bert.pooler'],
    ['model.norm.weight', 'model.norm'],
    ['lm_head.weight', 'lm_head'],
    ['0.weight', '0'],
    ['weight', 'weight'],
    ['layers.99999999999999999999.w', 'layers.99999999999999999999'],
  ])('%s is of %s', (name, part) => {
    expect(partOf(name)).toBe(part);
  });

  it('are ordered with numbers as numbers', () => {
    const names = ['e.x', 'h', 'h.9.a', 'h.9.b', 'h.10.a', 'h.1a', 'h.x.1'];
    // In whatever order they come: "9" < "10" and "10" < "1a" must not go round in a circle.
    expect([...names].reverse().sort(compareNames)).toEqual(names);
    expect([...names].sort((a, b) => (a < b ? -1 : 1)).sort(compareNames)).toEqual(names);
  });
});

/** What a card tells of experts, states and pictures: from the blocks as they run, whatever the architecture. */
import { describe, expect, it } from 'vitest';
import { structureFacts } from '../../src/log/structureFacts';
import { describeHeaders } from '../../src/model/describeModel';
import { storage } from '../../src/store/storage';
import { tinyCheckpoint } from '../lab/tiny';

const cardOf = async (name: string) => describeHeaders(await tinyCheckpoint(name));

/** Weights of the tensors whose names match. */
async function weightsIn(name: string, pattern: RegExp): Promise<number> {
  const { tensors } = await tinyCheckpoint(name);
  const found = [...tensors.values()].filter((tensor) => pattern.test(tensor.name));
  expect(found.length).toBeGreaterThan(0);
  return found.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
}

describe('the structure of a model', () => {
  it('is nothing beside layers for a dense one', async () => {
    const card = await cardOf('llama');
    expect(structureFacts(card, String)).toEqual([]);
    expect(card).not.toHaveProperty('stayingParameters');
  });

  it('counts experts, those that a token goes to, and the parameters that it meets', async () => {
    const { parameters, experts, stayingParameters } = await cardOf('mixtral');
    const inExperts = await weightsIn('mixtral', /experts\.\d+\./);
    const { count = 0, chosen = 0 } = experts ?? {};
    expect(experts).toMatchObject({ shared: false, blocks: 2 });
    expect(chosen).toBeLessThan(count);
    expect(experts?.activeParameters).toBe(parameters - ((count - chosen) / count) * inExperts);
    expect(stayingParameters).toBe(await weightsIn('mixtral', /block_sparse_moe\.gate\.weight/));
  });

  it('tells a shared expert, and blocks that have none', async () => {
    expect((await cardOf('qwen2-moe')).experts?.shared).toBe(true);
    expect((await cardOf('qwen3-moe')).experts?.shared).toBe(false);
    const { layers, experts } = await cardOf('deepseek');
    expect(experts?.shared).toBe(true);
    expect(experts?.blocks).toBe(layers - 1);
  });

  it('counts the states of a channel, and the heads that channels come in', async () => {
    const [one, two] = [await cardOf('mamba'), await cardOf('mamba2')];
    expect(one.states?.heads).toBe(one.states?.channels);
    expect(one.stayingParameters).toBe(await weightsIn('mamba', /(x_proj|dt_proj)\.weight/));
    expect(two.states?.heads).toBeLessThan(two.states?.channels ?? 0);
    expect(one).not.toHaveProperty('experts');
  });

  it('is told in rows', () => {
    const experts = { count: 8, chosen: 2, shared: true, blocks: 3, activeParameters: 60 };
    const states = { states: 16, channels: 256, heads: 8, blocks: 4 };
    const pictures = { side: 56, features: 16, id: 1 };
    const blocks = [{ name: 'tower', parameters: 20, bytes: 40 }];
    expect(structureFacts({ parameters: 100, layers: 4, blocks, experts, states, pictures }, String)).toEqual([
      ['Experts', '8 in 3 of 4 blocks, 2 per token, one more shared'],
      ['Active', '60 of 100 parameters per token'],
      ['States', '16 for each of 256 channels, 8 heads, in every block'],
      ['Pictures', '56 × 56 pixels, 16 places in the text each, tower of 20'],
    ]);
  });
});

describe('the size before a run', () => {
  it('leaves as stored what stays, within the bits per weight', async () => {
    const card = { ...(await cardOf('mixtral')), bytes: 4000, parameters: 2000, linearParameters: 1000 };
    const bits = { rounded: 900 * 4, staying: 100 * 16, others: 1000 * 16 };
    expect(storage({ ...card, stayingParameters: 100 }, 4)).toEqual({
      bitsPerWeight: (bits.rounded + bits.staying) / 1000,
      bitsPerWeightAll: (bits.rounded + bits.staying + bits.others) / 2000,
      megabytes: (bits.rounded + bits.staying + bits.others) / 8e6,
    });
    const { stayingParameters: _, ...dense } = card;
    expect(storage(dense, 4).bitsPerWeight).toBe(4);
  });
});

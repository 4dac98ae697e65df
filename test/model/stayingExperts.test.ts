/** Experts that are opened when they are asked for: which stay, what is read for them, and that a stop need not wait for all. */
import { describe, expect, it } from 'vitest';
import type { Checkpoint } from '../../src/formats/checkpoint';
import type { Scope } from '../../src/gpu/buffers';
import { quantizedBlock } from '../../src/lab/pointModel';
import { describeHeaders } from '../../src/model/describeModel';
import { stayingExperts } from '../../src/model/stayingExperts';
import { openModel } from '../../src/model/openModel';
import { readMatrix } from '../../src/tensor/matrix';
import { Cancelled } from '../../src/util/errors';
import { wideModels } from '../bench/wide';
import { testGpu } from '../gpu';
import { labGoldens, tinyCheckpoint } from '../lab/tiny';
import { syntheticCheckpoint } from './synthetic';

/** The same checkpoint, which tells `seen` of every tensor that is read. */
function watched(checkpoint: Checkpoint, seen: (name: string) => void): Checkpoint {
  const tensors = new Map(
    [...checkpoint.tensors].map(([name, entry]) => [
      name,
      {
        ...entry,
        read: (...range: Parameters<typeof entry.read>) => {
          seen(name);
          return entry.read(...range);
        },
      },
    ]),
  );
  return { ...checkpoint, tensors };
}

describe('experts that stay', () => {
  const opener = () => {
    const opened: number[] = [];
    const owners: Scope[] = [];
    const open = (expert: number, scope: Scope) => {
      opened.push(expert);
      owners.push(scope);
      return expert === 9 ? Promise.reject(new Error('unreadable')) : Promise.resolve(new Map());
    };
    return { opened, owners, open };
  };

  it('are the first that fit, for as long as the block; the others are opened for one use', async () => {
    const gpu = await testGpu();
    using home = gpu.scope('home');
    using use = gpu.scope('use');
    const { opened, owners, open } = opener();
    const ask = stayingExperts(home, 25, () => 10, open);
    for (const expert of [0, 1, 2, 3, 0, 1, 2, 3]) await ask(expert, use);
    expect(opened).toEqual([0, 1, 2, 3, 2, 3]);
    expect(owners.map((owner) => owner === home)).toEqual([true, true, false, false, false, false]);
  });

  it('are opened again where that failed', async () => {
    const gpu = await testGpu();
    using home = gpu.scope('home');
    const { opened, open } = opener();
    const ask = stayingExperts(home, 100, () => 10, open);
    await expect(ask(9, home)).rejects.toThrow('unreadable');
    await expect(ask(9, home)).rejects.toThrow('unreadable');
    expect(opened).toEqual([9, 9]);
  });
});

describe('the card of a model that is read block by block', () => {
  it('says whether its blocks come whole or expert by expert', async () => {
    const reason = async (name: keyof typeof wideModels) =>
      (await describeHeaders(await syntheticCheckpoint(wideModels[name], 'BF16'))).verdict.reason;
    expect(await reason('mixtral-8x7b')).toMatch(
      / of weights are read block by block, blocks of 2903 MB expert by expert$/,
    );
    expect(await reason('llama-3-8b')).toMatch(/, at most two blocks of 436 MB at a time$/);
  });
});

describe('a block whose experts are opened one by one', () => {
  const batch = { windows: 1, length: 24 };
  const ids = Uint32Array.from(labGoldens.ids.slice(0, 24));
  const expertIn = (name: string) => /layers\.1\..*experts\.(\d+)\./.exec(name)?.[1];

  it.each(['mixtral', 'qwen2-moe', 'deepseek'])(
    '%s: gives what the whole block gives, reading each as often as it must',
    async (name) => {
      const gpu = await testGpu();
      using scope = gpu.scope('test');
      const reads: string[] = [];
      const model = await openModel(
        gpu,
        watched(await tinyCheckpoint(name), (tensor) => reads.push(tensor)),
      );
      const hidden = await model.embed(scope, ids);
      const passes = async (room: number) => {
        const block = await model.openBlock(scope, 1, room);
        expect(block.expert === undefined).toBe(room === Infinity);
        const stored = await quantizedBlock(gpu, scope, block, () => Promise.resolve(null), room);
        const values: Float32Array[] = [];
        for (const open of [block, block, stored]) {
          values.push(await readMatrix(gpu, await model.forward(scope, open, hidden, batch)));
        }
        return values;
      };
      const most = () =>
        Math.max(...[...new Set(reads)].filter(expertIn).map((one) => reads.filter((r) => r === one).length));
      const [whole] = await passes(Infinity);
      expect(most()).toBe(1);
      reads.length = 0;
      for (const value of await passes(0)) expect(value).toEqual(whole);
      expect(most()).toBe(3);
    },
  );

  it('can be stopped between two of them', async () => {
    const gpu = await testGpu();
    using scope = gpu.scope('test');
    const stop = new AbortController();
    const opened = new Set<string>();
    const model = await openModel(
      gpu,
      watched(await tinyCheckpoint('mixtral'), (name) => {
        const expert = expertIn(name);
        if (expert === undefined) return;
        opened.add(expert);
        if (expert === '1') stop.abort();
      }),
    );
    const hidden = await model.embed(scope, ids);
    const block = await model.openBlock(scope, 1, 0);
    const steps = model.forward(scope, block, hidden, batch, undefined, { signal: stop.signal });
    await expect(steps).rejects.toThrow(Cancelled);
    expect([...opened]).toEqual(['0', '1']);
  });
});

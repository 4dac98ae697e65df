/** A model far larger than what the tests could store: one block of 1.1 B parameters' shape runs within the bounds of a small machine. */
import { expect, it } from 'vitest';
import { bindingLimit } from '../../src/gpu/limits';
import { describeModel } from '../../src/model/describeModel';
import { openModel } from '../../src/model/openModel';
import { readMatrix, uploadMatrix } from '../../src/tensor/matrix';
import { testGpu } from '../gpu';
import { syntheticCheckpoint, tinyLlama } from './synthetic';

const checkpoint = await syntheticCheckpoint(tinyLlama, 'BF16');

it('describes a 1.1 B model from its headers', async () => {
  const card = await describeModel(checkpoint);
  expect(card.parameters).toBe(1_100_048_384);
  expect(card.linearParameters).toBe(22 * 44_040_192);
  expect(card.bytes).toBe(2 * 1_100_048_384);
  expect(card.blocks).toHaveLength(24);
  expect(card.blocks[1]).toEqual({ name: 'block 0', parameters: 44_044_288, bytes: 88_088_576 });
  expect(card.verdict.kind).toBe('streamed');
  const small = await describeModel(checkpoint, { maxBufferSize: 2 ** 26 });
  expect(small.verdict).toEqual({
    kind: 'too-big',
    reason: 'the tensor model.embed_tokens.weight takes 131 MB, and this adapter allows 67 MB in one buffer',
  });
});

it('says from the headers which layers are too wide to calibrate', async () => {
  // The shape of Llama 3.2 1B: H of 8192 inputs is the 256 MiB of one buffer that every adapter allows.
  const wide = (intermediate: number) => syntheticCheckpoint({ ...tinyLlama, intermediate_size: intermediate }, 'BF16');
  const limits = { maxBufferSize: 2 ** 28 };
  expect((await describeModel(await wide(8192), limits)).verdict.reason).not.toContain('calibration');
  expect((await describeModel(await wide(8200), limits)).verdict.reason).toMatch(
    /more than 8192 inputs \(mlp\.down: 8200\) can only be rounded without calibration/,
  );
  expect((await describeModel(await wide(14_336), { maxBufferSize: 2 ** 30 })).verdict.reason).not.toContain(
    'calibration',
  );
});

it('embeds, runs a block and scores within 1 GB, no binding above 128 MiB', async () => {
  const gpu = await testGpu();
  const model = await openModel(gpu, checkpoint);
  using scope = gpu.scope('big');
  const ids = Uint32Array.from({ length: 8 }, (_, i) => i * 4000);
  const hidden = await model.embed(scope, ids);
  const after = await (async () => {
    using local = gpu.scope('block');
    const block = await model.openBlock(local, 21);
    return await model.forward(scope, block, hidden, { windows: 2, length: 4 });
  })();
  const values = await readMatrix(gpu, after);
  expect(values).toHaveLength(8 * 2048);
  expect(values.every(Number.isFinite)).toBe(true);
  const head = await model.openHead(scope);
  const { nll } = head.score(scope, after, uploadMatrix(scope, ids, 8, 1, 'targets'));
  // Random weights know nothing: about ln 32000 = 10.4 nats a token.
  for (const nats of await readMatrix(gpu, nll)) expect(Math.abs(nats - Math.log(32_000))).toBeLessThan(5);
  expect(gpu.memory().peakBytes).toBeLessThan(1e9);
  expect(gpu.largestBinding).toBeLessThanOrEqual(bindingLimit);
});

/** Ways to calibrate beside the usual one: what they change, and that they change the result. */
import { describe, expect, it } from 'vitest';
import { CalibrationStream, toBatches } from '../../src/lab/calibrate';
import { openModel } from '../../src/model/openModel';
import { readMatrix } from '../../src/tensor/matrix';
import { createRng } from '../../src/util/rng';
import { testGpu } from '../gpu';
import { collect, finished, point, tinyCheckpoint, tinyInput, tinySettings } from './tiny';

const { signal } = new AbortController();
const rng = createRng(3);
const window = () => Uint32Array.from({ length: 12 }, () => 2 + rng.integer(60));
const batches = toBatches([window(), window()], 12, 2);

describe('calibration without the residual stream', () => {
  it('gives a block what the one before it added, and nothing else', async () => {
    const gpu = await testGpu();
    const model = await openModel(gpu, await tinyCheckpoint('mamba'));
    using scope = gpu.scope('dropped');
    const block = await model.openBlock(scope, 0);
    const after = async (residual: 'kept' | 'dropped') => {
      const embed = model.embed.bind(model);
      using stream = await CalibrationStream.start(
        gpu,
        model,
        batches,
        embed,
        signal,
        1e9,
        residual === 'dropped' ? { residual } : {},
      );
      const before = await readMatrix(gpu, stream.states(scope, 0));
      const steps = stream.run(block, [], 'advance', scope);
      while (!(await steps.next()).done);
      return { before, after: await readMatrix(gpu, stream.states(scope, 0)) };
    };
    const [kept, dropped] = [await after('kept'), await after('dropped')];
    expect(dropped.before).toEqual(kept.before);
    expect(dropped.after).toEqual(kept.after.map((v, i) => v - (kept.before[i] as number)));
  });

  it('is another run with another result, and full precision stays', async () => {
    const gpu = await testGpu();
    const run = async (variants?: { readonly residual: 'dropped' }) => {
      const settings = tinySettings([point('gptq', 3)], { ...(variants && { variants }), calibrationTokens: 120 });
      return finished(await collect(await tinyInput(gpu, settings, { checkpoint: await tinyCheckpoint('mamba') })));
    };
    const [usual, dropped] = [await run(), await run({ residual: 'dropped' })];
    expect(dropped[0]?.values).toEqual(usual[0]?.values);
    expect(dropped[1]?.hash).not.toBe(usual[1]?.hash);
  });
});

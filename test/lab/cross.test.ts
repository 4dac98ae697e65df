/** The cross moment of asymmetric calibration: what two streams through the same block have seen, in float64. */
import { describe, expect, it } from 'vitest';
import { CalibrationStream, toBatches } from '../../src/lab/calibrate';
import { calibrationWindows } from '../../src/measures/windows';
import { openModel } from '../../src/model/openModel';
import type { OpenBlock } from '../../src/model/model';
import type { Scope } from '../../src/gpu/buffers';
import { readMatrix, uploadMatrix, type Matrix } from '../../src/tensor/matrix';
import { present } from '../../src/util/assert';
import { testGpu } from '../gpu';
import { calibrationText, tinyCheckpoint } from './tiny';

async function drain<T>(steps: AsyncGenerator<number, T>): Promise<T> {
  for (;;) {
    const step = await steps.next();
    if (step.done) return step.value;
  }
}

describe('the cross moment', () => {
  it('is zero before anything is quantized, and mean (x̄ − x) xᵀ behind a changed block', async () => {
    const gpu = await testGpu();
    using scope = gpu.scope('test');
    const checkpoint = await tinyCheckpoint();
    const model = await openModel(gpu, checkpoint);
    const { signal } = new AbortController();
    const { ids } = await calibrationWindows(
      await checkpoint.tokenizer(),
      calibrationText.text,
      'calibration',
      24,
      240,
    );
    const batches = toBatches(ids, 24, 4);
    const embed = (local: Scope, some: Uint32Array) => model.embed(local, some);
    const [first, second] = [await model.openBlock(scope, 0), await model.openBlock(scope, 1)];
    using own = await CalibrationStream.start(gpu, model, batches, embed, signal, 2 ** 20);
    using beside = await CalibrationStream.start(gpu, model, batches, embed, signal, 0);
    const moments = await drain(own.run(first, model.sites(0), 'stay', scope, { stream: beside, after: 'advance' }));
    for (const { name } of model.sites(0)) {
      const cross = await readMatrix(gpu, present(present(moments.get(name), name).cross, 'cross'));
      expect(cross.every((v) => v === 0)).toBe(true);
    }
    // Another block 0 in place of a quantized one: every weight a tenth larger.
    const weights = new Map<string, Matrix>();
    for (const [name, W] of first.weights) {
      const values = (await readMatrix(gpu, W)).map((v) => 1.1 * v);
      weights.set(name, uploadMatrix(scope, values, W.rows, W.cols, name));
    }
    const changed: OpenBlock = { ...first, weights };
    await drain(own.run(changed, [], 'advance', scope));
    const site = present(model.sites(0)[2], 'gate and up');
    const { cross, H } = present(
      (await drain(own.run(second, [site], 'stay', scope, { stream: beside, after: 'advance' }))).get(site.name),
      site.name,
    );

    const inputs = async (block: OpenBlock) => {
      const seen: number[] = [];
      for (const { ids: some, batch } of batches) {
        const states = await model.forward(scope, block, await model.embed(scope, some), batch);
        const taken: Matrix[] = [];
        await model.forward(scope, second, states, batch, ({ name }, x) => {
          if (name !== site.name) return;
          const copy = uploadMatrix(scope, new Float32Array(x.rows * x.cols), x.rows, x.cols, 'x');
          gpu.copy(x.view, copy.view);
          taken.push(copy);
        });
        seen.push(...(await readMatrix(gpu, present(taken[0], 'inputs'))));
      }
      return seen;
    };
    const [full, x] = [await inputs(first), await inputs(changed)];
    const n = site.cols;
    const tokens = x.length / n;
    const got = await readMatrix(gpu, present(cross, 'cross'));
    const size = Math.max(...(await readMatrix(gpu, H)).map(Math.abs));
    let largest = 0;
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) {
        let want = 0;
        for (let t = 0; t < tokens; t++) {
          want += (((full[t * n + i] as number) - (x[t * n + i] as number)) * (x[t * n + j] as number)) / tokens;
        }
        largest = Math.max(largest, Math.abs(want));
        // Float32 sums of some hundred products.
        expect(Math.abs((got[i * n + j] as number) - want)).toBeLessThan(1e-6 * size);
      }
    }
    expect(largest).toBeGreaterThan(1e-3 * size);
  });
});

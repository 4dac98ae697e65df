/** The scan of heads where the states of a window's chunks do not fit into one binding together. */
import { expect, it } from 'vitest';
import { openDawn } from '../../src/gpu/dawn';
import { Gpu } from '../../src/gpu/gpu';
import { readMatrix, uploadMatrix } from '../../src/tensor/matrix';
import { headScan } from '../../src/tensor/nn/headScan';
import { createRng } from '../../src/util/rng';
import { normals } from '../opCase';

it('is the same to the bit when heads are scanned one after the other', async () => {
  const [tokens, length, heads, size, states] = [130, 65, 4, 32, 64] as const;
  const rng = createRng(4);
  const rows = (cols: number) => normals(rng, tokens * cols);
  const content = {
    ...{ x: rows(heads * size), delta: rows(heads).map((v) => 0.01 * Math.exp(v)), b: rows(states), c: rows(states) },
    ...{ aLog: normals(rng, heads), d: normals(rng, heads) },
  };
  const scan = async (bindable: number) => {
    const gpu = await Gpu.create(openDawn(), { bindable });
    try {
      using scope = gpu.scope('scan');
      const on = (values: Float32Array<ArrayBuffer>, height: number) =>
        uploadMatrix(scope, values, height, values.length / height, 'values');
      const { x, delta, aLog, b, c, d } = content;
      const scanned = {
        ...{ x: on(x, tokens), delta: on(delta, tokens), b: on(b, tokens), c: on(c, tokens) },
        ...{ aLog: on(aLog, 1), d: on(d, 1) },
      };
      const y = await readMatrix(gpu, headScan(gpu, scope, scanned, { heads, groups: 1, length }));
      return { y, largest: gpu.largestBinding };
    } finally {
      gpu.destroy();
    }
  };
  // Of 2 windows in 2 chunks each.
  const together = 2 * 2 * heads * size * states * 4;
  const whole = await scan(Infinity);
  expect(whole.largest).toBe(together);
  const parted = await scan(together - 4);
  expect(parted.largest).toBeLessThan(together);
  expect(parted.y).toEqual(whole.y);
});

import { rope as twin } from '../../src/reference/rope';
import { uploadMatrix } from '../../src/tensor/matrix';
import { rope, ropeTable } from '../../src/tensor/nn/rope';
import { normals, type OpCase } from '../opCase';

const shape = (windows: number, length: number, heads: number, size: number, benchOnly = false): OpCase => ({
  op: 'rope',
  label: `${windows} windows of ${length}, ${heads} heads of ${size}`,
  work: 3 * windows * length * heads * size,
  benchOnly,
  tolerance: {
    atol: 2e-6,
    rtol: 2e-6,
    because: 'two products and a sum of values up to about 5, sines rounded to f32',
  },
  prepare: (gpu, scope, rng) => {
    const tokens = windows * length;
    const content = normals(rng, tokens * heads * size);
    const frequencies = Float64Array.from({ length: size / 2 }, (_, i) => 10_000 ** ((-2 * i) / size));
    const table = ropeTable(scope, frequencies, length);
    return {
      run: (into) => {
        const x = uploadMatrix(into, content, tokens, heads * size, 'x');
        rope(gpu, x, table);
        return x;
      },
      reference: () => twin(content, frequencies, heads, length),
    };
  },
});

export const cases: readonly OpCase[] = [
  shape(1, 1, 1, 2),
  shape(1, 63, 1, 8),
  shape(3, 65, 2, 16),
  shape(2, 33, 3, 80),
  shape(1, 1000, 1, 64), // angles of many turns
  shape(1, 2048, 32, 64, true),
];

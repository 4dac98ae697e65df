import { combine as twin } from '../../src/reference/combine';
import { uploadMatrix } from '../../src/tensor/matrix';
import { combine } from '../../src/tensor/nn/combine';
import { normals, type OpCase } from '../opCase';

/** Tokens that choose the expert, one in `every`, and of their choices any. */
const shape = (tokens: number, cols: number, count: number, every: number, benchOnly = false): OpCase => {
  const rows = Math.ceil(tokens / every);
  return {
    op: 'combine',
    label: `${rows} of ${tokens}×${cols}, ${count} experts a token`,
    work: 4 * rows * cols,
    benchOnly,
    tolerance: { atol: 1e-6, rtol: 2e-7, because: 'a product and a sum, rounded to f32 each or at once' },
    prepare: (gpu, scope, rng) => {
      const [x, y] = [normals(rng, rows * cols), normals(rng, tokens * cols)];
      const weights = normals(rng, tokens * count);
      const choices = Uint32Array.from({ length: rows }, (_, i) => i * every * count + rng.integer(count));
      const made = uploadMatrix(scope, x, rows, cols, 'made');
      const chosen = uploadMatrix(scope, choices, rows, 1, 'choices');
      const weighing = uploadMatrix(scope, weights, tokens, count, 'weights');
      return {
        run: (into) => {
          const sum = uploadMatrix(into, y, tokens, cols, 'sum');
          combine(gpu, sum, made, weighing, chosen);
          return sum;
        },
        reference: () => twin(y, x, weights, { choices, count }),
      };
    },
  };
};

export const cases: readonly OpCase[] = [
  shape(1, 1, 1, 1),
  shape(64, 63, 2, 1),
  shape(65, 65, 4, 3),
  shape(1000, 16, 8, 7),
  shape(3, 1000, 6, 2),
  shape(8192, 2048, 8, 8, true),
];

import { attention as twin } from '../../src/reference/attention';
import { uploadMatrix } from '../../src/tensor/matrix';
import { attention } from '../../src/tensor/nn/attention';
import { normals, type OpCase } from '../opCase';

interface Sizes {
  readonly windows?: number;
  readonly length: number;
  readonly heads: number;
  readonly groups?: number;
  readonly size: number;
  readonly sliding?: number | 'all';
  /** Of value heads, where another. */
  readonly values?: number;
  readonly scale?: number;
  readonly cap?: number;
  /** Spread of the queries: 30 makes the softmax nearly one-hot. */
  readonly spread?: number;
  readonly benchOnly?: boolean;
}

function shape(sizes: Sizes): OpCase {
  const { windows = 1, length, heads, groups = heads, size, sliding = Infinity, spread = 1, benchOnly = false } = sizes;
  const { values = size, scale, cap } = sizes;
  const more = [
    values === size ? '' : `, values of ${values}`,
    cap ? `, cap ${cap}` : '',
    scale ? `, scale ${scale}` : '',
  ];
  const tokens = windows * length;
  return {
    op: 'attention',
    label: `${windows}×${length} tokens, ${heads}/${groups} heads of ${size}, window ${sliding}, spread ${spread}${more.join('')}`,
    work: 2 * windows * length * Math.min(length, sliding === 'all' ? length : 2 * sliding) * heads * size,
    benchOnly,
    tolerance: {
      nmse: 1e-10,
      because: 'a score of up to about 30·√size carries f32 rounding near 1e-6 to 1e-5 into its exponential',
    },
    prepare: (gpu, scope, rng) => {
      const q = normals(rng, tokens * heads * size, spread);
      const k = normals(rng, tokens * groups * size);
      const v = normals(rng, tokens * groups * values);
      const [Q, K, V] = [
        uploadMatrix(scope, q, tokens, heads * size, 'q'),
        uploadMatrix(scope, k, tokens, groups * size, 'k'),
        uploadMatrix(scope, v, tokens, groups * values, 'v'),
      ];
      const common = {
        ...{ heads, keyValueHeads: groups, length, sees: sliding },
        ...(scale !== undefined && { scale }),
        ...(cap !== undefined && { cap }),
      };
      return {
        run: (into) => attention(gpu, into, Q, K, V, common),
        reference: () => twin(q, k, v, { tokens, size, values, ...common }),
      };
    },
  };
}

export const cases: readonly OpCase[] = [
  shape({ length: 1, heads: 1, size: 4 }),
  shape({ length: 31, heads: 2, size: 8 }),
  shape({ length: 32, heads: 2, groups: 1, size: 16 }),
  shape({ length: 33, heads: 4, groups: 2, size: 48 }),
  shape({ windows: 3, length: 65, heads: 6, groups: 2, size: 80 }),
  shape({ windows: 2, length: 64, heads: 2, size: 128 }),
  shape({ length: 100, heads: 2, groups: 1, size: 256 }),
  shape({ windows: 2, length: 40, heads: 8, groups: 4, size: 8, spread: 30 }),
  shape({ length: 200, heads: 2, size: 16, sliding: 1 }),
  shape({ windows: 2, length: 200, heads: 2, size: 16, sliding: 33 }),
  shape({ length: 200, heads: 1, size: 32, sliding: 64, spread: 10 }),
  shape({ windows: 2, length: 200, heads: 2, size: 48, sliding: 33 }),
  shape({ length: 130, heads: 2, groups: 1, size: 64, sliding: 1 }),
  shape({ windows: 2, length: 129, heads: 3, size: 12 }),
  shape({ length: 65, heads: 4, groups: 2, size: 24, values: 16 }),
  shape({ windows: 2, length: 65, heads: 2, size: 48, values: 80, sliding: 9 }),
  shape({ length: 70, heads: 2, size: 192, values: 128 }),
  shape({ windows: 2, length: 65, heads: 4, groups: 2, size: 16, sliding: 'all' }),
  shape({ windows: 3, length: 37, heads: 2, size: 72, sliding: 'all' }),
  shape({ windows: 2, length: 65, heads: 2, size: 16, spread: 10, cap: 5, scale: 0.3 }),
  shape({ length: 65, heads: 2, size: 64, spread: 10, cap: 5, sliding: 20 }),
  shape({ length: 1000, heads: 1, size: 8 }),
  shape({ length: 520, heads: 1, size: 64, spread: 10 }),
  shape({ windows: 8, length: 256, heads: 4, groups: 2, size: 32, benchOnly: true }),
  shape({ length: 2048, heads: 32, groups: 4, size: 64, benchOnly: true }),
];

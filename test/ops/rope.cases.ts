import { rope as twin } from '../../src/reference/rope';
import { uploadMatrix } from '../../src/tensor/matrix';
import { rope, ropeTable } from '../../src/tensor/nn/rope';
import { normals, type OpCase } from '../opCase';

interface Part {
  /** Components that are rotated, of which head size, from where on. */
  readonly width?: number;
  readonly begin?: number;
  readonly pairs?: 'halves' | 'neighbours';
  readonly magnitude?: number;
  readonly benchOnly?: boolean;
}

function shape(windows: number, length: number, heads: number, size: number, part: Part = {}): OpCase {
  const { width = size, begin = 0, pairs = 'halves', magnitude = 1, benchOnly = false } = part;
  const which = width === size ? '' : `, ${width} from ${begin}`;
  return {
    op: 'rope',
    label: `${windows} windows of ${length}, ${heads} heads of ${size}${which}${pairs === 'halves' ? '' : ', neighbours'}`,
    work: 3 * windows * length * heads * width,
    benchOnly,
    tolerance: {
      atol: 2e-6,
      rtol: 2e-6,
      because: 'two products and a sum of values up to about 5, sines rounded to f32',
    },
    prepare: (gpu, scope, rng) => {
      const tokens = windows * length;
      const content = normals(rng, tokens * heads * size);
      const frequencies = Float64Array.from({ length: width / 2 }, (_, i) => 10_000 ** ((-2 * i) / width));
      const table = ropeTable(scope, frequencies, length, magnitude);
      const place = { size, begin, pairs };
      return {
        run: (into) => {
          const x = uploadMatrix(into, content, tokens, heads * size, 'x');
          rope(gpu, x, table, place);
          return x;
        },
        reference: () => twin(content, frequencies, { ...place, heads, length, magnitude }),
      };
    },
  };
}

export const cases: readonly OpCase[] = [
  shape(1, 1, 1, 2),
  shape(1, 63, 1, 8),
  shape(3, 65, 2, 16),
  shape(2, 33, 3, 80),
  shape(2, 33, 3, 24, { width: 6 }), // a quarter of each head
  shape(2, 33, 2, 24, { width: 8, begin: 16, pairs: 'neighbours' }),
  shape(1, 65, 2, 16, { pairs: 'neighbours', magnitude: 1.3 }),
  shape(1, 1000, 1, 64), // angles of many turns
  shape(1, 2048, 32, 64, { benchOnly: true }),
];

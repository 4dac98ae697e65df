/** Matrix products: shapes that straddle every tile, both layouts of the right factor, three storage types. */
import { matmul as reference } from '../../src/reference/matmul';
import { matmul, type MatmulOptions } from '../../src/tensor/matmul';
import { uploadMatrix, type ElementType } from '../../src/tensor/matrix';
import { bf16ToF32, f16ToF32, f32ToF16 } from '../../src/util/halfFloat';
import { normals, outlierColumns, type OpCase } from '../opCase';

const toBf16 = (v: number) => new Uint32Array(new Float32Array([v]).buffer)[0]! >>> 16;

interface Shape {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly type?: ElementType;
  readonly layout?: 'transposed' | 'plain';
  readonly extra?: 'accumulate' | 'subtract' | 'bias' | 'outlier columns';
  readonly benchOnly?: boolean;
}

function declare(shape: Shape): OpCase {
  const { m, n, k, type = 'f32', layout = 'transposed', extra } = shape;
  return {
    op: 'matmul',
    label: [`${m}×${n}×${k}`, type, layout, extra].filter(Boolean).join(' '),
    work: 2 * m * n * k,
    benchOnly: shape.benchOnly ?? false,
    // Sums of k f32 products: the error grows like √k·2⁻²⁴ relative to the sum's size; squared, with room for FMA or none.
    tolerance: { nmse: 1e-12, because: 'f32 accumulation over k' },
    prepare(gpu, scope, rng) {
      const a = extra === 'outlier columns' ? outlierColumns(rng, m, k) : normals(rng, m * k);
      let b = normals(rng, n * k);
      let stored: ArrayBufferView = b;
      if (type === 'f16') {
        stored = Uint16Array.from(b, f32ToF16);
        b = Float32Array.from(stored as Uint16Array, f16ToF32);
      } else if (type === 'bf16') {
        stored = Uint16Array.from(b, toBf16);
        b = Float32Array.from(stored as Uint16Array, bf16ToF32);
      }
      const start = normals(rng, m * n, 10);
      const bias = normals(rng, n, 10);
      const A = uploadMatrix(scope, a, m, k, 'a');
      const B = layout === 'plain' ? uploadMatrix(scope, b, k, n, 'b') : uploadMatrix(scope, stored, n, k, 'b', type);
      return {
        run: (into) => {
          const options: MatmulOptions = {
            b: layout,
            ...(extra === 'accumulate' || extra === 'subtract' ? { into: uploadMatrix(into, start, m, n, 'c') } : {}),
            ...(extra === 'subtract' ? { sign: -1 as const } : {}),
            ...(extra === 'bias' ? { bias: uploadMatrix(into, bias, 1, n, 'bias') } : {}),
          };
          return matmul(gpu, into, A, B, options);
        },
        reference: () => {
          const c = reference(a, b, m, n, k, layout);
          if (extra === 'accumulate') return c.map((v, i) => v + (start[i] as number));
          if (extra === 'subtract') return c.map((v, i) => (start[i] as number) - v);
          if (extra === 'bias') return c.map((v, i) => v + (bias[i % n] as number));
          return c;
        },
      };
    },
  };
}

export const cases: readonly OpCase[] = [
  ...[1, 63, 64, 65, 172].flatMap((s) => [
    declare({ m: s, n: s, k: s }),
    declare({ m: s, n: s, k: s, layout: 'plain' }),
  ]),
  declare({ m: 1, n: 65, k: 1000 }),
  declare({ m: 65, n: 1, k: 3 }),
  declare({ m: 3, n: 1000, k: 65, layout: 'plain' }),
  declare({ m: 200, n: 130, k: 64, extra: 'outlier columns' }),
  declare({ m: 65, n: 66, k: 172, type: 'f16' }),
  declare({ m: 65, n: 66, k: 63, type: 'f16' }),
  declare({ m: 65, n: 66, k: 172, type: 'bf16' }),
  declare({ m: 9, n: 2, k: 1001, type: 'bf16' }),
  declare({ m: 65, n: 63, k: 64, extra: 'accumulate' }),
  declare({ m: 65, n: 63, k: 65, extra: 'subtract', layout: 'plain' }),
  declare({ m: 65, n: 63, k: 65, extra: 'bias' }),
  declare({ m: 512, n: 512, k: 512, benchOnly: true }),
  declare({ m: 512, n: 512, k: 512, layout: 'plain', benchOnly: true }),
  declare({ m: 512, n: 512, k: 512, type: 'f16', benchOnly: true }),
];

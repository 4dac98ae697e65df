/** Gram matrices: widths that straddle the tile, more tokens than one sum holds, outlier and dead columns. */
import { gram as reference } from '../../src/reference/gram';
import { accumulateGram, finishGram } from '../../src/tensor/gram';
import { uploadMatrix, zeroMatrix } from '../../src/tensor/matrix';
import { normals, outlierColumns, type OpCase } from '../opCase';

type Kind = 'normal' | 'outlier columns' | 'dead columns';

function declare(tokens: number, n: number, kind: Kind = 'normal', benchOnly = false): OpCase {
  return {
    op: 'gram',
    label: `${tokens}×${n} ${kind}`,
    work: tokens * n * n,
    benchOnly,
    // Sums of up to 512 f32 products, all of one sign on the diagonal: relative error about √512·2⁻²⁴, squared 1.8e-12.
    tolerance: { nmse: 2e-12, because: 'f32 accumulation over 512 tokens' },
    prepare(gpu, scope, rng) {
      const x = kind === 'outlier columns' ? outlierColumns(rng, tokens, n) : normals(rng, tokens * n);
      if (kind === 'dead columns') x.forEach((_, i) => (i % n) % 5 === 2 && (x[i] = 0));
      const X = uploadMatrix(scope, x, tokens, n, 'x');
      return {
        run: (into) => {
          const H = zeroMatrix(into, n, n, 'h');
          accumulateGram(gpu, X, H);
          finishGram(gpu, H, tokens);
          return H;
        },
        reference: () => reference(x, tokens, n),
      };
    },
  };
}

export const cases: readonly OpCase[] = [
  ...[1, 63, 64, 65, 172].map((n) => declare(65, n)),
  declare(1, 63),
  declare(2049, 20),
  declare(4100, 9, 'outlier columns'),
  declare(300, 130, 'outlier columns'),
  declare(100, 1000),
  declare(80, 66, 'dead columns'),
  declare(512, 512, 'normal', true),
  declare(2048, 768, 'normal', true),
];

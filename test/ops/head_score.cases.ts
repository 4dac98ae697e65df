import type { Scope } from '../../src/gpu/buffers';
import type { Gpu } from '../../src/gpu/gpu';
import { headCompare as compareTwin } from '../../src/reference/headCompare';
import { headScore as twin } from '../../src/reference/headScore';
import { emptyMatrix, uploadMatrix, type Matrix } from '../../src/tensor/matrix';
import { headCompare } from '../../src/tensor/nn/headCompare';
import { headScore, startScore } from '../../src/tensor/nn/headScore';
import { normals, type OpCase } from '../opCase';

interface Chunk {
  readonly begin: number;
  readonly tile: Matrix;
}

/** Columns of [tokens, vocabulary] in chunks, as the head makes them. */
function chunks(scope: Scope, logits: Float32Array, tokens: number, vocabulary: number, width: number): Chunk[] {
  const result: Chunk[] = [];
  for (let begin = 0; begin < vocabulary; begin += width) {
    const cols = Math.min(width, vocabulary - begin);
    const part = new Float32Array(tokens * cols);
    for (let t = 0; t < tokens; t++) {
      part.set(logits.subarray(t * vocabulary + begin, t * vocabulary + begin + cols), t * cols);
    }
    result.push({ begin, tile: uploadMatrix(scope, part, tokens, cols, 'logits') });
  }
  return result;
}

function scored(gpu: Gpu, scope: Scope, parts: readonly Chunk[], targets: Matrix, vocabulary: number) {
  const score = startScore(scope, targets.rows);
  for (const { begin, tile } of parts) headScore(gpu, score, tile, targets, { row: 0, col: begin, vocabulary });
  return score;
}

const score = (tokens: number, vocabulary: number, width: number, spread: number): OpCase => ({
  op: 'head_score',
  label: `${tokens} tokens, vocabulary ${vocabulary} by ${width}, spread ${spread}`,
  work: 8 * tokens * vocabulary,
  tolerance: {
    atol: 2e-6,
    rtol: 2e-6,
    because: 'f32 rounding of the logits’ difference and of a tree sum of exponentials',
  },
  prepare: (gpu, scope, rng) => {
    const logits = normals(rng, tokens * vocabulary, spread);
    const ids = Uint32Array.from({ length: tokens }, () => rng.integer(vocabulary));
    const targets = uploadMatrix(scope, ids, tokens, 1, 'targets');
    const parts = chunks(scope, logits, tokens, vocabulary, width);
    return {
      run: (into) => scored(gpu, into, parts, targets, vocabulary).nll,
      reference: () => twin(logits, ids, vocabulary),
    };
  },
});

/** KL of logits that differ by normal noise of size `noise`; or agreement of their most likely entries. */
const compare = (kind: 'kld' | 'agree', tokens: number, vocabulary: number, width: number, noise: number): OpCase => ({
  op: 'head_compare',
  label: `${kind}, ${tokens} tokens, vocabulary ${vocabulary} by ${width}, noise ${noise}`,
  work: 16 * tokens * vocabulary,
  tolerance:
    kind === 'agree'
      ? { atol: 0, rtol: 0, because: 'a yes or a no' }
      : noise === 0
        ? { atol: 0, rtol: 0, because: 'equal logits diverge by exactly nothing' }
        : {
            atol: 1e-9,
            rtol: 2e-5 + 2e-6 / noise,
            because:
              'ln p − ln q, about as large as the noise, carries about 1e-6 of rounding; the rest is a sum without cancellation',
          },
  prepare: (gpu, scope, rng) => {
    const reference = normals(rng, tokens * vocabulary, 3);
    const own = reference.map((z) => z + noise * rng.normal());
    const targets = uploadMatrix(scope, new Uint32Array(tokens), tokens, 1, 'targets');
    const left = chunks(scope, reference, tokens, vocabulary, width);
    const right = chunks(scope, own, tokens, vocabulary, width);
    return {
      run: (into) => {
        const scores = [left, right].map((parts) => scored(gpu, into, parts, targets, vocabulary));
        const result = { kld: emptyMatrix(into, tokens, 1, 'kld'), agree: emptyMatrix(into, tokens, 1, 'agree') };
        left.forEach(({ begin, tile }, i) => {
          headCompare(gpu, { logits: tile, score: scores[0]! }, { logits: right[i]!.tile, score: scores[1]! }, result, {
            row: 0,
            col: begin,
            vocabulary,
          });
        });
        return result[kind];
      },
      reference: () => compareTwin(reference, own, vocabulary)[kind],
    };
  },
});

export const cases: readonly OpCase[] = [
  score(1, 1, 1, 1),
  score(63, 64, 64, 3),
  score(5, 65, 32, 3),
  score(65, 1000, 256, 10),
  score(3, 5000, 1001, 30),
  compare('kld', 64, 65, 65, 0.1),
  compare('kld', 5, 1000, 300, 0.001),
  compare('kld', 5, 1000, 300, 5),
  compare('kld', 65, 512, 100, 0),
  compare('agree', 65, 512, 100, 1),
  compare('agree', 65, 512, 100, 0),
];

/**
 * The end of the model: final norm, head matrix, and what is asked of the logits. Logits exist only as tiles of bounded size: some
 * tokens by a chunk of the vocabulary. Every chunk has the same width, so a token's score does not depend on how tokens are tiled.
 */
import type { Scope } from '../gpu/buffers';
import type { Gpu } from '../gpu/gpu';
import { matmul } from '../tensor/matmul';
import { emptyMatrix, rowRange, type Matrix } from '../tensor/matrix';
import { headCompare } from '../tensor/nn/headCompare';
import { headScore, startScore, type RunningScore, type TilePlace } from '../tensor/nn/headScore';
import { rmsNorm } from '../tensor/nn/rmsNorm';
import { assert } from '../util/assert';
import type { Head } from './model';

/** Vocabulary entries of a chunk; a multiple of 128, so that chunks of any weights start at multiples of 256 bytes. */
const chunkCols = 8192;
/** Bytes of logits held at once for each model: [1024 tokens, one chunk] or, when comparing, [some tokens, all chunks]. */
const tileBytes = 32 * 2 ** 20;
/** Tokens of a tile are a multiple of this, so that tiles of hidden states start at multiples of 256 bytes. */
const tokenQuantum = 64;

export interface HeadParts {
  /** [1, hidden] f32. */
  readonly norm: Matrix;
  /** [vocabulary, hidden]. */
  readonly weight: Matrix;
  readonly epsilon: number;
}

function* ranges(count: number, step: number): Generator<readonly [begin: number, end: number]> {
  for (let begin = 0; begin < count; begin += step) yield [begin, Math.min(count, begin + step)];
}

export function createHead(gpu: Gpu, { norm, weight, epsilon }: HeadParts): LogitsHead {
  const vocabulary = weight.rows;

  const normed = (scope: Scope, hidden: Matrix, begin: number, end: number) =>
    rmsNorm(gpu, scope, rowRange(hidden, begin, end), norm, epsilon);

  const head: LogitsHead = {
    weight,
    gains: norm,
    normed,
    withWeight: (replacement, gains = norm) => createHead(gpu, { norm: gains, weight: replacement, epsilon }),

    score(scope, hidden, targets) {
      const score = startScore(scope, hidden.rows);
      const tokensAtOnce = Math.floor(tileBytes / (4 * Math.min(chunkCols, vocabulary)) / tokenQuantum) * tokenQuantum;
      for (const [begin, end] of ranges(hidden.rows, tokensAtOnce)) {
        using tile = gpu.scope('head tile');
        const x = normed(tile, hidden, begin, end);
        for (const [first, last] of ranges(vocabulary, chunkCols)) {
          {
            using chunk = gpu.scope('head chunk');
            const logits = matmul(gpu, chunk, x, rowRange(weight, first, last), { label: 'logits' });
            headScore(gpu, score, logits, targets, { row: begin, col: first, vocabulary });
          }
          // Submitting lets the next chunk re-use this one's memory.
          gpu.flush();
        }
      }
      scope.free(score.running.view.buffer);
      return { nll: score.nll };
    },

    compare(scope, reference, hidden, targets, own) {
      const ownHead = (own as LogitsHead | undefined) ?? head;
      const tokens = hidden.rows;
      assert(reference.rows === tokens && ownHead.weight.rows === vocabulary, 'compared models differ in shape');
      const result = { kld: emptyMatrix(scope, tokens, 1, 'kld'), agree: emptyMatrix(scope, tokens, 1, 'agree') };
      const ownScore = startScore(scope, tokens);
      using local = gpu.scope('head compare');
      const referenceScore = startScore(local, tokens);
      const fit = Math.floor(tileBytes / (4 * vocabulary) / tokenQuantum) * tokenQuantum;
      for (const [begin, end] of ranges(tokens, Math.max(tokenQuantum, fit))) {
        {
          using tile = gpu.scope('head tile');
          const judge = (head: LogitsHead, states: Matrix, score: RunningScore) => {
            const x = head.normed(tile, states, begin, end);
            return [...ranges(vocabulary, chunkCols)].map(([first, last]) => {
              const logits = matmul(gpu, tile, x, rowRange(head.weight, first, last), { label: 'logits' });
              const place: TilePlace = { row: begin, col: first, vocabulary };
              headScore(gpu, score, logits, targets, place);
              return { logits, place };
            });
          };
          const left = judge(head, reference, referenceScore);
          const right = judge(ownHead, hidden, ownScore);
          right.forEach(({ logits, place }, i) => {
            const other = left[i]?.logits ?? logits;
            headCompare(gpu, { logits: other, score: referenceScore }, { logits, score: ownScore }, result, place);
          });
        }
        gpu.flush();
      }
      scope.free(ownScore.running.view.buffer);
      return { nll: ownScore.nll, ...result };
    },

    logits(scope, hidden) {
      using local = gpu.scope('logits');
      return matmul(gpu, scope, normed(local, hidden, 0, hidden.rows), weight, { label: 'logits' });
    },
  };
  return head;
}

/** A head whose normed states another head can ask for. */
interface LogitsHead extends Head {
  normed(scope: Scope, hidden: Matrix, begin: number, end: number): Matrix;
}

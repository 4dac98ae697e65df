/**
 * The end of the model: final norm, projection where the table is narrower than the stream, head matrix, what becomes of its products, and what is asked of the logits. Logits exist only as tiles of bounded size: some
 * tokens by a chunk of the vocabulary. Every chunk has the same width, so a token's score does not depend on how tokens are tiled.
 */
import type { Scope } from '../gpu/buffers';
import type { Gpu } from '../gpu/gpu';
import { matmul } from '../tensor/matmul';
import { emptyMatrix, rowRange, type Matrix } from '../tensor/matrix';
import { headCompare } from '../tensor/nn/headCompare';
import { headScore, startScore, type RunningScore, type TilePlace } from '../tensor/nn/headScore';
import { layerNorm } from '../tensor/nn/layerNorm';
import { rmsNorm } from '../tensor/nn/rmsNorm';
import { scaleCap } from '../tensor/nn/scaleCap';
import { assert, present } from '../util/assert';
import type { Head } from './model';
import type { NormRule } from './steps';

/** Vocabulary entries of a chunk; a multiple of 128, so that chunks of any weights start at multiples of 256 bytes. */
const chunkCols = 8192;
/** Bytes of logits held at once for each model: [1024 tokens, one chunk] or, when comparing, [some tokens, all chunks]. */
const tileBytes = 32 * 2 ** 20;
/** Tokens of a tile are a multiple of this, so that tiles of hidden states start at multiples of 256 bytes. */
const tokenQuantum = 64;

export interface HeadParts {
  /** Null where the last block ends in a norm of its own. */
  readonly norm: FinalNorm | null;
  /** [width, hidden], before a head that is narrower than the stream. */
  readonly project?: Matrix;
  /** [vocabulary, width]. */
  readonly weight: Matrix;
  /** Products are multiplied by it, 1 when left out, then kept within ± cap where there is one. */
  readonly factor?: number;
  readonly cap?: number;
}

export interface FinalNorm {
  readonly rule: NormRule;
  /** [1, hidden] f32 each; the bias is that of a layer norm. */
  readonly gains: Matrix;
  readonly bias: Matrix | null;
}

function* ranges(count: number, step: number): Generator<readonly [begin: number, end: number]> {
  for (let begin = 0; begin < count; begin += step) yield [begin, Math.min(count, begin + step)];
}

export function createHead(gpu: Gpu, parts: HeadParts): LogitsHead {
  const { norm, project, weight, factor = 1, cap = null } = parts;
  const vocabulary = weight.rows;

  const normed = (scope: Scope, hidden: Matrix, begin: number, end: number) => {
    const rows = rowRange(hidden, begin, end);
    const states = norm ? applyNorm(gpu, scope, rows, norm) : rows;
    return project ? matmul(gpu, scope, states, project, { label: 'head projection' }) : states;
  };
  /** Logits of normed states against rows [first, last) of the vocabulary. */
  const products = (scope: Scope, x: Matrix, first: number, last: number) =>
    scaleCap(gpu, matmul(gpu, scope, x, rowRange(weight, first, last), { label: 'logits' }), factor, cap);

  const head: LogitsHead = {
    weight,
    normed,
    products,
    withWeight: (replacement) => createHead(gpu, { ...parts, weight: replacement }),

    score(scope, hidden, targets) {
      const score = startScore(scope, hidden.rows);
      const tokensAtOnce = Math.floor(tileBytes / (4 * Math.min(chunkCols, vocabulary)) / tokenQuantum) * tokenQuantum;
      for (const [begin, end] of ranges(hidden.rows, tokensAtOnce)) {
        using tile = gpu.scope('head tile');
        const x = normed(tile, hidden, begin, end);
        for (const [first, last] of ranges(vocabulary, chunkCols)) {
          {
            using chunk = gpu.scope('head chunk');
            const logits = products(chunk, x, first, last);
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
              const logits = head.products(tile, x, first, last);
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
      return products(scope, normed(local, hidden, 0, hidden.rows), 0, vocabulary);
    },
  };
  return head;
}

/** A head that another can be asked beside. */
interface LogitsHead extends Head {
  normed(scope: Scope, hidden: Matrix, begin: number, end: number): Matrix;
  products(scope: Scope, x: Matrix, first: number, last: number): Matrix;
}

function applyNorm(gpu: Gpu, scope: Scope, x: Matrix, { rule, gains, bias }: FinalNorm): Matrix {
  if (rule.kind === 'rms') return rmsNorm(gpu, scope, x, gains, rule.epsilon);
  return layerNorm(gpu, scope, x, gains, present(bias, 'the bias of the final norm'), rule.epsilon);
}

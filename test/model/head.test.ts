/** The head: scores without whole logits, and comparison of two models. */
import { describe, expect, it } from 'vitest';
import { createHead } from '../../src/model/head';
import { headCompare } from '../../src/reference/headCompare';
import { headScore } from '../../src/reference/headScore';
import { matmul } from '../../src/reference/matmul';
import { rmsNorm } from '../../src/reference/rmsNorm';
import { readMatrix, uploadMatrix } from '../../src/tensor/matrix';
import { createRng } from '../../src/util/rng';
import { testGpu } from '../gpu';
import { normals } from '../opCase';

/** More vocabulary than a chunk and more tokens than a tile of a comparison, neither a multiple of anything. */
const [tokens, hidden, vocabulary] = [450, 8, 18_001];
const epsilon = 1e-5;

async function setUp() {
  const gpu = await testGpu();
  const scope = gpu.scope('head test');
  const rng = createRng(3);
  const norm = normals(rng, hidden);
  const weight = normals(rng, vocabulary * hidden);
  const coarse = weight.map((w) => Math.round(w * 4) / 4);
  const states = normals(rng, tokens * hidden, 3);
  const other = states.map((s) => s + 0.05 * rng.normal());
  const targets = Uint32Array.from({ length: tokens }, () => rng.integer(vocabulary));
  const head = createHead(gpu, {
    norm: { rule: { kind: 'rms', epsilon }, gains: uploadMatrix(scope, norm, 1, hidden, 'norm'), bias: null },
    weight: uploadMatrix(scope, weight, vocabulary, hidden, 'head'),
  });
  return {
    gpu,
    scope,
    head,
    quantized: head.withWeight(uploadMatrix(scope, coarse, vocabulary, hidden, 'quantized head')),
    states: uploadMatrix(scope, states, tokens, hidden, 'states'),
    other: uploadMatrix(scope, other, tokens, hidden, 'other states'),
    targets: uploadMatrix(scope, targets, tokens, 1, 'targets'),
    ids: targets,
    logits: (x: Float32Array, w: Float32Array) => matmul(rmsNorm(x, norm, epsilon), w, tokens, vocabulary, hidden),
    values: { weight, coarse, states, other },
  };
}

const largest = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Array.from(a, (v, i) => Math.abs(v - (b[i] as number))).reduce((x, y) => Math.max(x, y), 0);

describe('head', () => {
  it('scores as the float64 twin, over several chunks and tiles', async () => {
    const { gpu, scope, head, states, targets, ids, logits, values } = await setUp();
    using _ = scope;
    const { nll } = head.score(scope, states, targets);
    const want = headScore(logits(values.states, values.weight), ids, vocabulary);
    // Logits of about ±10 carry f32 rounding of about 1e-6.
    expect(largest(await readMatrix(gpu, nll), want)).toBeLessThan(1e-5);
  });

  it('compares two models through their own heads', async () => {
    const { gpu, scope, head, quantized, states, other, targets, ids, logits, values } = await setUp();
    using _ = scope;
    const result = head.compare(scope, states, other, targets, quantized);
    const reference = logits(values.states, values.weight);
    const own = logits(values.other, values.coarse);
    const want = headCompare(reference, own, vocabulary);
    const kld = await readMatrix(gpu, result.kld);
    expect(largest(kld, want.kld)).toBeLessThan(1e-5);
    expect(kld.every((v) => v >= 0)).toBe(true);
    // Of 450 tokens, one near tie may fall the other way.
    const agree = await readMatrix(gpu, result.agree);
    expect(agree.filter((yes, t) => yes !== want.agree[t]).length).toBeLessThanOrEqual(1);
    expect(largest(await readMatrix(gpu, result.nll), headScore(own, ids, vocabulary))).toBeLessThan(1e-5);
  });

  it('finds no divergence between a model and itself, and the same scores as without comparison', async () => {
    const { gpu, scope, head, states, targets } = await setUp();
    using _ = scope;
    const result = head.compare(scope, states, states, targets);
    expect((await readMatrix(gpu, result.kld)).every((v) => v === 0)).toBe(true);
    expect((await readMatrix(gpu, result.agree)).every((v) => v === 1)).toBe(true);
    const alone = await readMatrix(gpu, head.score(scope, states, targets).nll);
    expect(await readMatrix(gpu, result.nll)).toEqual(alone);
  });
});

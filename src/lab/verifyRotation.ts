/**
 * Whether the fused rotation leaves a model as it is. Every site is rotated by the transform itself, gains of norms folded; embedding
 * and biases are rotated to match, the last states turned back before the head; one window goes through both models, block by block.
 * In exact arithmetic their outputs are equal: what is left is float32 rounding.
 */
import type { Scope } from '../gpu/buffers';
import type { Gpu } from '../gpu/gpu';
import type { OpenBlock, Head, Model } from '../model/model';
import { FactorCache } from '../quant/factorCache';
import { makeGrid, makeTransform } from '../quant/solve/pieces';
import type { Absorbed, Context, QuantEvent, Transform } from '../quant/problem';
import { parseRecipe } from '../quant/recipe/parseRecipe';
import { plainPiece, plainRecipe } from '../quant/recipe/plain';
import type { Piece } from '../quant/recipe/recipe';
import { readMatrix, rowRange, uploadMatrix, type Matrix } from '../tensor/matrix';
import { splitRows } from '../tensor/pieces';
import { assert, present } from '../util/assert';
import { NumericError } from '../util/errors';
import { createRng } from '../util/rng';
import { neighboursOf, siteRows } from './siteProblem';

/** Nats a token. Float32 rounding alone gave at most 1.2e-11 (tiny models, the demo); a value bias left unrotated gave 4. */
const mostKld = 1e-5;

export interface RotationOptions {
  /** The model's own. */
  readonly head: Head;
  /** The rotation, a transform that neighbours absorb. */
  readonly piece: Piece;
  /** Of the run. */
  readonly seed: number;
  readonly signal: AbortSignal;
  readonly emit?: (event: QuantEvent) => void;
}

/**
 * Mean KL divergence, nats a token, of the rotated model from the model, over all ids of the window but its first.
 * @throws NumericError when it exceeds 1e-5: then the rotation would not be absorbed, and results with it would be of another model.
 */
export async function verifyRotation(
  gpu: Gpu,
  model: Model,
  ids: Uint32Array,
  { head, piece, seed, signal, emit = () => undefined }: RotationOptions,
): Promise<number> {
  assert(ids.length >= 2 && ids.length <= model.maxTokens, `a window of ${ids.length} ids`);
  using scope = gpu.scope('verify rotation');
  const cx: Context = { gpu, scope, signal, emit, rng: createRng(seed), shared: createRng(seed) };
  const transform = makeTransform(piece);
  const turns = present(transform.absorbed, `${piece.name} is absorbed`)(cx.shared);
  const stream = turns.stream(model.card.hidden);
  let plain = await model.embed(scope, ids);
  let rotated = stream.turn(gpu, scope, plain, 'forward');
  const batch = { windows: 1, length: ids.length };
  for (let index = 0; index < model.blockCount; index++) {
    using opened = gpu.scope('verified block');
    // Opened for this alone: its vectors are written over once the plain model has used them.
    const block = await model.openBlock(opened, index);
    const next = await model.forward(scope, block, plain, batch);
    const turned = await model.forward(
      scope,
      await rotateBlock(block, transform, turns, { ...cx, scope: opened }),
      rotated,
      batch,
    );
    for (const { view: old } of [plain, rotated]) scope.free(old.buffer);
    [plain, rotated] = [next, turned];
    await gpu.pace(signal);
  }
  // A head that has the rotation in it reads h R Rᵀ: turned back here, because the norm before it does not see a rotation, and a second
  // head may be more than the GPU holds.
  const back = stream.turn(gpu, scope, rotated, 'inverse');
  const scored = ids.length - 1;
  const targets = uploadMatrix(scope, ids.slice(1), scored, 1, 'targets');
  const { kld } = head.compare(scope, rowRange(plain, 0, scored), rowRange(back, 0, scored), targets);
  const mean = (await readMatrix(gpu, kld)).reduce((sum, v) => sum + v, 0) / scored;
  if (!(mean <= mostKld)) {
    throw new NumericError(
      'rotation-changes-model',
      `the rotated model differs from the model by ${mean} nats a token; expected at most ${mostKld}. Use another transform for this model.`,
      { kld: mean, most: mostKld, tokens: scored },
    );
  }
  return mean;
}

/** The block with rotated weights; its norms become ones and its biases are rotated in place. */
async function rotateBlock(block: OpenBlock, transform: Transform, turns: Absorbed, cx: Context): Promise<OpenBlock> {
  const { gpu, scope } = cx;
  const weights = new Map<string, Matrix>();
  for (const site of block.sites) {
    using local = gpu.scope('verified site');
    const rows = site.layers.reduce((sum, layer) => sum + layer.rows, 0);
    const problem = {
      W: siteRows(gpu, block, site)(local, 0, rows),
      neighbours: neighboursOf(block, site),
      factors: FactorCache.of(local),
    };
    // The grid has no part in what neighbours absorb.
    const grid = makeGrid(parseRecipe(plainRecipe({ name: plainPiece('grid').name })).grid, site.cols);
    const { problem: turned } = await transform.fit(problem, grid, { ...cx, scope: local });
    const parts = splitRows(
      gpu,
      scope,
      turned.W,
      site.layers.map((layer) => layer.rows),
    );
    site.layers.forEach(({ name }, i) => weights.set(name, present(parts[i], name)));
  }
  const overwrite = (target: Matrix, make: (local: Scope) => Matrix) => {
    using local = gpu.scope('verified vector');
    gpu.copy(make(local).view, target.view);
  };
  for (const { reads, layers } of block.sites) {
    if (reads.kind === 'stream') {
      overwrite(present(block.others.get(reads.norm), reads.norm), (local) => onesRow(local, reads.norm, block));
    }
    for (const { name, rows, writes, headSize } of layers) {
      const bias = block.others.get(`${name}.bias`);
      if (!bias || (writes !== 'stream' && writes !== 'heads')) continue;
      // b as a row: b·Vᵀ is V·b, as the rows of W.
      const V = writes === 'stream' ? turns.stream(rows) : turns.heads(headSize ?? rows);
      overwrite(bias, (local) => V.turn(gpu, local, bias, 'forward'));
    }
  }
  return { ...block, weights };
}

function onesRow(scope: Scope, name: string, { others }: OpenBlock): Matrix {
  const { cols } = present(others.get(name), name);
  return uploadMatrix(scope, new Float32Array(cols).fill(1), 1, cols, 'ones');
}

/**
 * Whether the fused rotation leaves a model as it is. Every site is rotated by the transform itself, gains of norms folded; embedding
 * and biases are rotated to match (without their means where norms subtract it), the last states turned back before the head. What turns an input when the model runs is turned back on the
 * weights, W·Vᵀ·V: the same product as W·Vᵀ on V·x, which no block here can be given.
 */
import type { Scope } from '../gpu/buffers';
import type { Gpu } from '../gpu/gpu';
import type { OpenBlock, Model } from '../model/model';
import { FactorCache } from '../quant/factorCache';
import { makeGrid, makeTransform } from '../quant/solve/pieces';
import type { Absorbed, Context, Direction, QuantEvent, Transform, Turning } from '../quant/problem';
import { parseRecipe } from '../quant/recipe/parseRecipe';
import { plainPiece, plainRecipe } from '../quant/recipe/plain';
import type { Piece } from '../quant/recipe/recipe';
import { readMatrix, uploadMatrix, type Matrix } from '../tensor/matrix';
import { layerNorm } from '../tensor/nn/layerNorm';
import { stackRows } from '../tensor/pieces';
import { scaleColumns } from '../tensor/scaleColumns';
import { present } from '../util/assert';
import { NumericError } from '../util/errors';
import { createRng } from '../util/rng';
import { divergenceOf, mostKld, withChanged, type Change, type Comparing } from './divergence';
import { neighboursOf, rowsOf, siteRows } from './siteProblem';

export interface RotationOptions extends Comparing {
  /** The rotation, a transform that neighbours absorb. */
  readonly piece: Piece;
  /** Of the run. */
  readonly seed: number;
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
  { piece, seed, emit = () => undefined, ...comparing }: RotationOptions,
): Promise<number> {
  using scope = gpu.scope('verify rotation');
  const { signal } = comparing;
  const cx: Context = { gpu, scope, signal, emit, rng: createRng(seed), shared: createRng(seed) };
  const transform = makeTransform(piece);
  const turns = present(transform.absorbed, `${piece.name} is absorbed`)(cx.shared);
  const stream = model.stream.turns ? turns.stream(model.card.hidden) : null;
  const change: Change = {
    start: (into, plain) => turnedStream(gpu, into, plain, model, stream, 'forward'),
    block: (opened, block) => rotateBlock(block, model, transform, turns, { ...cx, scope: opened }),
    // A head that has the rotation in it reads h R Rᵀ: turned back here, because the norm before it does not see a rotation, and a second
    // head may be more than the GPU holds.
    end: (into, rotated) => turnedStream(gpu, into, rotated, model, stream, 'inverse'),
  };
  const mean = await divergenceOf(gpu, model, ids, change, comparing);
  if (!(mean <= mostKld)) {
    throw new NumericError(
      'rotation-changes-model',
      `the rotated model differs from the model by ${mean} nats a token; expected at most ${mostKld}. Use another transform for this model.`,
      { kld: mean, most: mostKld, tokens: ids.length - 1 },
    );
  }
  return mean;
}

/** Rows of the stream without their means where no norm reads them, in the other basis; copies where the stream keeps its own. */
function turnedStream(
  gpu: Gpu,
  scope: Scope,
  x: Matrix,
  model: Pick<Model, 'stream'>,
  turning: Turning | null,
  direction: Direction,
): Matrix {
  if (!turning) return stackRows(gpu, scope, [x]);
  if (direction === 'inverse' || !model.stream.centred) return turning.turn(gpu, scope, x, direction);
  using local = gpu.scope('centred');
  return turning.turn(gpu, scope, withoutMeans(gpu, local, x), direction);
}

/** Each row less its mean. */
function withoutMeans(gpu: Gpu, scope: Scope, x: Matrix): Matrix {
  const row = (value: number) => uploadMatrix(scope, new Float32Array(x.cols).fill(value), 1, x.cols, 'row');
  // A norm with an ε beyond all variances is a difference from the mean, and a factor.
  return layerNorm(gpu, scope, x, row(1e15), row(0), 1e30);
}

/** The block with rotated weights; its norms become ones and its biases are rotated in place. */
async function rotateBlock(
  block: OpenBlock,
  { stream: { turns: turning, centred } }: Pick<Model, 'stream'>,
  transform: Transform,
  turns: Absorbed,
  cx: Context,
): Promise<OpenBlock> {
  const { gpu, scope } = cx;
  // As they were: experts that come later are turned with the gains of before.
  const others = new Map([...block.others].map(([name, vector]) => [name, stackRows(gpu, scope, [vector])]));
  const changed = await withChanged(gpu, scope, block, async (local, source, site) => {
    const problem = {
      W: siteRows(gpu, source, site)(local, 0, rowsOf(site)),
      neighbours: neighboursOf({ ...source, others }, site),
      factors: FactorCache.of(local),
    };
    // The grid has no part in what neighbours absorb.
    const grid = makeGrid(parseRecipe(plainRecipe({ name: plainPiece('grid').name })).grid, site.cols);
    const { problem: turned, online } = await transform.fit(problem, grid, { ...cx, scope: local });
    return online ? online.turn(gpu, local, turned.W, 'inverse') : turned.W;
  });
  const overwrite = (target: Matrix, make: (local: Scope) => Matrix) => {
    using local = gpu.scope('verified vector');
    gpu.copy(make(local).view, target.view);
  };
  const done = new Set<string>();
  /** Gains go into what reads them; the bias of a layer norm turns with the stream: it is b/g in units of what the weights then read. */
  const turnNorm = async (name: string) => {
    // Several sites may read one norm.
    if (done.has(name)) return;
    done.add(name);
    const gains = present(block.others.get(name), name);
    const bias = block.others.get(`${name}.bias`);
    if (bias) {
      const inverse = (await readMatrix(gpu, gains)).map((g) => (g === 0 ? 0 : 1 / g));
      overwrite(bias, (local) => {
        const unit = scaleColumns(gpu, local, bias, uploadMatrix(local, inverse, 1, gains.cols, '1/g'));
        return turns.stream(gains.cols).turn(gpu, local, unit, 'forward');
      });
    }
    overwrite(gains, (local) => uploadMatrix(local, new Float32Array(gains.cols).fill(1), 1, gains.cols, 'ones'));
  };
  for (const { reads, layers } of block.sites) {
    if (turning && reads.kind === 'stream' && reads.norm !== null) await turnNorm(reads.norm);
    for (const { name, rows, writes, headSize } of layers) {
      const bias = block.others.get(`${name}.bias`);
      if (!bias || (writes !== 'stream' && writes !== 'heads')) continue;
      // b as a row: b·Vᵀ is V·b, as the rows of W.
      const V = writes === 'stream' ? turns.stream(rows) : turns.heads(headSize ?? rows);
      overwrite(bias, (local) =>
        V.turn(gpu, local, writes === 'stream' && centred ? withoutMeans(gpu, local, bias) : bias, 'forward'),
      );
    }
  }
  return { ...changed, centred: turning && centred };
}

/**
 * The fused rotations of QuaRot (arXiv 2404.00456) and SpinQuant's R1 and R2, seen from one site. The residual stream is rotated by R1:
 * matrices that read it become W·diag(g)·R1 (g the gains of the norm before, which moves into them), with
 * H' = R1ᵀ diag(1/g) H diag(1/g) R1; rows that write to it become R1ᵀ·W. Value heads are rotated by R2: their rows become R2ᵀ·W, the
 * output projection W·R2 head by head. Every factor meets its inverse in a neighbour, so the model is the same and nothing is stored.
 * Where every norm subtracts the mean of the stream (LayerNorm), writers lose theirs first: nothing reads it, and without it the norms are root
 * mean squares, which a rotation leaves alone. Their biases are the norms' own and turn with the stream.
 * What no neighbour can take keeps its basis, or is turned online: by a randomized Hadamard transform of its own just before the layer, when the
 * model runs (QuaRot's before the down projection, SpinQuant's R4). So is the input of a layer that reads a stream which cannot turn; the
 * output of attention is turned within heads by R2, and online over heads as in QuaRot. Signs are random, a bit for each: inputs with a mean,
 * as behind SiLU, would else add up in the first column.
 */
import type { Gpu } from '../../gpu/gpu';
import type { Scope } from '../../gpu/buffers';
import { addRow } from '../../tensor/addRow';
import { uploadMatrix, type Matrix } from '../../tensor/matrix';
import { splitRows, stackRows } from '../../tensor/pieces';
import { scaleColumns } from '../../tensor/scaleColumns';
import { randomSigns } from '../../util/orthogonal';
import { present } from '../../util/assert';
import type { Rng } from '../../util/rng';
import { nothingKept, withoutKin, type Context, type Direction, type Neighbours, type Transform } from '../problem';
import type { Piece } from '../recipe/recipe';
import {
  acrossHeads,
  changeMoments,
  drawSeed,
  hadamardRotation,
  inTurn,
  orthogonalRotation,
  seededRng,
  turnMoment,
  turnRows,
  type Rotation,
} from '../rotation';
import { tellKind } from './hadamard';
import { keptOf, planFrom, planOf, type Plan, type Rest, type Seed, type Turn } from './rotatePlan';

type Basis = 'hadamard' | 'orthogonal';

/** The seed of R1 and R2, the same at every site of the model. */
const rotationSeed = (shared: Rng): Seed => drawSeed(shared.fork('rotate'));

const known = new Map<string, Rotation>();

/** R1ᵀ of the stream's width, or R2ᵀ of a head's, as the V of rotation.ts. Remembered: sites share it, and an orthogonal one takes long. */
function sharedRotation(which: 'R1' | 'R2', width: number, seed: readonly [number, number], basis: Basis): Rotation {
  const name = `${which} ${width}`;
  const key = `${name} ${seed.join(' ')} ${basis}`;
  const rng = seededRng(...seed).fork(name);
  const rotation =
    known.get(key) ??
    (basis === 'hadamard' ? hadamardRotation(randomSigns(width, rng)) : orthogonalRotation(width, rng));
  // A run needs two, R1 and R2: those of runs long past are let go.
  if (known.size > 8) known.clear();
  known.set(key, rotation);
  return rotation;
}

/** What neighbours take of it: R1 or R2. */
function absorbedOf({ kind, size }: Turn, { seed }: Plan, basis: Basis): Rotation | null {
  if (kind === 'as-is' || kind === 'own') return null;
  return sharedRotation(kind === 'heads' || kind === 'across' ? 'R2' : 'R1', size, seed, basis);
}

/** What is left to when the model runs, of an input of `cols` columns. */
function onlineOf({ input, online }: Plan, cols: number): Rotation | null {
  if (!online) return null;
  const signs = randomSigns(mixed(input, cols), seededRng(...online));
  return input.kind === 'across' ? acrossHeads(signs, input.size) : hadamardRotation(signs);
}

/** How many are mixed when the model runs, of an input of `cols` columns: heads or columns. */
const mixed = ({ kind, size }: Turn, cols: number) => (kind === 'across' ? cols / size : cols);

/** V of the input, both parts of it; null where it keeps its basis. */
function inputRotation(plan: Plan, cols: number, basis: Basis): Rotation | null {
  const [absorbed, online] = [absorbedOf(plan.input, plan, basis), onlineOf(plan, cols)];
  return absorbed && online ? inTurn(absorbed, online) : (absorbed ?? online);
}

export function rotate({ basis: option, online }: Piece): Transform {
  const basis: Basis = option === 'orthogonal' ? 'orthogonal' : 'hadamard';
  const rest: Rest = online === 'hadamard' ? 'turned' : 'as-is';
  return {
    async fit(problem, _grid, cx) {
      const { gpu } = cx;
      const { W, neighbours } = withoutKin(problem);
      const { input, outputs } = neighbours ?? {};
      if (!input || !outputs) {
        const reason = 'what reads and writes these rows is not known, so nothing can absorb a rotation';
        cx.emit({ type: 'fallback-used', wanted: 'rotate', used: 'no rotation', reason });
        return { problem, kept: nothingKept, bits: 0, operations: 0 };
      }
      const factors = problem.factors.under(rest === 'as-is' ? `rotate ${basis}` : `rotate ${basis} online`);
      const bare = input.kind === 'stream' && !input.turns;
      if (bare || outputs.some(({ kind }) => kind === 'branch')) tellFixed(bare ? rest : 'as-is', cx);
      const seeds = { seed: rotationSeed(cx.shared), online: drawSeed(cx.rng.fork('rotate online')) };
      const plan = await factors.remember('plan', () => planOf({ input, outputs }, W, rest, seeds, gpu));
      const run = onlineOf(plan, W.cols);
      for (const width of hadamardWidths(plan, W.cols, basis)) tellKind(width, cx);
      const done = await factors.remember('rotated', (scope) => {
        using local = gpu.scope('rotate');
        const V = inputRotation(plan, W.cols, basis);
        const gains = uploadMatrix(local, gainsOf(plan, W.cols), 1, W.cols, 'g');
        const inverse = uploadMatrix(local, inverted(gainsOf(plan, W.cols)), 1, W.cols, '1/g');
        const folded = scaleColumns(gpu, local, withMeans(gpu, local, W, plan, -1), gains);
        const columns = V ? V.turn(gpu, local, folded, 'forward') : folded;
        const moments = changeMoments(problem, (M) => {
          const unfolded = scaleColumns(gpu, V ? local : scope, M, inverse, inverse);
          return V ? turnMoment(gpu, scope, unfolded, V) : unfolded;
        });
        return { W: turnOutputs(gpu, scope, columns, plan, basis, 'forward'), moments };
      });
      // The gains are in W now: scales that follow find a norm without any.
      const ones = factors.remember('ones', (scope) =>
        uploadMatrix(scope, new Float32Array(W.cols).fill(1), 1, W.cols, '1'),
      );
      const turned = input.kind === 'stream' && input.turns;
      const source: Neighbours['input'] = run ? { kind: 'fixed' } : turned ? { ...input, gains: await ones } : input;
      return {
        problem: { W: done.W, ...done.moments, neighbours: { outputs, input: source }, factors },
        kept: keptOf(plan),
        // A bit for each sign.
        bits: run ? mixed(plan.input, W.cols) : 0,
        operations: run ? run.operations : 0,
        ...(run && { online: run }),
      };
    },

    absorbed(shared) {
      const seed = rotationSeed(shared);
      return {
        stream: (width) => sharedRotation('R1', width, seed, basis),
        heads: (size) => sharedRotation('R2', size, seed, basis),
      };
    },

    undo(w, kept, { gpu, scope }) {
      using local = gpu.scope('rotate');
      const plan = planFrom(kept);
      const columns = turnOutputs(gpu, local, w, plan, basis, 'inverse');
      const V = inputRotation(plan, w.cols, basis);
      const folded = V ? V.turn(gpu, local, columns, 'inverse') : columns;
      const inverse = uploadMatrix(local, inverted(gainsOf(plan, w.cols)), 1, w.cols, '1/g');
      const back = scaleColumns(gpu, plan.means.length ? local : scope, folded, inverse);
      return Promise.resolve(withMeans(gpu, scope, back, plan, 1));
    },
  };
}

/** Says where the stream keeps its basis. */
function tellFixed(rest: Rest, { emit }: Context): void {
  const reason = 'norms with gains of their own stand between what writes the residual stream and what reads it';
  const used = rest === 'as-is' ? 'its own basis' : 'a rotation of this input when the model runs';
  emit({ type: 'fallback-used', wanted: 'rotation of the residual stream', used, reason });
}

/** Widths of which a Hadamard matrix is wanted. */
function hadamardWidths({ input, online, outputs }: Plan, cols: number, basis: Basis): ReadonlySet<number> {
  const absorbed = [input, ...outputs].filter(({ kind }) => kind !== 'as-is' && kind !== 'own').map(({ size }) => size);
  return new Set([...(basis === 'hadamard' ? absorbed : []), ...(online ? [mixed(input, cols)] : [])]);
}

/** Rows of each output turned by what reads them; owned by the scope. */
function turnOutputs(gpu: Gpu, scope: Scope, W: Matrix, plan: Plan, basis: Basis, direction: Direction): Matrix {
  using local = gpu.scope('outputs');
  const parts = splitRows(
    gpu,
    local,
    W,
    plan.outputs.map(({ rows }) => rows),
  );
  const turned = parts.map((part, i) => {
    const output = plan.outputs[i];
    const U = output && absorbedOf(output, plan, basis);
    return U ? turnRows(gpu, local, part, U, direction) : part;
  });
  return stackRows(gpu, scope, turned);
}

/** W with `sign` times their means added to the rows of centred outputs; W itself where there are none. */
function withMeans(gpu: Gpu, scope: Scope, W: Matrix, { outputs, means }: Plan, sign: 1 | -1): Matrix {
  if (!means.length) return W;
  using local = gpu.scope('means');
  const counts = outputs.map(({ rows }) => rows);
  let begin = 0;
  const parts = splitRows(gpu, local, W, counts);
  for (const [i, { kind }] of outputs.entries()) {
    if (kind !== 'centred') continue;
    const row = means.slice(begin, (begin += W.cols)).map((m) => sign * m);
    addRow(gpu, present(parts[i], 'rows of an output'), uploadMatrix(local, row, 1, W.cols, 'means'));
  }
  return stackRows(gpu, scope, parts);
}

const gainsOf = ({ gains }: Plan, cols: number) => (gains.length ? gains : new Float32Array(cols).fill(1));

/** 1/g; 0 where the norm lets nothing through, so that the weights of that column are 0. */
const inverted = (gains: Float32Array) => Float32Array.from(gains, (g) => (g === 0 ? 0 : 1 / g));

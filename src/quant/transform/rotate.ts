/**
 * The fused rotations of QuaRot (arXiv 2404.00456) and SpinQuant's R1 and R2, seen from one site. The residual stream is rotated by R1:
 * matrices that read it become W·diag(g)·R1 (g the gains of the norm before, which moves into them), with
 * H' = R1ᵀ diag(1/g) H diag(1/g) R1; rows that write to it become R1ᵀ·W. Value heads are rotated by R2: their rows become R2ᵀ·W, the
 * output projection W·R2 head by head. Every factor meets its inverse in a neighbour, so the model is the same and nothing is stored.
 * Where every norm subtracts the mean of the stream (LayerNorm), writers lose theirs first: nothing reads it, and without it the norms are root
 * mean squares, which a rotation leaves alone. Their biases are the norms' own and turn with the stream.
 * The input of the down projection keeps its basis: rotating it would cost a transform when the model runs.
 */
import type { Gpu } from '../../gpu/gpu';
import type { Scope } from '../../gpu/buffers';
import { addRow } from '../../tensor/addRow';
import { matmul } from '../../tensor/matmul';
import { readMatrix, uploadMatrix, type Matrix } from '../../tensor/matrix';
import { splitRows, stackRows } from '../../tensor/pieces';
import { scaleColumns } from '../../tensor/scaleColumns';
import { randomSigns } from '../../util/orthogonal';
import { present } from '../../util/assert';
import type { Rng } from '../../util/rng';
import {
  withoutKin,
  type Context,
  type Direction,
  type Neighbours,
  type StreamInput,
  type Transform,
} from '../problem';
import type { Piece } from '../recipe/recipe';
import {
  changeMoments,
  drawSeed,
  hadamardRotation,
  orthogonalRotation,
  seededRng,
  turnMoment,
  turnRows,
  type Rotation,
} from '../rotation';
import { tellKind } from './hadamard';

type Basis = 'hadamard' | 'orthogonal';

const kinds = ['as-is', 'stream', 'heads', 'centred'] as const;

/** What of a site is rotated: `stream` by R1, `centred` too, after its mean is taken out, `heads` of `size` by R2, `as-is` not at all. */
type Turn = { readonly kind: (typeof kinds)[number]; readonly size: number };
interface Plan {
  readonly seed: readonly [high: number, low: number];
  readonly input: Turn;
  readonly outputs: readonly (Turn & { readonly rows: number })[];
  /** Gains of the norm before; empty where the input is not the stream. */
  readonly gains: Float32Array<ArrayBuffer>;
  /** Means over the rows of each centred output, one below the other: what the way back adds again, so that losses are those of all of W. */
  readonly means: Float32Array<ArrayBuffer>;
}

/** The seed of R1 and R2, the same at every site of the model. */
const rotationSeed = (shared: Rng): readonly [high: number, low: number] => drawSeed(shared.fork('rotate'));

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

const rotationOf = ({ kind, size }: Turn, { seed }: Plan, basis: Basis): Rotation | null =>
  kind === 'as-is' ? null : sharedRotation(kind === 'heads' ? 'R2' : 'R1', size, seed, basis);

export function rotate({ basis: option }: Piece): Transform {
  const basis: Basis = option === 'orthogonal' ? 'orthogonal' : 'hadamard';
  return {
    async fit(problem, _grid, cx) {
      const { gpu } = cx;
      const { W, neighbours } = withoutKin(problem);
      const { input, outputs } = neighbours ?? {};
      if (!input || !outputs) {
        const reason = 'what reads and writes these rows is not known, so nothing can absorb a rotation';
        cx.emit({ type: 'fallback-used', wanted: 'rotate', used: 'no rotation', reason });
        return { problem, kept: new Float32Array(), bits: 0 };
      }
      const factors = problem.factors.under(`rotate ${basis}`);
      if ((input.kind === 'stream' && !input.turns) || outputs.some(({ kind }) => kind === 'branch')) tellFixed(cx);
      const plan = await factors.remember('plan', () => planOf({ input, outputs }, W, cx));
      if (basis === 'hadamard') {
        const turned = [plan.input, ...plan.outputs].filter(({ kind }) => kind !== 'as-is');
        for (const width of new Set(turned.map(({ size }) => size))) tellKind(width, cx);
      }
      const done = await factors.remember('rotated', (scope) => {
        using local = gpu.scope('rotate');
        const V = rotationOf(plan.input, plan, basis);
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
      const rest = { outputs, input: turned ? { ...input, gains: await ones } : input };
      return { problem: { W: done.W, ...done.moments, neighbours: rest, factors }, kept: keptOf(plan), bits: 0 };
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
      const V = rotationOf(plan.input, plan, basis);
      const folded = V ? V.turn(gpu, local, columns, 'inverse') : columns;
      const inverse = uploadMatrix(local, inverted(gainsOf(plan, w.cols)), 1, w.cols, '1/g');
      const back = scaleColumns(gpu, plan.means.length ? local : scope, folded, inverse);
      return Promise.resolve(withMeans(gpu, scope, back, plan, 1));
    },
  };
}

/** Says where the stream keeps its basis. */
function tellFixed({ emit }: Context): void {
  const reason = 'norms with gains of their own stand between what writes the residual stream and what reads it';
  emit({ type: 'fallback-used', wanted: 'rotation of the residual stream', used: 'its own basis', reason });
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
    const U = output && rotationOf(output, plan, basis);
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

async function planOf({ input, outputs }: Required<Neighbours>, W: Matrix, cx: Context): Promise<Plan> {
  const { cols } = W;
  const stream = input.kind === 'stream' && input.turns ? input : null;
  return {
    seed: rotationSeed(cx.shared),
    input: stream
      ? { kind: 'stream', size: cols }
      : input.kind === 'heads'
        ? { kind: 'heads', size: input.size }
        : { kind: 'as-is', size: 0 },
    outputs: outputs.map((output) =>
      output.kind === 'stream'
        ? { kind: output.centred ? 'centred' : 'stream', size: output.rows, rows: output.rows }
        : output.kind === 'heads'
          ? { kind: 'heads', size: output.size, rows: output.rows }
          : { kind: 'as-is', size: 0, rows: output.rows },
    ),
    gains: stream ? await gainsAt(stream, cols, cx.gpu) : new Float32Array(),
    means: await meansOf(W, outputs, cx.gpu),
  };
}

const gainsAt = ({ gains }: StreamInput, cols: number, gpu: Gpu): Promise<Float32Array<ArrayBuffer>> =>
  gains ? readMatrix(gpu, gains) : Promise.resolve(new Float32Array(cols).fill(1));

/** For every centred output the mean of its rows, [cols] each. */
async function meansOf(W: Matrix, outputs: Neighbours['outputs'], gpu: Gpu): Promise<Float32Array<ArrayBuffer>> {
  const means: Float32Array[] = [];
  let begin = 0;
  for (const output of outputs) {
    const rows = output.rows;
    if (output.kind === 'stream' && output.centred) {
      using scope = gpu.scope('means');
      const shares = new Float32Array(W.rows).fill(0).fill(1 / rows, begin, begin + rows);
      const share = uploadMatrix(scope, shares, 1, W.rows, 'shares');
      means.push(await readMatrix(gpu, matmul(gpu, scope, share, W, { b: 'plain' })));
    }
    begin += rows;
  }
  return Float32Array.from(means.flatMap((values) => [...values]));
}

const gainsOf = ({ gains }: Plan, cols: number) => (gains.length ? gains : new Float32Array(cols).fill(1));

/** 1/g; 0 where the norm lets nothing through, so that the weights of that column are 0. */
const inverted = (gains: Float32Array) => Float32Array.from(gains, (g) => (g === 0 ? 0 : 1 / g));

/** The plan as numbers: seed, input, count of outputs, outputs, gains, means. All but the last two are small whole numbers. */
function keptOf({ seed, input, outputs, gains, means }: Plan): Float32Array<ArrayBuffer> {
  const turns = outputs.flatMap(({ kind, size, rows }) => [kinds.indexOf(kind), size, rows]);
  return Float32Array.of(...seed, kinds.indexOf(input.kind), input.size, outputs.length, ...turns, ...gains, ...means);
}

function planFrom(kept: Float32Array<ArrayBuffer>): Plan {
  const at = (i: number) => kept[i] as number;
  const turn = (i: number): Turn => ({ kind: kinds[at(i)] ?? 'as-is', size: at(i + 1) });
  const count = at(4);
  const input = turn(2);
  const outputs = Array.from({ length: count }, (_, i) => ({ ...turn(5 + 3 * i), rows: at(7 + 3 * i) }));
  const rest = kept.slice(5 + 3 * count);
  const ends = input.kind === 'stream' ? input.size : 0;
  return { seed: [at(0), at(1)], input, outputs, gains: rest.slice(0, ends), means: rest.slice(ends) };
}

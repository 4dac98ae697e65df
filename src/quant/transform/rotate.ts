/**
 * The fused rotations of QuaRot (arXiv 2404.00456) and SpinQuant's R1 and R2, seen from one site. The residual stream is rotated by R1:
 * matrices that read it become W·diag(g)·R1 (g the gains of the norm before, which moves into them), with
 * H' = R1ᵀ diag(1/g) H diag(1/g) R1; rows that write to it become R1ᵀ·W. Value heads are rotated by R2: their rows become R2ᵀ·W, the
 * output projection W·R2 head by head. Every factor meets its inverse in a neighbour, so the model is the same and nothing is stored.
 * The input of the down projection keeps its basis: rotating it would cost a transform when the model runs.
 */
import type { Gpu } from '../../gpu/gpu';
import type { Scope } from '../../gpu/buffers';
import { readMatrix, uploadMatrix, type Matrix } from '../../tensor/matrix';
import { splitRows, stackRows } from '../../tensor/pieces';
import { scaleColumns } from '../../tensor/scaleColumns';
import { randomSigns } from '../../util/orthogonal';
import type { Rng } from '../../util/rng';
import type { Context, Direction, Neighbours, Transform } from '../problem';
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

/** What of a site is rotated: `stream` by R1, `heads` of `size` by R2, `as-is` not at all. */
type Turn = { readonly kind: 'stream' | 'as-is' | 'heads'; readonly size: number };
interface Plan {
  readonly seed: readonly [high: number, low: number];
  readonly input: Turn;
  readonly outputs: readonly (Turn & { readonly rows: number })[];
  /** Gains of the norm before; empty where the input is not the stream. */
  readonly gains: Float32Array<ArrayBuffer>;
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
  kind === 'as-is' ? null : sharedRotation(kind === 'stream' ? 'R1' : 'R2', size, seed, basis);

export function rotate({ basis: option }: Piece): Transform {
  const basis: Basis = option === 'orthogonal' ? 'orthogonal' : 'hadamard';
  return {
    async fit(problem, _grid, cx) {
      const { gpu } = cx;
      const { W, neighbours } = problem;
      const { input, outputs } = neighbours ?? {};
      if (!input || !outputs) {
        const reason = 'what reads and writes these rows is not known, so nothing can absorb a rotation';
        cx.emit({ type: 'fallback-used', wanted: 'rotate', used: 'no rotation', reason });
        return { problem, kept: new Float32Array(), bits: 0 };
      }
      const factors = problem.factors.under(`rotate ${basis}`);
      const plan = await factors.remember('plan', () => planOf({ input, outputs }, W.cols, cx));
      if (basis === 'hadamard') {
        const turned = [plan.input, ...plan.outputs].filter(({ kind }) => kind !== 'as-is');
        for (const width of new Set(turned.map(({ size }) => size))) tellKind(width, cx);
      }
      const done = await factors.remember('rotated', (scope) => {
        using local = gpu.scope('rotate');
        const V = rotationOf(plan.input, plan, basis);
        const gains = uploadMatrix(local, gainsOf(plan, W.cols), 1, W.cols, 'g');
        const inverse = uploadMatrix(local, inverted(gainsOf(plan, W.cols)), 1, W.cols, '1/g');
        const folded = scaleColumns(gpu, local, W, gains);
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
      const rest = { outputs, input: input.kind === 'stream' ? { ...input, gains: await ones } : input };
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
      return Promise.resolve(scaleColumns(gpu, scope, folded, inverse));
    },
  };
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

async function planOf({ input, outputs }: Required<Neighbours>, cols: number, cx: Context): Promise<Plan> {
  return {
    seed: rotationSeed(cx.shared),
    input:
      input.kind === 'stream'
        ? { kind: 'stream', size: cols }
        : input.kind === 'heads'
          ? { kind: 'heads', size: input.size }
          : { kind: 'as-is', size: 0 },
    outputs: outputs.map((output) =>
      output.kind === 'stream'
        ? { kind: 'stream', size: output.rows, rows: output.rows }
        : output.kind === 'heads'
          ? { kind: 'heads', size: output.size, rows: output.rows }
          : { kind: 'as-is', size: 0, rows: output.rows },
    ),
    gains: input.kind === 'stream' ? await readMatrix(cx.gpu, input.gains) : new Float32Array(),
  };
}

const gainsOf = ({ gains }: Plan, cols: number) => (gains.length ? gains : new Float32Array(cols).fill(1));

/** 1/g; 0 where the norm lets nothing through, so that the weights of that column are 0. */
const inverted = (gains: Float32Array) => Float32Array.from(gains, (g) => (g === 0 ? 0 : 1 / g));

const kinds = ['as-is', 'stream', 'heads'] as const;

/** The plan as numbers: seed, input, count of outputs, outputs, gains. All but the gains are small whole numbers. */
function keptOf({ seed, input, outputs, gains }: Plan): Float32Array<ArrayBuffer> {
  const turns = outputs.flatMap(({ kind, size, rows }) => [kinds.indexOf(kind), size, rows]);
  return Float32Array.of(...seed, kinds.indexOf(input.kind), input.size, outputs.length, ...turns, ...gains);
}

function planFrom(kept: Float32Array<ArrayBuffer>): Plan {
  const at = (i: number) => kept[i] as number;
  const turn = (i: number): Turn => ({ kind: kinds[at(i)] ?? 'as-is', size: at(i + 1) });
  const count = at(4);
  return {
    seed: [at(0), at(1)],
    input: turn(2),
    outputs: Array.from({ length: count }, (_, i) => ({ ...turn(5 + 3 * i), rows: at(7 + 3 * i) })),
    gains: kept.slice(5 + 3 * count),
  };
}

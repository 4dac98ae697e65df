/**
 * What `rotate` does to one site, from what lies around it, and as the numbers that are kept: which rotation its input and its rows take,
 * the gains that go into W, and the means that are taken out of it.
 */
import type { Gpu } from '../../gpu/gpu';
import { matmul } from '../../tensor/matmul';
import { readMatrix, uploadMatrix, type Matrix } from '../../tensor/matrix';
import type { Neighbours, StreamInput } from '../problem';

/** What becomes of an input that no neighbour can take: it keeps its basis, or is turned when the model runs. */
export type Rest = 'as-is' | 'turned';

const kinds = ['as-is', 'stream', 'heads', 'centred', 'own', 'across'] as const;

/**
 * What of a site is rotated: `stream` by R1, `centred` too, after its mean is taken out, `heads` of `size` by R2, `as-is` not at all. Inputs alone:
 * `own` by a rotation that runs before this site, `across` by R2 and, when the model runs, over the heads of `size`.
 */
export type Turn = { readonly kind: (typeof kinds)[number]; readonly size: number };
export type Seed = readonly [high: number, low: number];

export interface Plan {
  /** Of R1 and R2. */
  readonly seed: Seed;
  readonly input: Turn;
  /** Of what runs before this site; null where nothing does. */
  readonly online: Seed | null;
  readonly outputs: readonly (Turn & { readonly rows: number })[];
  /** Gains of the norm before; empty where the input is not a stream that turns. */
  readonly gains: Float32Array<ArrayBuffer>;
  /** Means over the rows of each centred output, one below the other: what the way back adds again, so that losses are those of all of W. */
  readonly means: Float32Array<ArrayBuffer>;
}

/** `online`: of this site alone. */
export async function planOf(
  { input, outputs }: Required<Neighbours>,
  W: Matrix,
  rest: Rest,
  seeds: Pick<Plan, 'seed'> & { readonly online: Seed },
  gpu: Gpu,
): Promise<Plan> {
  const { cols } = W;
  const stream = input.kind === 'stream' && input.turns ? input : null;
  const turn = inputTurn(input, cols, rest);
  return {
    seed: seeds.seed,
    input: turn,
    online: runs(turn) ? seeds.online : null,
    outputs: outputs.map((output) =>
      output.kind === 'stream'
        ? { kind: output.centred ? 'centred' : 'stream', size: output.rows, rows: output.rows }
        : output.kind === 'heads'
          ? { kind: 'heads', size: output.size, rows: output.rows }
          : { kind: 'as-is', size: 0, rows: output.rows },
    ),
    gains: stream ? await gainsAt(stream, cols, gpu) : new Float32Array(),
    means: await meansOf(W, outputs, gpu),
  };
}

function inputTurn(input: NonNullable<Neighbours['input']>, cols: number, rest: Rest): Turn {
  if (input.kind === 'stream' && input.turns) return { kind: 'stream', size: cols };
  if (input.kind === 'heads') {
    return { kind: rest === 'turned' && cols > input.size ? 'across' : 'heads', size: input.size };
  }
  return rest === 'turned' ? { kind: 'own', size: cols } : { kind: 'as-is', size: 0 };
}

/** Whether a part of it is left to when the model runs. */
const runs = ({ kind }: Turn) => kind === 'own' || kind === 'across';

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

/** The plan as numbers: seed, input, count of outputs, outputs, seed of what runs, gains, means. All but the last two are small whole numbers. */
export function keptOf({ seed, input, online, outputs, gains, means }: Plan): Float32Array<ArrayBuffer> {
  const turns = outputs.flatMap(({ kind, size, rows }) => [kinds.indexOf(kind), size, rows]);
  const head = [...seed, kinds.indexOf(input.kind), input.size, outputs.length, ...turns, ...(online ?? [])];
  return Float32Array.of(...head, ...gains, ...means);
}

export function planFrom(kept: Float32Array<ArrayBuffer>): Plan {
  const at = (i: number) => kept[i] as number;
  const turn = (i: number): Turn => ({ kind: kinds[at(i)] ?? 'as-is', size: at(i + 1) });
  const count = at(4);
  const input = turn(2);
  const outputs = Array.from({ length: count }, (_, i) => ({ ...turn(5 + 3 * i), rows: at(7 + 3 * i) }));
  const behind = 5 + 3 * count;
  const online = runs(input) ? ([at(behind), at(behind + 1)] as const) : null;
  const rest = kept.slice(behind + (online?.length ?? 0));
  const ends = input.kind === 'stream' ? input.size : 0;
  return { seed: [at(0), at(1)], input, online, outputs, gains: rest.slice(0, ends), means: rest.slice(ends) };
}

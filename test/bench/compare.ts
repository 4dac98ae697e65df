/**
 * Ours against the peers, interleaved: every round runs each contender once, ratios are taken within a round, and their median is
 * reported, so that whatever else loads the machine hits all alike. Runs in Node and in the page.
 */
import { choleskyUpper as referenceCholesky } from '../../src/reference/cholesky';
import { matmul as referenceMatmul } from '../../src/reference/matmul';
import { Gpu } from '../../src/gpu/gpu';
import { choleskyUpper } from '../../src/tensor/cholesky';
import { matmul } from '../../src/tensor/matmul';
import { readMatrix, uploadMatrix } from '../../src/tensor/matrix';
import { tunedShapes, tuneMatmul } from '../../src/tensor/tuning';
import { createRng } from '../../src/util/rng';
import { normals } from '../opCase';
import type { Peer, Timed } from './peers';

export interface Row {
  readonly name: string;
  /** Median over rounds, milliseconds. */
  readonly ms: number;
  readonly gflops: number;
  /** ‖got − want‖ / ‖want‖ against float64; for Cholesky, of L·Lᵀ against H. */
  readonly error: number;
  /** Median over rounds of this contender's time over ours: above 1, ours is faster. */
  readonly ratio: number;
}

export interface Comparison {
  readonly title: string;
  readonly rows: readonly Row[];
  /** Of the best peer; null when no peer ran. */
  readonly ratio: number | null;
}

export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((x, y) => x - y);
  const middle = sorted.length / 2;
  return ((sorted[Math.floor(middle)] as number) + (sorted[Math.ceil(middle) - 1] as number)) / 2;
};

function relativeError(got: ArrayLike<number>, want: ArrayLike<number>): number {
  let error = 0;
  let size = 0;
  for (let i = 0; i < want.length; i++) {
    error += ((got[i] as number) - (want[i] as number)) ** 2;
    size += (want[i] as number) ** 2;
  }
  return got.length === want.length ? Math.sqrt(error / size) : Infinity;
}

/** Untimed first calls (they compile), then the rounds. `seconds` bounds the whole; at least five rounds are run. */
async function interleave(
  title: string,
  work: number,
  contenders: readonly { readonly name: string; readonly run: Timed }[],
  error: (result: ArrayLike<number>) => number,
  seconds: number,
): Promise<Comparison> {
  const errors: number[] = [];
  const times: number[][] = contenders.map(() => []);
  for (const { run } of contenders) {
    errors.push(error(await run()));
    await run();
  }
  const start = performance.now();
  for (let round = 0; round < 5 || (round < 40 && performance.now() - start < 1000 * seconds); round++) {
    for (const [i, { run }] of contenders.entries()) {
      const begin = performance.now();
      await run();
      times[i]?.push(performance.now() - begin);
    }
  }
  const ours = times[0] as number[];
  const rows = contenders.map(({ name }, i): Row => {
    const own = times[i] as number[];
    const ms = median(own);
    const ratio = median(own.map((t, round) => t / (ours[round] as number)));
    return { name, ms, gflops: work / ms / 1e6, error: errors[i] as number, ratio };
  });
  const others = rows.slice(1).map((row) => row.ratio);
  return { title, rows, ratio: others.length ? Math.min(...others) : null };
}

/** Matrix product of f32 [n, n], operands as the peers take them ([k, n] on the right). */
export async function compareMatmul(gpu: Gpu, peers: readonly Peer[], n: number, seconds: number): Promise<Comparison> {
  const rng = createRng(n);
  const a = normals(rng, n * n);
  const b = normals(rng, n * n);
  await tuneMatmul(gpu, ['plain']);
  using scope = gpu.scope('bench');
  const B = uploadMatrix(scope, b, n, n, 'b');
  const ours: Timed = async () => {
    using local = gpu.scope('run');
    // Uploaded by every run, because onnxruntime's input is too.
    const A = uploadMatrix(local, a, n, n, 'a');
    return await readMatrix(gpu, matmul(gpu, local, A, B, { b: 'plain' }));
  };
  const contenders = [{ name: `ours (${tunedShapes(gpu).tiles.plain ?? 'untuned'})`, run: ours }];
  for (const peer of peers) contenders.push({ name: peer.name, run: await peer.matmul(a, b, n) });
  const want = referenceMatmul(a, b, n, n, n, 'plain');
  return await interleave(`matmul f32 ${n}×${n}×${n}`, 2 * n ** 3, contenders, (c) => relativeError(c, want), seconds);
}

/** A Cholesky factor of f32 [n, n]: ours upper from the last column, the peers' lower from the first; the work is the same. */
export async function compareCholesky(
  gpu: Gpu,
  peers: readonly Peer[],
  n: number,
  seconds: number,
): Promise<Comparison> {
  const x = normals(createRng(n), 2 * n * n);
  const xt = Float64Array.from(
    { length: 2 * n * n },
    (_, i) => x[(i % (2 * n)) * n + Math.floor(i / (2 * n))] as number,
  );
  const h = Float32Array.from(referenceMatmul(xt, xt, n, n, 2 * n), (v) => v / (2 * n));
  if (!referenceCholesky(h, n, 0)) throw new Error('the input of the benchmark is not positive definite');
  using scope = gpu.scope('bench');
  const H = uploadMatrix(scope, h, n, n, 'h');
  const ours: Timed = async () => {
    using local = gpu.scope('run');
    return await readMatrix(gpu, choleskyUpper(gpu, local, H, 0).R);
  };
  const contenders = [{ name: 'ours', run: ours }];
  for (const peer of peers) if (peer.cholesky) contenders.push({ name: peer.name, run: await peer.cholesky(h, n) });
  return await interleave(
    `Cholesky f32 ${n}×${n}`,
    n ** 3 / 3,
    contenders,
    (r) => relativeError(referenceMatmul(r, r, n, n, n), h),
    seconds,
  );
}

/** As lines for a terminal. */
export function toLines({ title, rows, ratio }: Comparison): string[] {
  return [
    title,
    ...rows.map(
      (row) =>
        `  ${row.name.padEnd(24)} ${row.ms.toFixed(2).padStart(9)} ms ${row.gflops.toFixed(2).padStart(8)} GFLOP/s` +
        `   relative error ${row.error.toExponential(1)}   time / ours ${row.ratio.toFixed(2)}`,
    ),
    ratio === null ? '  no peer ran' : `  median ratio against the best peer: ${ratio.toFixed(2)}`,
  ];
}

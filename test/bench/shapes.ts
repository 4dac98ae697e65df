/**
 * The matrix product at the shapes of SmolLM2-135M, on weights as checkpoints store them, against the product of f32 512 × 512 matrices
 * on the same adapter: rates, and their ratio within a round. Rounds alternate, so that another load on the machine hits all alike.
 */
import type { Gpu } from '../../src/gpu/gpu';
import { matmulWith } from '../../src/tensor/matmul';
import { emptyMatrix, uploadMatrix, type ElementType } from '../../src/tensor/matrix';
import { wayFor } from '../../src/tensor/tileChoice';
import { tuneMatmul } from '../../src/tensor/tuning';
import { f32ToF16 } from '../../src/util/halfFloat';
import { createRng } from '../../src/util/rng';
import { normals } from '../opCase';
import { median } from './compare';

interface Shape {
  readonly what: string;
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly type: ElementType;
}

/** One window and four of its context; the widths of its layers; a chunk of its head (model/head.ts). */
const shapes: readonly Shape[] = [
  { what: 'f32', m: 512, n: 512, k: 512, type: 'f32' },
  { what: 'q, o', m: 256, n: 576, k: 576, type: 'f16' },
  { what: 'q, o', m: 2048, n: 576, k: 576, type: 'f16' },
  { what: 'k, v', m: 512, n: 192, k: 576, type: 'f16' },
  { what: 'gate, up', m: 512, n: 1536, k: 576, type: 'f16' },
  { what: 'down', m: 512, n: 576, k: 1536, type: 'f16' },
  { what: 'down', m: 512, n: 576, k: 1536, type: 'bf16' },
  { what: 'head, a chunk', m: 256, n: 8192, k: 576, type: 'f16' },
];

/** Operations of one timing: shorter products are repeated, so that the round trip does not count. */
const work = 5e8;

export interface ShapeRow {
  readonly name: string;
  readonly tile: string;
  readonly gflops: number;
  /** Median over rounds of this rate over that of the first row. */
  readonly ratio: number;
}

export async function compareShapes(gpu: Gpu, rounds: number): Promise<readonly ShapeRow[]> {
  await tuneMatmul(gpu, ['f32', 'f16', 'bf16']);
  using scope = gpu.scope('shapes');
  const rng = createRng(1);
  const made = shapes.map(({ what, m, n, k, type }) => {
    const stored = normals(rng, n * k);
    // Small bfloat16 numbers and halves alike; any bits below the exponents of infinity do.
    const content = type === 'f32' ? stored : Uint16Array.from(stored, f32ToF16);
    const A = uploadMatrix(scope, normals(rng, m * k), m, k, 'a');
    const B = uploadMatrix(scope, content, n, k, 'b', type);
    const C = emptyMatrix(scope, m, n, 'c');
    const tile = wayFor(gpu, type, m, n);
    const repeats = Math.max(1, Math.round(work / (2 * m * n * k)));
    const rate = async (): Promise<number> => {
      const begin = performance.now();
      for (let i = 0; i < repeats; i++) matmulWith(gpu, tile, A, B, C);
      await gpu.idle();
      return (repeats * 2 * m * n * k) / (performance.now() - begin) / 1e6;
    };
    return { name: `${what} ${m}×${n}×${k} ${type}`, tile, rate, rates: [] as number[] };
  });
  for (const { rate } of made) await rate(); // compiles
  for (let round = 0; round < rounds; round++) for (const { rate, rates } of made) rates.push(await rate());
  const [first] = made;
  return made.map(({ name, tile, rates }) => ({
    name,
    tile,
    gflops: median(rates),
    ratio: median(rates.map((rate, round) => rate / (first?.rates[round] as number))),
  }));
}

export function shapeLines(rows: readonly ShapeRow[]): string[] {
  return [
    'matmul at the shapes of SmolLM2-135M, against f32 512×512×512',
    ...rows.map(
      ({ name, tile, gflops, ratio }) =>
        `  ${name.padEnd(32)} ${tile.padEnd(8)} ${gflops.toFixed(2).padStart(8)} GFLOP/s   rate / first ${ratio.toFixed(2)}`,
    ),
  ];
}

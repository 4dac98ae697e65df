/** HQQ, MatMulNBits, MLC, the importance clip and half precision on the GPU, against their twins; HQQ's twin against numpy. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import halfLib from '../../shaders/lib/half.wgsl?raw';
import { view } from '../../src/gpu/buffers';
import { read, readWrite } from '../../src/gpu/gpu';
import { defineKernel } from '../../src/gpu/kernel';
import { parseRecipe, recipeOf } from '../../src/quant/recipe/parseRecipe';
import { makeGrid } from '../../src/quant/solve/pieces';
import type { Piece } from '../../src/quant/recipe/recipe';
import { restoreLayer } from '../../src/quant/solve/restore';
import { solveLayer } from '../../src/quant/solve/solveLayer';
import { writeStorage } from '../../src/quant/storage';
import { fitHalfUniform, halfUniformCode, type HalfUniformOptions } from '../../src/reference/halfUniform';
import { fitHqq, fitHqqMatrix, hqqCode } from '../../src/reference/hqq';
import { nearest } from '../../src/reference/nearest';
import { readMatrix, uploadMatrix } from '../../src/tensor/matrix';
import { RecipeError } from '../../src/util/errors';
import { nearestHalf as half } from '../../src/util/halfFloat';
import { createRng } from '../../src/util/rng';
import { outlierColumns } from '../opCase';
import { testGpu } from '../gpu';
import { testContext } from './fixture';

const rounded = defineKernel({
  name: 'rounded',
  code: `
struct Params { n: u32 }
@group(0) @binding(0) var<storage, read> x: array<f32>; // [n] input
@group(0) @binding(1) var<storage, read_write> y: array<f32>; // [n] output
@group(0) @binding(2) var<uniform> params: Params;
@compute @workgroup_size(64)
fn rounded(@builtin(global_invocation_id) id: vec3u) {
  if (id.x < params.n) { y[id.x] = half(x[id.x]); }
}`,
  lib: [halfLib],
  bindings: { x: 'read', y: 'readWrite' },
  params: { n: 'u32' },
});

describe('half precision in WGSL', () => {
  it('rounds every half, every tie between two and their neighbours as the host does', async () => {
    const gpu = await testGpu();
    using scope = gpu.scope('test');
    const bits = new Uint32Array(1);
    const float = new Float32Array(bits.buffer);
    const values: number[] = [];
    for (let code = 0; code < 0x7c00; code++) {
      const exponent = code >> 10;
      const value = exponent === 0 ? (code & 1023) * 2 ** -24 : (1 + (code & 1023) / 1024) * 2 ** (exponent - 15);
      const step = 2 ** (Math.max(exponent, 1) - 25);
      // The half, the tie above it, and the float32 numbers on both sides of that.
      float[0] = value + step / 2;
      const tie = bits[0] as number;
      for (const at of [tie - 1, tie, tie + 1]) {
        bits[0] = at;
        values.push(float[0], -float[0]);
      }
      values.push(value, -value);
    }
    values.push(65519.996, 65520, 1e6, -1e30, 2 ** -25, 2 ** -26, 0, -0);
    const x = Float32Array.from(values);
    const y = scope.zeros(4 * x.length, 'y');
    gpu.run(rounded, {
      bind: { x: read(view(scope.upload(x, 'x'))), y: readWrite(view(y)) },
      params: { n: x.length },
      workgroups: Math.ceil(x.length / 64),
      work: x.length,
    });
    const got = new Float32Array(await gpu.read(view(y)));
    const wrong = Array.from(x, (v, i) => [v, got[i] as number, half(v)]).filter(([, a, b]) => !Object.is(a, b));
    expect(wrong.slice(0, 5)).toEqual([]);
  });
});

/** W [rows, cols] with a row of zeros and one of one sign, and diag H with inputs that never occur. */
function makeCase(rows: number, cols: number) {
  const rng = createRng(11).fork(`${rows} ${cols}`);
  const w = outlierColumns(rng, rows, cols).map((v, i) => (i < cols ? 0 : i < 2 * cols ? Math.abs(v) : v) * 0.02);
  const diagonal = Float32Array.from({ length: cols }, (_, j) => (j % 40 === 9 ? 0 : Math.exp(rng.normal())));
  const h = new Float32Array(cols * cols);
  diagonal.forEach((d, j) => (h[j * (cols + 1)] = d));
  return { w, h, diagonal };
}

type Decode = (x: ArrayLike<number>, importance: ArrayLike<number> | undefined) => ArrayLike<number>;

/** Solves with nearest, compares Ŵ with the twin's group by group; gives back the bits. */
async function compare(
  piece: Piece,
  rows: number,
  cols: number,
  group: number,
  twin: Decode,
  allowed = 1e-3,
): Promise<number> {
  const gpu = await testGpu();
  using scope = gpu.scope('test');
  const { w, h, diagonal } = makeCase(rows, cols);
  const recipe = recipeOf({ grid: piece, rounding: { name: 'nearest' } });
  const problem = { W: uploadMatrix(scope, w, rows, cols, 'W'), H: uploadMatrix(scope, h, cols, cols, 'H') };
  const solved = await solveLayer(problem, recipe, testContext(gpu, scope));
  const got = await readMatrix(gpu, solved.What);
  const want = new Float32Array(rows * cols);
  const weighed = Object.values(piece).some((v) => v === 'inputs' || v === 'importance');
  for (let row = 0; row < rows; row++) {
    for (let begin = 0; begin < cols; begin += group) {
      const end = Math.min(begin + group, cols);
      const part = w.subarray(row * cols + begin, row * cols + end);
      want.set(twin(part, weighed ? diagonal.subarray(begin, end) : undefined), row * cols + begin);
    }
  }
  const off = got.filter((v, i) => Math.abs(v - (want[i] as number)) > 1e-6).length;
  expect(off / got.length, `${off} of ${got.length} differ`).toBeLessThanOrEqual(allowed);
  // Whatever falls the other way is no worse.
  const errorOf = (v: Float32Array) => v.reduce((sum, x, i) => sum + Math.abs(x - (w[i] as number)), 0);
  expect(errorOf(got) / errorOf(want)).toBeCloseTo(1, 3);
  const bytes = writeStorage(solved.stored, makeGrid(recipe.grid, cols));
  // Each part fills its last byte.
  expect(8 * bytes.length - solved.bits).toBeGreaterThanOrEqual(0);
  expect(8 * bytes.length - solved.bits).toBeLessThan(8);
  expect(await readMatrix(gpu, await restoreLayer(solved.stored, recipe, { gpu, scope }))).toEqual(got);
  return solved.bits;
}

describe('export grids round to nearest as their twins', () => {
  for (const cols of [172, 576, 896, 1376]) {
    for (const importance of ['none', 'inputs']) {
      it(`MatMulNBits and MLC, ${cols} columns, importance ${importance}`, async () => {
        for (const [bits, block, symmetric, scale] of [
          ['4', '32', true, 'f16'],
          ['4', '32', false, 'f32'],
          ['2', '64', false, 'f16'],
          ['8', '128', true, 'f16'],
        ] as const) {
          const options: HalfUniformOptions = {
            bits: Number(bits),
            rule: symmetric ? 'symmetric' : 'zero-point',
            scale,
          };
          const piece = { name: 'matmulnbits', bits, block, symmetric, scale, importance };
          await compare(piece, 4, cols, Number(block), decodeWith(options));
        }
        const mlc = await compare(
          { name: 'q4f16_1', importance },
          4,
          cols,
          32,
          decodeWith({ bits: 4, rule: 'mlc', scale: 'f16' }),
        );
        expect(mlc).toBe(4 * Math.ceil(cols / 32) * (128 + 16));
      });

      it(`HQQ, ${cols} columns, importance ${importance}`, async () => {
        for (const [bits, group] of [
          [4, 64],
          [2, 32],
          [3, null],
        ] as const) {
          const size = group ?? cols;
          const total = await compare(
            { name: 'hqq', bits, group, importance, stop: 'group' },
            4,
            cols,
            size,
            (x, weights) => {
              const p = fitHqq(x, { bits, precision: 'half', ...(weights && { importance: weights }) });
              return Array.from(x, (v) => p.scale * (hqqCode(v, p, bits) - p.zero));
              // Two steps may be so near in error that float32 keeps the other zero: then a whole group differs.
            },
            0.02,
          );
          expect(total).toBe(4 * (cols * bits + Math.ceil(cols / size) * 32));
        }
      });
    }

    it(`uniform with importance clip, ${cols} columns`, async () => {
      for (const [bits, group, symmetric] of [
        [3, 32, false],
        [2, 128, true],
        [4, null, false],
      ] as const) {
        const piece = { name: 'uniform', bits, group, symmetric, clip: 'importance' };
        const options = { bits, symmetric, clip: 'importance' } as const;
        await compare(
          piece,
          4,
          cols,
          group ?? cols,
          (x, weights) => nearest(x, 1, x.length, null, options, weights).What,
        );
      }
    });
  }

  it('HQQ stops with the whole matrix, each of a site on its own', async () => {
    const gpu = await testGpu();
    const [cols, group] = [172, 32];
    // Matrices of two sizes: what is lost in one says nothing of the other.
    const parts = [12, 20];
    const rows = 32;
    const { w: W, h, diagonal } = makeCase(rows, cols);
    W.forEach((v, i) => (W[i] = i < 12 * cols ? v : 40 * v));
    for (const [bits, importance] of [
      [2, 'none'],
      [3, 'none'],
      [4, 'none'],
      [2, 'inputs'],
    ] as const) {
      using scope = gpu.scope('test');
      const recipe = recipeOf({ grid: { name: 'hqq', bits, group, importance }, rounding: { name: 'nearest' } });
      const matrices = { W: uploadMatrix(scope, W, rows, cols, 'W'), H: uploadMatrix(scope, h, cols, cols, 'H') };
      const neighbours = { outputs: parts.map((count) => ({ kind: 'fixed' as const, rows: count })) };
      const { stored } = await solveLayer({ ...matrices, neighbours }, recipe, testContext(gpu, scope));
      let begin = 0;
      const want = parts.flatMap((count) => {
        const groups = Array.from({ length: count * Math.ceil(cols / group) }, (_, i) => {
          const row = begin + Math.floor(i / Math.ceil(cols / group));
          const first = (i % Math.ceil(cols / group)) * group;
          const last = Math.min(cols, first + group);
          const weights = importance === 'inputs' && { importance: diagonal.subarray(first, last) };
          return { x: W.subarray(row * cols + first, row * cols + last), ...weights };
        });
        begin += count;
        return fitHqqMatrix(groups, { bits, precision: 'half' }).flatMap(({ scale, zero }) => [scale, zero]);
      });
      // A half more or less where a mean lies at a tie, and what follows from it in the steps after.
      const off = want.filter(
        (v, i) => Math.abs(v - (stored.parameters[i] as number)) > 2e-3 * Math.max(1, Math.abs(v)),
      );
      expect(off.length / want.length, `${bits} ${importance}`).toBeLessThanOrEqual(0.02);
    }
  });

  it('lowers the weighted error below that of the whole range', async () => {
    const gpu = await testGpu();
    using scope = gpu.scope('test');
    const { w, h } = makeCase(8, 512);
    const problem = { W: uploadMatrix(scope, w, 8, 512, 'W'), H: uploadMatrix(scope, h, 512, 512, 'H') };
    const loss = async (grid: Piece) => {
      const recipe = recipeOf({ grid, rounding: { name: 'nearest' } });
      return (await solveLayer(problem, recipe, testContext(gpu, scope))).loss as number;
    };
    const uniform = { name: 'uniform', bits: 3, group: 64 };
    const weighed = await loss({ ...uniform, clip: 'importance' });
    expect(weighed).toBeLessThan(await loss({ ...uniform, clip: 'min-max' }));
    expect(weighed).toBeLessThan(await loss({ ...uniform, clip: 'mse' }));
    const names = ['q4_0', 'q4_1', 'q5_0', 'iq4_nl', 'q2_k', 'q3_k', 'q4_k', 'q5_k', 'q6_k', 'q4f16_1', 'matmulnbits'];
    let ratios = 0;
    for (const name of names) {
      const ratio = (await loss({ name, importance: 'inputs' })) / (await loss({ name, importance: 'none' }));
      // llama.cpp's weights grow with |w| as well, so on one small problem a format may lose a little.
      expect(ratio, name).toBeLessThan(1.05);
      ratios += ratio / names.length;
    }
    expect(ratios).toBeLessThan(0.95);
  });

  it('needs a calibration text exactly where inputs weigh, and has none for embeddings', async () => {
    const rounding = { name: 'nearest' };
    const head = { name: 'q4_k', importance: 'inputs' };
    expect(() => parseRecipe({ grid: { name: 'uniform' }, rounding, head })).toThrow(RecipeError);
    const gpu = await testGpu();
    using scope = gpu.scope('test');
    const W = uploadMatrix(scope, makeCase(4, 64).w, 4, 64, 'W');
    const solve = (importance: string) =>
      solveLayer({ W }, recipeOf({ grid: { name: 'q4_0', importance }, rounding }), testContext(gpu, scope));
    await expect(solve('inputs')).rejects.toThrow('calibration');
    expect((await solve('none')).bits).toBe(4 * 2 * 144);
  });
});

function decodeWith(options: HalfUniformOptions): Decode {
  return (x, importance) => {
    const o = importance ? { ...options, importance } : options;
    const p = fitHalfUniform(x, o);
    return Array.from(x, (v) => p.scale * (halfUniformCode(v, p, o) - p.zero));
  };
}

interface HqqGolden {
  readonly W_4x8: readonly (readonly number[])[];
  readonly bits: Record<
    string,
    { codes: number[][]; inv_scale: number[]; zero: number[]; l1: number; l1_init: number }
  >;
}

const golden = join(import.meta.dirname, '../../../shared/golden/hqq_w4x8_g8.json');
if (existsSync(golden)) {
  describe('HQQ against numpy', () => {
    const { W_4x8: W, bits: cases } = JSON.parse(readFileSync(golden, 'utf8')) as HqqGolden;
    for (const [text, want] of Object.entries(cases)) {
      it(`${text} bits`, () => {
        const bits = Number(text);
        let ours = 0;
        W.forEach((row, r) => {
          const p = fitHqq(row, { bits, precision: 'double' });
          // numpy stops all rows together, so only the scales are the same row by row.
          expect(1 / p.scale).toBeCloseTo(want.inv_scale[r] as number, 10);
          for (const v of row) ours += Math.abs(v - p.scale * (hqqCode(v, p, bits) - p.zero)) / 32;
        });
        // At 4 bits no row stops early: then the best zero of each is the matrix's.
        if (bits === 4) expect(ours).toBeCloseTo(want.l1, 12);
        expect(ours).toBeLessThanOrEqual(want.l1 + 1e-12);
      });

      it(`${text} bits, stopped together`, () => {
        const bits = Number(text);
        const found = fitHqqMatrix(
          W.map((x) => ({ x })),
          { bits, precision: 'double' },
        );
        found.forEach(({ zero }, r) => expect(zero).toBeCloseTo(want.zero[r] as number, 10));
      });
    }
  });
}

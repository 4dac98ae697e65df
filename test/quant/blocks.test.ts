/** The block formats on the GPU: the bytes of ggml, the codes of the twins, fallbacks, storage, and what compensation gains. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { formatFor } from '../../src/quant/grid/ggml';
import { recipeOf } from '../../src/quant/recipe/parseRecipe';
import { makeGrid } from '../../src/quant/solve/pieces';
import type { QuantEvent } from '../../src/quant/problem';
import type { Piece } from '../../src/quant/recipe/recipe';
import { restoreLayer } from '../../src/quant/solve/restore';
import { solveLayer } from '../../src/quant/solve/solveLayer';
import { writeStorage } from '../../src/quant/storage';
import { blocks } from '../../src/reference/blocks/blocks';
import { readMatrix, uploadMatrix } from '../../src/tensor/matrix';
import { blockLayouts, blockNames, readBlock, writeBlock, type BlockName } from '../../src/util/blockBytes';
import { createRng } from '../../src/util/rng';
import { outlierColumns } from '../opCase';
import { testGpu } from '../gpu';
import { testCompensation } from './exportCompensation';
import { testContext } from './fixture';

const bytesOf = (text: string) => new Uint8Array(Buffer.from(text, 'base64'));
const vectors = JSON.parse(readFileSync(join(import.meta.dirname, '../golden/quant/ggml-blocks.json'), 'utf8')) as {
  readonly x: string;
  readonly plain: Record<BlockName, string>;
};

/** The bytes that the grid stores for W [rows, cols] rounded to nearest. */
async function nearestBytes(name: string, w: Float32Array<ArrayBuffer>, cols: number): Promise<Uint8Array> {
  const gpu = await testGpu();
  using scope = gpu.scope('test');
  const W = uploadMatrix(scope, w, w.length / cols, cols, 'W');
  const recipe = recipeOf({ grid: { name }, rounding: { name: 'nearest' } });
  const solved = await solveLayer({ W }, recipe, testContext(gpu, scope));
  const bytes = writeStorage(solved.stored, makeGrid(recipe.grid, cols));
  expect(8 * bytes.length).toBe(solved.bits);
  return bytes;
}

/** The block with codes 0 where a sub-block's step is 0: they mean nothing there, and ggml leaves what its search had. */
function settled(name: BlockName, block: Uint8Array): Uint8Array {
  const { columns, sub } = blockLayouts[name];
  if (columns === 32) return block;
  const { codes, parameters } = readBlock(name, block);
  const step = (i: number) => (parameters[0] as number) * (parameters[2 + 2 * Math.floor(i / sub)] as number);
  return writeBlock(
    name,
    codes.map((code, i) => (step(i) === 0 ? 0 : code)),
    parameters,
  );
}

/** Blocks that differ where it means anything. */
function differing(name: BlockName, got: Uint8Array, want: Uint8Array): number[] {
  const { bytes } = blockLayouts[name];
  expect(got.length).toBe(want.length);
  return Array.from({ length: got.length / bytes }, (_, i) => i).filter(
    (i) =>
      Buffer.compare(
        settled(name, got.subarray(i * bytes, (i + 1) * bytes)),
        settled(name, want.subarray(i * bytes, (i + 1) * bytes)),
      ) !== 0,
  );
}

describe('block formats on the GPU', () => {
  const x = new Float32Array(bytesOf(vectors.x).buffer);
  for (const name of blockNames) {
    it(`${name}: the bytes of ggml`, async () => {
      const wrong = differing(name, await nearestBytes(name, x, 256), bytesOf(vectors.plain[name]));
      expect(wrong).toEqual([]);
    });
  }

  const folder = join(import.meta.dirname, '../../../shared/data/ggml-blocks');
  if (existsSync(folder)) {
    const file = (name: string) => new Uint8Array(readFileSync(join(folder, name)));
    for (const [name, label] of [
      ['q4_0', 'Q4_0'],
      ['q8_0', 'Q8_0'],
      ['q4_k', 'Q4_K'],
    ] as const) {
      it(`${name}: the bytes of ggml for real weights and edge cases`, async () => {
        const got = await nearestBytes(name, new Float32Array(file('src.f32').buffer), 256);
        expect(differing(name, got, file(`${label}.blocks.bin`))).toEqual([]);
      });
    }
  }
});

/** Codes and Ŵ by the twin, on the format that the columns allow. */
function twin(name: BlockName, w: Float32Array, rows: number, cols: number, importance?: Float32Array) {
  const format = formatFor(name, cols);
  const { columns } = blockLayouts[format];
  const What = new Float32Array(rows * cols);
  const bytes: Uint8Array[] = [];
  for (let row = 0; row < rows; row++) {
    for (let begin = 0; begin < cols; begin += columns) {
      const part = w.subarray(row * cols + begin, row * cols + Math.min(begin + columns, cols));
      const inputs = importance && { importance: importance.subarray(begin, begin + part.length) };
      const fit = blocks[format].fit(part, inputs);
      const codes = blocks[format].quantize(part, fit, inputs);
      What.set(blocks[format].dequantize(codes, fit.parameters), row * cols + begin);
      bytes.push(writeBlock(format, codes, fit.parameters));
    }
  }
  return { What, bytes: Buffer.concat(bytes), format };
}

describe('nearest on block grids', () => {
  for (const [rows, cols] of [
    [6, 172],
    [4, 576],
    [3, 896],
    [3, 960],
    [2, 1376],
    [4, 512],
  ] as const) {
    for (const importance of ['none', 'inputs'] as const) {
      it(`${rows}×${cols}, importance ${importance}: the values of the twins, bytes as counted, restored exactly`, async () => {
        const gpu = await testGpu();
        const rng = createRng(5).fork(`${cols}`);
        const w = outlierColumns(rng, rows, cols).map((v, i) => (i < cols ? Math.abs(v) : v) * 0.02);
        const diagonal = Float32Array.from({ length: cols }, (_, j) => (j % 40 === 9 ? 0 : Math.exp(rng.normal())));
        const h = new Float32Array(cols * cols);
        diagonal.forEach((d, j) => (h[j * (cols + 1)] = d));
        for (const name of blockNames) {
          // Q8_0 searches nothing that importance could weigh.
          if (name === 'q8_0' && importance === 'inputs') continue;
          using scope = gpu.scope('test');
          const events: QuantEvent[] = [];
          const piece: Piece = name === 'q8_0' ? { name } : { name, importance };
          const recipe = recipeOf({ grid: piece, rounding: { name: 'nearest' } });
          const problem = { W: uploadMatrix(scope, w, rows, cols, 'W'), H: uploadMatrix(scope, h, cols, cols, 'H') };
          const solved = await solveLayer(problem, recipe, testContext(gpu, scope, events));
          const want = twin(name, w, rows, cols, importance === 'inputs' ? diagonal : undefined);
          const got = await readMatrix(gpu, solved.What);
          const off = got.filter((v, i) => Math.abs(v - (want.What[i] as number)) > 1e-6).length;
          expect(off / got.length, `${name}: ${off} of ${got.length}`).toBeLessThanOrEqual(1e-3);
          const grid = makeGrid(recipe.grid, cols);
          const bytes = writeStorage(solved.stored, grid);
          expect(8 * bytes.length).toBe(solved.bits);
          expect(bytes.length).toBe(want.bytes.length);
          expect(events).toEqual(
            want.format === name
              ? []
              : [
                  {
                    type: 'fallback-used',
                    wanted: name,
                    used: want.format,
                    reason: `${cols} columns are not whole blocks of 256`,
                  },
                ],
          );
          expect(await readMatrix(gpu, await restoreLayer(solved.stored, recipe, { gpu, scope }))).toEqual(got);
        }
      });
    }
  }
});

testCompensation('fast');

/** Block formats, float32 twins: the bytes of ggml itself (test/golden/ggml_blocks.py), with and without an importance matrix. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { blocks } from '../../src/reference/blocks/blocks';
import { meanSquare } from '../../src/reference/blocks/format';
import { blockLayouts, blockNames, readBlock, writeBlock, type BlockName } from '../../src/util/blockBytes';

interface Vectors {
  readonly rows: number;
  readonly cols: number;
  readonly x: string;
  readonly importance: string;
  readonly plain: Record<BlockName, string>;
  readonly weighted: Record<BlockName, string>;
}

const bytesOf = (text: string) => new Uint8Array(Buffer.from(text, 'base64'));
const vectors = JSON.parse(
  readFileSync(join(import.meta.dirname, '../golden/quant/ggml-blocks.json'), 'utf8'),
) as Vectors;

/** The file's bytes of x [rows, cols] by the twin. */
function encode(name: BlockName, x: Float32Array, cols: number, importance?: Float32Array): Uint8Array[] {
  const { columns } = blockLayouts[name];
  const out: Uint8Array[] = [];
  for (let at = 0; at < x.length; at += columns) {
    const row = x.subarray(at - (at % cols), at - (at % cols) + cols);
    const part = x.subarray(at, at + columns);
    const inputs = importance && {
      importance: importance.subarray(at % cols, (at % cols) + columns),
      meanSquare: meanSquare(row),
    };
    const fit = blocks[name].fit(part, inputs);
    out.push(
      writeBlock(
        name,
        blocks[name].quantize(part, fit, inputs),
        fit.parameters.subarray(0, 2 * blockLayouts[name].sets),
      ),
    );
  }
  return out;
}

function expectSame(name: BlockName, got: Uint8Array[], want: Uint8Array) {
  const { bytes } = blockLayouts[name];
  const wrong = got.flatMap((block, i) => {
    const expected = want.subarray(i * bytes, (i + 1) * bytes);
    return Buffer.compare(block, expected) === 0 ? [] : [i];
  });
  expect(got.length * bytes).toBe(want.length);
  expect(wrong, 'blocks that differ').toEqual([]);
}

describe('block formats', () => {
  const x = new Float32Array(bytesOf(vectors.x).buffer);
  const importance = new Float32Array(bytesOf(vectors.importance).buffer);
  for (const name of blockNames) {
    it(`${name}: the bytes of ggml`, () =>
      expectSame(name, encode(name, x, vectors.cols), bytesOf(vectors.plain[name])));
    it(`${name}: the bytes of ggml with importance`, () =>
      expectSame(name, encode(name, x, vectors.cols, importance), bytesOf(vectors.weighted[name])));
    it(`${name}: reading is the inverse of writing`, () => {
      const { bytes } = blockLayouts[name];
      const stored = bytesOf(vectors.plain[name]);
      for (let at = 0; at < stored.length; at += bytes) {
        const block = stored.subarray(at, at + bytes);
        const { codes, parameters } = readBlock(name, block);
        expect(writeBlock(name, codes, parameters)).toEqual(block);
      }
    });
  }

  const folder = join(import.meta.dirname, '../../../shared/data/ggml-blocks');
  if (existsSync(folder)) {
    const file = (name: string) => new Uint8Array(readFileSync(join(folder, name)));
    const source = new Float32Array(file('src.f32').buffer);
    for (const [name, label] of [
      ['q4_0', 'Q4_0'],
      ['q8_0', 'Q8_0'],
      ['q4_k', 'Q4_K'],
    ] as const) {
      it(`${name}: bytes and values of real weights and edge cases`, () => {
        const want = file(`${label}.blocks.bin`);
        expectSame(name, encode(name, source, 256), want);
        const { bytes, columns } = blockLayouts[name];
        const values = new Float32Array(file(`${label}.dequant.f32`).buffer);
        for (let i = 0; i * bytes < want.length; i++) {
          const { codes, parameters } = readBlock(name, want.subarray(i * bytes, (i + 1) * bytes));
          const expected = values.subarray(i * columns, (i + 1) * columns);
          expect(blocks[name].dequantize(codes, parameters).every((v, j) => v === expected[j])).toBe(true);
        }
      });
    }
  }
});

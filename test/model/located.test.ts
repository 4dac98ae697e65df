/** Where a layer lies: in a tensor of its own, or in rows or a slab of one that several share. */
import { describe, expect, it } from 'vitest';
import type { Checkpoint } from '../../src/formats/checkpoint';
import { storedTensor } from '../../src/formats/storedTensor';
import { toFloats } from '../../src/formats/toFloats';
import { located } from '../../src/model/plan';
import { sourceName, type Source } from '../../src/model/steps';
import { FormatError } from '../../src/util/errors';
import { smallLlama, syntheticCheckpoint } from './synthetic';

/** Values count up from 0, so that a value is its place. */
async function counting(shapes: Readonly<Record<string, readonly number[]>>) {
  const reads: (readonly [number, number])[] = [];
  const tensors = Object.entries(shapes).map(([name, shape]) => {
    const values = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => i);
    const readBytes = (begin: number, end: number) => {
      reads.push([begin, end]);
      return Promise.resolve(new Uint8Array(values.buffer.slice(begin, end)));
    };
    return [name, storedTensor({ name, type: 'F32', shape, file: 'model.safetensors' }, readBytes)] as const;
  });
  const checkpoint: Checkpoint = { ...(await syntheticCheckpoint(smallLlama)), tensors: new Map(tensors) };
  return { checkpoint, reads };
}

const range = (begin: number, end: number) => Array.from({ length: end - begin }, (_, i) => begin + i);

async function values(checkpoint: Checkpoint, from: Source, shape: readonly number[], rows?: [number, number]) {
  const entry = located(checkpoint, from, shape);
  expect([entry.name, entry.shape, entry.bytes]).toEqual([
    sourceName(from),
    shape,
    4 * shape.reduce((a, b) => a * b, 1),
  ]);
  return [...toFloats(await entry.read(...(rows ?? [])), entry.type)];
}

describe('a source', () => {
  it('is a slab of a tensor, of which no other byte is read', async () => {
    const { checkpoint, reads } = await counting({ experts: [3, 4, 5] });
    const slab = { at: 1, of: 3 };
    expect(await values(checkpoint, { tensor: 'experts', slab }, [4, 5])).toEqual(range(20, 40));
    expect(await values(checkpoint, { tensor: 'experts', slab }, [4, 5], [1, 3])).toEqual(range(25, 35));
    expect(reads).toEqual([
      [80, 160],
      [100, 140],
    ]);
  });

  it('is rows of a slab', async () => {
    const { checkpoint, reads } = await counting({ experts: [3, 4, 5] });
    const from: Source = { tensor: 'experts', slab: { at: 2, of: 3 }, rows: { begin: 2, end: 4, of: 4 } };
    expect(sourceName(from)).toBe('experts[2][2:4]');
    expect(await values(checkpoint, from, [2, 5])).toEqual(range(50, 60));
    expect(await values(checkpoint, from, [2, 5], [1, 2])).toEqual(range(55, 60));
    expect(reads).toEqual([
      [200, 240],
      [220, 240],
    ]);
  });

  it('is the first of several places that the checkpoint has', async () => {
    const fused: Source = { tensor: 'fused', slab: { at: 1, of: 2 } };
    const from: Source = { tensor: 'early', or: { tensor: 'apart', or: fused } };
    const both = await counting({ apart: [2, 3], fused: [2, 2, 3] });
    expect(located(both.checkpoint, from, [2, 3]).name).toBe('apart');
    const { checkpoint } = await counting({ fused: [2, 2, 3] });
    expect(toFloats(await located(checkpoint, from, [2, 3]).read(), 'F32')).toEqual(Float32Array.from(range(6, 12)));
  });

  it.each([
    ['of which there is none, by its first name', { other: [1] }, 'missing-tensor', '"early"'],
    ['with fewer slabs than the config says', { fused: [3, 2, 3] }, 'wrong-shape', '"fused" has shape [3, 2, 3]'],
    ['with other rows', { fused: [2, 4, 3] }, 'wrong-shape', 'it should have [2, 2, 3]'],
  ])('%s, is refused', async (_, shapes, code, message) => {
    const { checkpoint } = await counting(shapes);
    const from: Source = { tensor: 'early', or: { tensor: 'fused', slab: { at: 1, of: 2 } } };
    const attempt = () => located(checkpoint, from, [2, 3]);
    expect(attempt).toThrow(FormatError);
    expect(attempt).toThrow(message);
    expect(attempt).toThrow(expect.objectContaining({ code }) as Error);
  });
});

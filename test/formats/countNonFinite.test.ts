/** Counting by bits, against the decoded values, for every 16-bit pattern and for floats around the borders. */
import { describe, expect, it } from 'vitest';
import type { StoredType } from '../../src/formats/checkpoint';
import { countNonFinite, countNonFiniteIn, refuseNonFinite } from '../../src/formats/countNonFinite';
import { readSafetensors } from '../../src/formats/safetensors';
import { writeSafetensors } from '../../src/formats/writeSafetensors';
import { bf16ToF32, f16ToF32 } from '../../src/util/halfFloat';
import { createRng } from '../../src/util/rng';
import { failureOf } from './files';

const entryOf = async (type: StoredType, shape: number[], values: ArrayBufferView<ArrayBuffer>) => {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  const blob = writeSafetensors([{ name: 'w', type, shape, bytes }]);
  const entry = (await readSafetensors({ path: 'model.safetensors', blob })).tensors[0];
  if (!entry) throw new Error('nothing was written');
  return entry;
};

describe('counting', () => {
  it.each([
    ['F16', f16ToF32, 2 * 1024],
    ['BF16', bf16ToF32, 2 * 128],
  ] as const)('every %s', async (type, decode, expected) => {
    const all = Uint16Array.from({ length: 2 ** 16 }, (_, bits) => bits);
    expect(all.filter((bits) => !Number.isFinite(decode(bits))).length).toBe(expected);
    expect(await countNonFinite(await entryOf(type, [256, 256], all))).toBe(expected);
  });

  it('floats', () => {
    const rng = createRng(5);
    // Random bits, half of them with an exponent near its largest.
    const bits = Uint32Array.from({ length: 40_000 }, (_, i) => {
      const random = Math.floor(rng.uniform() * 2 ** 32);
      return i % 2 ? random : ((random & 0x807fffff) | ((253 + rng.integer(3)) << 23)) >>> 0;
    });
    const expected = new Float32Array(bits.buffer).filter((value) => !Number.isFinite(value)).length;
    expect(expected).toBeGreaterThan(5000);
    expect(countNonFiniteIn('F32', new Uint8Array(bits.buffer))).toBe(expected);
  });

  it('across slices, and in rows longer than a slice', async () => {
    const values = new Float32Array(5 * 2 ** 20);
    values[0] = values[values.length - 1] = NaN;
    values[2 ** 21] = values[2 ** 21 - 1] = -Infinity;
    for (const shape of [[5 * 2 ** 20], [2 ** 20, 5], [1, 5 * 2 ** 20]]) {
      expect(await countNonFinite(await entryOf('F32', shape, values))).toBe(4);
    }
  });

  it('nothing in empty tensors', async () => {
    expect(await countNonFinite(await entryOf('F32', [0, 3], new Float32Array(0)))).toBe(0);
  });
});

it('refuses by naming tensor and count', async () => {
  const entry = await entryOf('F32', [2, 2], new Float32Array([1, NaN, Infinity, 2]));
  expect(() => refuseNonFinite(entry, 0)).not.toThrow();
  const error = await failureOf(async () => refuseNonFinite(entry, await countNonFinite(entry)));
  expect(error).toMatchObject({ code: 'non-finite-weights', details: { tensor: 'w', count: 2, total: 4 } });
  expect(error.message).toContain('"w" holds 2 of 4 weights');
});

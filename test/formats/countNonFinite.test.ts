/** Counting by bits, against the decoded values, for every 16-bit pattern and for floats around the borders. */
import { describe, expect, it } from 'vitest';
import { countNonFinite, refuseNonFinite } from '../../src/formats/countNonFinite';
import { readSafetensors } from '../../src/formats/safetensors';
import { writeSafetensors } from '../../src/formats/writeSafetensors';
import { bf16ToF32, f16ToF32 } from '../../src/util/halfFloat';
import { createRng } from '../../src/util/rng';
import { failureOf } from './files';

const bytesOf = (values: ArrayBufferView<ArrayBuffer>) =>
  new Uint8Array(values.buffer, values.byteOffset, values.byteLength);

describe('counting', () => {
  it.each([
    ['F16', f16ToF32, 2 * 1024],
    ['BF16', bf16ToF32, 2 * 128],
  ] as const)('every %s', (type, decode, expected) => {
    const all = Uint16Array.from({ length: 2 ** 16 }, (_, bits) => bits);
    expect(all.filter((bits) => !Number.isFinite(decode(bits))).length).toBe(expected);
    expect(countNonFinite(type, bytesOf(all))).toBe(expected);
    // Bytes that begin inside a word.
    expect(countNonFinite(type, bytesOf(all.subarray(1)))).toBe(expected);
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
    expect(countNonFinite('F32', bytesOf(bits))).toBe(expected);
  });

  it('doubles, beyond the range of float32 too', () => {
    const values = new Float64Array([0, NaN, 1e300, -Infinity, 3.4e38, 3.5e38, 1e-300, 7]);
    expect(countNonFinite('F64', bytesOf(values))).toBe(4);
    expect(countNonFinite('F64', bytesOf(values.subarray(1)))).toBe(4);
  });

  it('nothing in nothing', () => {
    expect(countNonFinite('F32', new Uint8Array())).toBe(0);
  });
});

it('refuses by naming tensor and count', async () => {
  const values = new Float32Array([1, NaN, Infinity, 2]);
  const blob = writeSafetensors([{ name: 'w', type: 'F32', shape: [2, 2], bytes: bytesOf(values) }]);
  const [entry] = (await readSafetensors({ path: 'model.safetensors', blob })).tensors;
  if (!entry) throw new Error('nothing was written');
  expect(() => refuseNonFinite(entry, 0)).not.toThrow();
  const error = await failureOf(async () => refuseNonFinite(entry, countNonFinite('F32', await entry.read())));
  expect(error).toMatchObject({ code: 'non-finite-weights', details: { tensor: 'w', count: 2, total: 4 } });
  expect(error.message).toContain('"w" holds 2 of 4 weights');
});

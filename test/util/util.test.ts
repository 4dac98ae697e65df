import { describe, expect, it } from 'vitest';
import { Cancelled, FormatError, fromErrorRecord, toErrorRecord } from '../../src/util/errors';
import { bf16ToF32, f16ToF32, f32ToF16, roundHalfEven } from '../../src/util/halfFloat';
import { sha256 } from '../../src/util/hash';
import { createRng } from '../../src/util/rng';

describe('half floats', () => {
  it('survive the way to float32 and back, all 65 536 of them', () => {
    for (let bits = 0; bits < 65_536; bits++) {
      const value = f16ToF32(bits);
      if (Number.isNaN(value)) expect(f32ToF16(value) & 0x7fff).toBeGreaterThan(0x7c00);
      else expect(f32ToF16(value)).toBe(bits);
    }
  });

  it('round to the nearest, ties to even, and overflow to infinity', () => {
    const next = f16ToF32(0x3c01);
    expect(f32ToF16((1 + next) / 2)).toBe(0x3c00);
    expect(f32ToF16((next + f16ToF32(0x3c02)) / 2)).toBe(0x3c02);
    expect(f32ToF16(65_519.99)).toBe(0x7bff);
    expect(f32ToF16(65_520)).toBe(0x7c00);
    expect(f32ToF16(-1e9)).toBe(0xfc00);
    expect(f32ToF16(2 ** -25)).toBe(0);
    expect(f32ToF16(2 ** -25 * 1.5)).toBe(1);
  });

  it('read bfloat16', () => {
    expect(bf16ToF32(0x3f80)).toBe(1);
    expect(bf16ToF32(0xc2f7)).toBe(-123.5);
  });

  it('round halves to even', () => {
    expect([0.5, 1.5, 2.5, -0.5, -1.5, 2.4, -2.6].map(roundHalfEven).map((v) => v + 0)).toEqual([
      0, 2, 2, 0, -2, 2, -3,
    ]);
  });
});

describe('errors', () => {
  it('cross a thread boundary as records', () => {
    const error = new FormatError('truncated', 'a.safetensors ends early', { file: 'a.safetensors', found: 3 });
    const back = fromErrorRecord(structuredClone(toErrorRecord(error)));
    expect(back).toBeInstanceOf(FormatError);
    expect(toErrorRecord(back)).toEqual(toErrorRecord(error));
    expect(fromErrorRecord(toErrorRecord(new Cancelled()))).toBeInstanceOf(Cancelled);
    expect(toErrorRecord(new TypeError('x')).name).toBe('TypeError');
  });
});

describe('randomness', () => {
  it('repeats by seed, differs by fork, and is uniform', () => {
    const draw = (seed: number) => {
      const rng = createRng(seed);
      return Array.from({ length: 5 }, () => rng.uniform());
    };
    expect(draw(1)).toEqual(draw(1));
    expect(draw(1)).not.toEqual(draw(2));
    expect(createRng(1).fork('a').uniform()).not.toBe(createRng(1).fork('b').uniform());
    const rng = createRng(7);
    const values = Array.from({ length: 20_000 }, () => rng.normal());
    const mean = values.reduce((a, b) => a + b) / values.length;
    expect(Math.abs(mean)).toBeLessThan(0.03);
    expect(Math.abs(values.reduce((a, b) => a + b * b, 0) / values.length - 1)).toBeLessThan(0.05);
  });
});

describe('sha256', () => {
  it('agrees with the published vector', async () => {
    expect(await sha256('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  });
});

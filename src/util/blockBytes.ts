/**
 * The bytes of the llama.cpp block formats: codes and parameters in, one block out, and back. Parameters are pairs as the grids keep
 * them: for blocks of 32 columns (scale, …) or (scale, floor); for blocks of 256 (scale of scales, scale of floors), then a pair of
 * whole numbers (scale code, floor code) for each sub-block. Only what the format stores is written; scales that are not half-precision
 * numbers are rounded to them. Layouts from the format notes; numbers are little-endian.
 */
import { assert } from './assert';
import { f16ToF32, f32ToF16 } from './halfFloat';

export const blockNames = [
  'q4_0',
  'q4_1',
  'q5_0',
  'q5_1',
  'q8_0',
  'iq4_nl',
  'q2_k',
  'q3_k',
  'q4_k',
  'q5_k',
  'q6_k',
] as const;
export type BlockName = (typeof blockNames)[number];

export interface BlockLayout {
  /** Columns and bytes of a block. */
  readonly columns: number;
  readonly bytes: number;
  /** Bits of a code; codes are 0 … 2^bits − 1, and `zero` of them is subtracted where a format is symmetric. */
  readonly bits: number;
  readonly zero: number;
  /** Columns of a sub-block; the whole block where it has none. */
  readonly sub: number;
  /** Parameter pairs of a block. */
  readonly sets: number;
}

const plain = (bytes: number, bits: number, zero: number, sets: number): BlockLayout => ({
  columns: 32,
  bytes,
  bits,
  zero,
  sub: 32,
  sets,
});
const nested = (bytes: number, bits: number, zero: number, sub: number): BlockLayout => ({
  columns: 256,
  bytes,
  bits,
  zero,
  sub,
  sets: 1 + 256 / sub,
});

export const blockLayouts: Readonly<Record<BlockName, BlockLayout>> = {
  q4_0: plain(18, 4, 8, 1),
  q4_1: plain(20, 4, 0, 2),
  q5_0: plain(22, 5, 16, 1),
  q5_1: plain(24, 5, 0, 2),
  q8_0: plain(34, 8, 128, 1),
  iq4_nl: plain(18, 4, 0, 1),
  q2_k: nested(84, 2, 0, 16),
  q3_k: nested(110, 3, 4, 16),
  q4_k: nested(144, 4, 0, 32),
  q5_k: nested(176, 5, 0, 32),
  q6_k: nested(210, 6, 32, 16),
};

/** What the codes of IQ4_NL stand for. */
export const iq4Values: readonly number[] = [-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113];

/**
 * One block. `codes`: at most `columns`, the rest is filled with code `zero` (such a short block exists in no file: the formats need
 * whole blocks). `parameters`: 2 × sets.
 */
export function writeBlock(
  name: BlockName,
  codes: ArrayLike<number>,
  parameters: ArrayLike<number>,
): Uint8Array<ArrayBuffer> {
  const { columns, bytes, zero, sets } = blockLayouts[name];
  assert(codes.length <= columns && parameters.length === 2 * sets, `one block of ${name}`);
  const block = new Uint8Array(bytes);
  const view = new DataView(block.buffer);
  const c = Uint8Array.from({ length: columns }, (_, i) => (i < codes.length ? (codes[i] as number) : zero));
  const p = (i: number) => parameters[i] as number;
  const half = (at: number, value: number) => view.setUint16(at, f32ToF16(value), true);
  const put = (at: number, bits: number) => (block[at] = (block[at] as number) | bits);
  const nibbles = (at: number) => {
    for (let j = 0; j < 16; j++) put(at + j, ((c[j] as number) & 15) | (((c[j + 16] as number) & 15) << 4));
  };
  const fifthBits = (at: number) => {
    for (let i = 0; i < 32; i++) put(at + (i >> 3), ((c[i] as number) >> 4) << (i & 7));
  };
  // The four low bits of each 64 columns: first half in the low nibbles, second in the high.
  const pairedNibbles = (at: number) => {
    for (let i = 0; i < 256; i++) put(at + 32 * (i >> 6) + (i & 31), ((c[i] as number) & 15) << (i & 32 ? 4 : 0));
  };
  // The two low bits of each 128 columns: 32 columns to a bit pair.
  const bitPairs = (at: number) => {
    for (let i = 0; i < 256; i++) put(at + 32 * (i >> 7) + (i & 31), ((c[i] as number) & 3) << (2 * ((i >> 5) & 3)));
  };
  switch (name) {
    case 'q4_0':
    case 'iq4_nl':
      half(0, p(0));
      nibbles(2);
      break;
    case 'q4_1':
      half(0, p(0));
      half(2, p(1));
      nibbles(4);
      break;
    case 'q5_0':
      half(0, p(0));
      fifthBits(2);
      nibbles(6);
      break;
    case 'q5_1':
      half(0, p(0));
      half(2, p(1));
      fifthBits(4);
      nibbles(8);
      break;
    case 'q8_0':
      half(0, p(0));
      for (let i = 0; i < 32; i++) view.setInt8(2 + i, (c[i] as number) - 128);
      break;
    case 'q2_k':
      for (let j = 0; j < 16; j++) put(j, p(2 + 2 * j) | (p(3 + 2 * j) << 4));
      bitPairs(16);
      half(80, p(0));
      half(82, p(1));
      break;
    case 'q3_k':
      for (let i = 0; i < 256; i++) put(i & 31, ((c[i] as number) >> 2) << (i >> 5));
      bitPairs(32);
      for (let j = 0; j < 16; j++) {
        const scale = p(2 + 2 * j) + 32;
        put(96 + (j & 7), (scale & 15) << (j < 8 ? 0 : 4));
        put(104 + (j & 3), (scale >> 4) << (2 * (j >> 2)));
      }
      half(108, p(0));
      break;
    case 'q4_k':
    case 'q5_k':
      half(0, p(0));
      half(2, p(1));
      for (let j = 0; j < 8; j++) {
        const [scale, floor] = [p(2 + 2 * j), p(3 + 2 * j)];
        if (j < 4) {
          put(4 + j, scale);
          put(8 + j, floor);
        } else {
          put(8 + j, (scale & 15) | ((floor & 15) << 4));
          put(j, (scale >> 4) << 6);
          put(4 + j, (floor >> 4) << 6);
        }
      }
      if (name === 'q5_k') {
        for (let i = 0; i < 256; i++) put(16 + (i & 31), ((c[i] as number) >> 4) << (i >> 5));
        pairedNibbles(48);
      } else pairedNibbles(16);
      break;
    case 'q6_k':
      for (let i = 0; i < 256; i++) {
        const [half128, l] = [i >> 7, i & 127];
        put(64 * half128 + (l & 63), ((c[i] as number) & 15) << (l & 64 ? 4 : 0));
        put(128 + 32 * half128 + (l & 31), ((c[i] as number) >> 4) << (2 * (l >> 5)));
      }
      for (let j = 0; j < 16; j++) view.setInt8(192 + j, p(2 + 2 * j));
      half(208, p(0));
      break;
  }
  return block;
}

/** Codes and parameters of a block; what a format does not store (the second number of a scale alone, working steps) is 0. */
export function readBlock(
  name: BlockName,
  block: Uint8Array,
): { readonly codes: Uint8Array<ArrayBuffer>; readonly parameters: Float32Array<ArrayBuffer> } {
  const { columns, bytes, sets } = blockLayouts[name];
  assert(block.length === bytes, `one block of ${name}`);
  const view = new DataView(block.buffer, block.byteOffset, bytes);
  const parameters = new Float32Array(2 * sets);
  const half = (i: number, at: number) => (parameters[i] = f16ToF32(view.getUint16(at, true)));
  const byte = (at: number) => block[at] as number;
  const codes = (of: (i: number) => number) => Uint8Array.from({ length: columns }, (_, i) => of(i));
  const nibble = (at: number, i: number) => (byte(at + (i & 15)) >> (i & 16 ? 4 : 0)) & 15;
  const fifth = (at: number, i: number) => ((byte(at + (i >> 3)) >> (i & 7)) & 1) << 4;
  const pairedNibble = (at: number, i: number) => (byte(at + 32 * (i >> 6) + (i & 31)) >> (i & 32 ? 4 : 0)) & 15;
  const bitPair = (at: number, i: number) => (byte(at + 32 * (i >> 7) + (i & 31)) >> (2 * ((i >> 5) & 3))) & 3;
  const filled = (of: (i: number) => number) => ({ codes: codes(of), parameters });
  switch (name) {
    case 'q4_0':
    case 'iq4_nl':
      half(0, 0);
      return filled((i) => nibble(2, i));
    case 'q4_1':
      half(0, 0);
      half(1, 2);
      return filled((i) => nibble(4, i));
    case 'q5_0':
      half(0, 0);
      return filled((i) => nibble(6, i) | fifth(2, i));
    case 'q5_1':
      half(0, 0);
      half(1, 2);
      return filled((i) => nibble(8, i) | fifth(4, i));
    case 'q8_0':
      half(0, 0);
      return filled((i) => view.getInt8(2 + i) + 128);
    case 'q2_k':
      half(0, 80);
      half(1, 82);
      for (let j = 0; j < 16; j++) parameters.set([byte(j) & 15, byte(j) >> 4], 2 + 2 * j);
      return filled((i) => bitPair(16, i));
    case 'q3_k':
      half(0, 108);
      for (let j = 0; j < 16; j++) {
        const low = (byte(96 + (j & 7)) >> (j < 8 ? 0 : 4)) & 15;
        parameters[2 + 2 * j] = (low | (((byte(104 + (j & 3)) >> (2 * (j >> 2))) & 3) << 4)) - 32;
      }
      return filled((i) => bitPair(32, i) | (((byte(i & 31) >> (i >> 5)) & 1) << 2));
    case 'q4_k':
    case 'q5_k':
      half(0, 0);
      half(1, 2);
      for (let j = 0; j < 8; j++) {
        const pair =
          j < 4
            ? [byte(4 + j) & 63, byte(8 + j) & 63]
            : [(byte(8 + j) & 15) | ((byte(j) >> 6) << 4), (byte(8 + j) >> 4) | ((byte(4 + j) >> 6) << 4)];
        parameters.set(pair, 2 + 2 * j);
      }
      if (name === 'q4_k') return filled((i) => pairedNibble(16, i));
      return filled((i) => pairedNibble(48, i) | (((byte(16 + (i & 31)) >> (i >> 5)) & 1) << 4));
    case 'q6_k':
      half(0, 208);
      for (let j = 0; j < 16; j++) parameters[2 + 2 * j] = view.getInt8(192 + j);
      return filled((i) => {
        const [half128, l] = [i >> 7, i & 127];
        const low = (byte(64 * half128 + (l & 63)) >> (l & 64 ? 4 : 0)) & 15;
        return low | (((byte(128 + 32 * half128 + (l & 31)) >> (2 * (l >> 5))) & 3) << 4);
      });
  }
}

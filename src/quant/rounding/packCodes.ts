/** Codes as a dense little-endian bit stream, on the GPU: code i fills bits [i·bits, (i+1)·bits). What is stored, hashed and counted. */
import lib from '../../../shaders/lib/grid.wgsl?raw';
import packCode from '../../../shaders/rounding/pack_codes.wgsl?raw';
import unpackCode from '../../../shaders/rounding/unpack_codes.wgsl?raw';
import { view, type Scope, type View } from '../../gpu/buffers';
import { read, readWrite, type Gpu } from '../../gpu/gpu';
import { defineKernel } from '../../gpu/kernel';
import { emptyMatrix } from '../../tensor/matrix';
import type { Codes } from '../problem';
import type { Shape } from '../storedLayer';

const packKernel = defineKernel({
  name: 'pack_codes',
  code: packCode,
  lib: [lib],
  bindings: { codes: 'read', stream: 'readWrite' },
  params: { bits: 'u32', count: 'u32', words: 'u32' },
});
const unpackKernel = defineKernel({
  name: 'unpack_codes',
  code: unpackCode,
  lib: [lib],
  bindings: { stream: 'read', codes: 'readWrite' },
  params: { bits: 'u32', count: 'u32' },
});

/** Bytes of the stream; the last is filled with zero bits. */
export function packedBytes({ rows, cols }: Shape, bits: number): number {
  return Math.ceil((rows * cols * bits) / 8);
}

/** The stream in whole words; bytes beyond packedBytes are zero. */
export function packCodes(gpu: Gpu, scope: Scope, codes: Codes, bits: number): View {
  const count = codes.rows * codes.cols;
  const words = Math.ceil(packedBytes(codes, bits) / 4);
  const stream = view(scope.empty(words * 4, 'packed codes'), 0, words * 4);
  gpu.run(packKernel, {
    bind: { codes: read(codes.view), stream: readWrite(stream) },
    params: { bits, count, words },
    workgroups: Math.ceil(words / 64),
    work: 6 * count,
  });
  return stream;
}

/** The codes of a stream from packCodes. */
export function unpackCodes(gpu: Gpu, scope: Scope, stream: Uint8Array, shape: Shape, bits: number): Codes {
  const count = shape.rows * shape.cols;
  const codes = emptyMatrix(scope, shape.rows, shape.cols, 'codes');
  gpu.run(unpackKernel, {
    bind: { stream: read(view(scope.upload(stream, 'packed codes'))), codes: readWrite(codes.view) },
    params: { bits, count },
    workgroups: Math.ceil(count / 64),
    work: 6 * count,
  });
  return codes;
}

/**
 * A matrix on the GPU: a view of a buffer with rows, columns and an element type. Row-major. Knows nothing of transformers.
 * 16-bit types are storage only, two to a 32-bit word, low half first; arithmetic is f32 everywhere.
 */
import { assert } from '../util/assert';
import { f16ToF32, bf16ToF32 } from '../util/halfFloat';
import { view, type Scope, type View } from '../gpu/buffers';
import type { Gpu } from '../gpu/gpu';

export type ElementType = 'f32' | 'f16' | 'bf16';

export interface Matrix {
  readonly view: View;
  readonly rows: number;
  readonly cols: number;
  readonly type: ElementType;
}

export const elementBytes: Readonly<Record<ElementType, number>> = { f32: 4, f16: 2, bf16: 2 };

/** Bytes of a matrix; 16-bit rows must fill whole words, which every model width does. */
export function matrixBytes(rows: number, cols: number, type: ElementType = 'f32'): number {
  assert(type === 'f32' || (rows * cols) % 2 === 0, `a 16-bit matrix of ${rows}×${cols} does not fill words`);
  return rows * cols * elementBytes[type];
}

/** A matrix of undefined content, for an output that is written whole. */
export function emptyMatrix(
  scope: Scope,
  rows: number,
  cols: number,
  label: string,
  type: ElementType = 'f32',
): Matrix {
  const bytes = matrixBytes(rows, cols, type);
  return { view: view(scope.empty(bytes, label), 0, bytes), rows, cols, type };
}

export function zeroMatrix(scope: Scope, rows: number, cols: number, label: string): Matrix {
  const bytes = matrixBytes(rows, cols);
  return { view: view(scope.zeros(bytes, label), 0, bytes), rows, cols, type: 'f32' };
}

/** Uploads row-major values. `content` holds exactly rows × cols elements of `type`. */
export function uploadMatrix(
  scope: Scope,
  content: ArrayBufferView,
  rows: number,
  cols: number,
  label: string,
  type: ElementType = 'f32',
): Matrix {
  const bytes = matrixBytes(rows, cols, type);
  assert(content.byteLength === bytes, `${label}: ${content.byteLength} bytes for ${rows}×${cols} ${type}`);
  return { view: view(scope.upload(content, label), 0, bytes), rows, cols, type };
}

/** Reads a matrix back as float32, row-major. Exact for every type. */
export async function readMatrix(gpu: Gpu, matrix: Matrix): Promise<Float32Array<ArrayBuffer>> {
  const bytes = await gpu.read(matrix.view);
  if (matrix.type === 'f32') return new Float32Array(bytes);
  const convert = matrix.type === 'f16' ? f16ToF32 : bf16ToF32;
  return Float32Array.from(new Uint16Array(bytes), convert);
}

/** Rows [begin, end) as a matrix of their own, sharing memory. The offset must be a multiple of 256 bytes to be bound. */
export function rowRange(matrix: Matrix, begin: number, end: number): Matrix {
  assert(begin >= 0 && begin <= end && end <= matrix.rows, `rows ${begin}..${end} of ${matrix.rows}`);
  const stride = matrix.cols * elementBytes[matrix.type];
  const { buffer, offset } = matrix.view;
  return { ...matrix, rows: end - begin, view: view(buffer, offset + begin * stride, (end - begin) * stride) };
}

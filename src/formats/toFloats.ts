/** Stored values as numbers. */
import { bf16ToF32, f16ToF32 } from '../util/halfFloat';
import type { StoredType } from './checkpoint';
import { storedBytes } from './storedType';

/** Stored little-endian values as float32: exact, but for doubles, which are rounded. */
export function toFloats(bytes: Uint8Array<ArrayBuffer>, type: StoredType): Float32Array<ArrayBuffer> {
  // A view needs an aligned offset; slices of a file have one of 0.
  const whole = bytes.byteOffset % storedBytes[type] ? bytes.slice() : bytes;
  const count = bytes.byteLength / storedBytes[type];
  if (type === 'F64') return Float32Array.from(new Float64Array(whole.buffer, whole.byteOffset, count));
  if (type === 'F32') return new Float32Array(whole.buffer, whole.byteOffset, count);
  const halves = new Uint16Array(whole.buffer, whole.byteOffset, count);
  return Float32Array.from(halves, type === 'F16' ? f16ToF32 : bf16ToF32);
}

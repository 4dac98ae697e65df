/** Element types of safetensors files: which the lab decodes, which there are, and how many bits each takes. */
import type { StoredType } from './checkpoint';

export const storedBytes: Readonly<Record<StoredType, number>> = { F64: 8, F32: 4, F16: 2, BF16: 2 };

export function isStoredType(type: string): type is StoredType {
  return Object.hasOwn(storedBytes, type);
}

/** All types that the format knows, in bits (safetensors 0.8, `Dtype`); a file that names another was damaged or is none. */
export const typeBits: Readonly<Record<string, number>> = {
  F4: 4,
  F6_E2M3: 6,
  F6_E3M2: 6,
  BOOL: 8,
  U8: 8,
  I8: 8,
  F8_E4M3: 8,
  F8_E5M2: 8,
  F8_E8M0: 8,
  F8_E4M3FNUZ: 8,
  F8_E5M2FNUZ: 8,
  I16: 16,
  U16: 16,
  F16: 16,
  BF16: 16,
  I32: 32,
  U32: 32,
  F32: 32,
  C64: 64,
  F64: 64,
  I64: 64,
  U64: 64,
};

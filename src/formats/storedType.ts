/** Element types of safetensors files: which the lab decodes, and how many bytes each takes. */
import type { StoredType } from './checkpoint';

export const storedBytes: Readonly<Record<StoredType, number>> = { F32: 4, F16: 2, BF16: 2 };

export function isStoredType(type: string): type is StoredType {
  return Object.hasOwn(storedBytes, type);
}

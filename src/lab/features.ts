/** Features of pictures, from main memory to the GPU. */
import type { Scope } from '../gpu/buffers';
import { uploadMatrix, type Matrix } from '../tensor/matrix';
import { concat } from '../util/concat';

/** The features of some windows, one below the other: [places, hidden]; undefined where they have no pictures. */
export function featuresOf(
  scope: Scope,
  windows: readonly Float32Array[] | undefined,
  hidden: number,
): Matrix | undefined {
  if (!windows?.length) return undefined;
  const all = concat(windows);
  return uploadMatrix(scope, all, all.length / hidden, hidden, 'features');
}

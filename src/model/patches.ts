/** Pixels of pictures as the rows of a tower: one for every patch. Pure. */
import { FormatError } from '../util/errors';
import type { TowerPlan } from './towerPlan';

/**
 * The pictures of [pictures, 3, side, side], without those that stand for none; where all do, the first is seen. FormatError when there are no whole pictures, or when a value
 * is not finite.
 */
export function picturesIn(
  pixels: Float32Array,
  { picture: side, blank }: Pick<TowerPlan, 'picture' | 'blank'>,
): readonly Float32Array[] {
  const size = 3 * side * side;
  const count = pixels.length / size;
  if (count === 0 || !Number.isInteger(count)) {
    throw new FormatError(
      'wrong-pixels',
      `${pixels.length} pixel values, and this model looks at pictures of 3×${side}×${side}, which are ${size} values each. Give the pixels of whole pictures of that size.`,
      { found: pixels.length, expected: size },
    );
  }
  const bad = pixels.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) {
    throw new FormatError(
      'wrong-pixels',
      `pixel value ${bad} of ${pixels.length} is ${pixels[bad]}; expected finite numbers. Prepare the picture again.`,
      { found: String(pixels[bad]) },
    );
  }
  const all = Array.from({ length: count }, (_, i) => pixels.subarray(i * size, (i + 1) * size));
  if (blank === 'seen') return all;
  const some = all.filter((picture) => picture.some((value) => value !== 0));
  return some.length ? some : all.slice(0, 1);
}

/**
 * Patches of pictures [3, side, side], row by row, as rows of 3 · patch² values in order channel, row, column; what is left of a side that is no
 * whole number of patches is not seen. Before those of each picture come `before` rows of zeros: [pictures · (before + patches), 3 · patch²].
 */
export function patchesOf(
  pictures: readonly Float32Array[],
  side: number,
  patch: number,
  before: number,
): Float32Array<ArrayBuffer> {
  const across = Math.floor(side / patch);
  const cols = 3 * patch * patch;
  const rows = before + across * across;
  const cells = new Float32Array(pictures.length * rows * cols);
  for (const [i, picture] of pictures.entries()) {
    let at = (i * rows + before) * cols;
    for (let cell = 0; cell < across * across; cell++) {
      const top = Math.floor(cell / across) * patch;
      const left = (cell % across) * patch;
      for (let line = 0; line < 3 * patch; line++) {
        const channel = Math.floor(line / patch);
        const from = (channel * side + top + (line % patch)) * side + left;
        cells.set(picture.subarray(from, from + patch), at);
        at += patch;
      }
    }
  }
  return cells;
}

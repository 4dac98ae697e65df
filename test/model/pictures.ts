/** What test/golden/models_pictures.py writes beside a checkpoint that looks at pictures. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { concat } from '../../src/util/concat';
import { goldenModel } from './folder';

export interface GoldenPictures {
  /** Of every window, [its pictures, 3, side, side]. */
  readonly pixels: readonly Float32Array[];
  readonly windows: readonly (readonly number[])[];
}

/** Null for a golden without pictures. */
export function goldenPictures(name: string): GoldenPictures | null {
  const folder = goldenModel(name);
  const { pixels, images, windows } = JSON.parse(readFileSync(join(folder, 'ids.json'), 'utf8')) as {
    pixels?: number[];
    images?: number[][];
    windows: number[][];
  };
  if (!pixels || !images) return null;
  const [, ...shape] = pixels;
  const size = shape.reduce((a, b) => a * b, 1);
  const all = new Float32Array(new Uint8Array(readFileSync(join(folder, 'pixels.f32'))).buffer);
  const picture = (index: number) => all.subarray(index * size, (index + 1) * size);
  return {
    windows,
    pixels: images.map((own) => concat(own.map(picture))),
  };
}

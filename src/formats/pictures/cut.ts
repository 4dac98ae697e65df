/** Parts of pictures, and pictures in a larger frame. */
import { assert } from '../../util/assert';
import { channels, type Picture } from './picture';

/** The part of that size whose first pixel is (left, top). */
export function crop({ width, height, rgb }: Picture, left: number, top: number, wide: number, high: number): Picture {
  assert(left >= 0 && top >= 0 && left + wide <= width && top + high <= height, 'a part that lies in the picture');
  const out = new Uint8Array(wide * high * channels);
  for (let row = 0; row < high; row++) {
    const from = ((top + row) * width + left) * channels;
    out.set(rgb.subarray(from, from + wide * channels), row * wide * channels);
  }
  return { width: wide, height: high, rgb: out };
}

/** The part of that size in the middle, half a pixel up and to the left where there is no middle. */
export function centreCrop(picture: Picture, wide: number, high: number): Picture {
  const left = Math.floor((picture.width - wide) / 2);
  return crop(picture, left, Math.floor((picture.height - high) / 2), wide, high);
}

/** In the middle of a square of that colour, as wide as its longer side. */
export function padToSquare(picture: Picture, colour: readonly number[]): Picture {
  const { width, height, rgb } = picture;
  if (width === height) return picture;
  const side = Math.max(width, height);
  const left = Math.floor((side - width) / 2);
  const top = Math.floor((side - height) / 2);
  const out = new Uint8Array(side * side * channels);
  for (let at = 0; at < out.length; at++) out[at] = colour[at % channels] as number;
  for (let row = 0; row < height; row++) {
    const line = rgb.subarray(row * width * channels, (row + 1) * width * channels);
    out.set(line, ((top + row) * side + left) * channels);
  }
  return { width: side, height: side, rgb: out };
}

/** A picture as the pixels that a tower takes: squared, resized, cropped, cut into tiles, normalised, in this order. */
import { FormatError } from '../../util/errors';
import { centreCrop, crop, padToSquare } from './cut';
import { channels, type Picture } from './picture';
import type { Preparation, Size } from './preparation';
import { resize } from './resize';

/** Pictures of one size, made of one. */
export interface Prepared {
  /** [pictures, 3, height, width] f32. */
  readonly pixels: Float32Array<ArrayBuffer>;
  readonly pictures: number;
  readonly width: number;
  readonly height: number;
  /** Tiles, row by row, before the whole picture; none where it was not cut. */
  readonly tiles: Tiles | null;
}

export interface Tiles {
  readonly rows: number;
  readonly cols: number;
}

/** `tiles`: whether a picture is cut where the preparation knows tiles. FormatError when it is smaller than what is kept of its middle. */
export function prepare(picture: Picture, how: Preparation, tiles: 'cut' | 'whole'): Prepared {
  const framed = how.square ? padToSquare(picture, how.square) : picture;
  const sized = how.size ? resizedTo(framed, how.size, how) : framed;
  if (how.tile !== null) return cutInto(sized, how.tile, how, tiles);
  const kept = how.crop ? kernelOf(sized, how.crop) : sized;
  return { ...normalised([kept], how), tiles: null };
}

function kernelOf(picture: Picture, { width, height }: NonNullable<Preparation['crop']>): Picture {
  if (picture.width < width || picture.height < height) {
    throw new FormatError(
      'small-picture',
      `a picture of ${picture.width}×${picture.height} pixels after resizing, and ${width}×${height} of its middle are wanted: by preprocessor_config.json ` +
        '"crop_size" is larger than "size". Use the file that was published with this model.',
      { found: `${picture.width}×${picture.height}`, expected: `${width}×${height}` },
    );
  }
  return centreCrop(picture, width, height);
}

function resizedTo(picture: Picture, size: Size, { filter }: Preparation): Picture {
  const { width, height } = sizeFor(picture, size);
  return resize(picture, width, height, filter);
}

type Extent = Pick<Picture, 'width' | 'height'>;

/** Idefics3 makes no picture longer than this, whatever its config says. */
const longest = 4096;

/** The size of a picture resized: whole pixels, rounded down. */
export function sizeFor({ width, height }: Extent, size: Size): Extent {
  if (size.kind === 'exact') return { width: size.width, height: size.height };
  const { kind, edge } = size;
  if (kind === 'shortest') {
    const other = (long: number, short: number) => Math.trunc((edge * long) / short);
    return width <= height
      ? { width: edge, height: other(height, width) }
      : { width: other(width, height), height: edge };
  }
  return within(evenAlong({ width, height }, edge));
}

/** The longer edge is `edge`, the other even. */
function evenAlong({ width, height }: Extent, edge: number): Extent {
  const ratio = width / height;
  const even = (length: number) => Math.max(1, length + (length % 2));
  return width >= height
    ? { width: edge, height: even(Math.trunc(edge / ratio)) }
    : { width: even(Math.trunc(edge * ratio)), height: edge };
}

function within({ width, height }: Extent): Extent {
  const ratio = width / height;
  if (width >= height && width > longest) return { width: longest, height: Math.max(1, Math.trunc(longest / ratio)) };
  if (height > width && height > longest) return { width: Math.max(1, Math.trunc(longest * ratio)), height: longest };
  return { width, height };
}

/** Tiles of `side`, row by row, and the whole picture as one behind them; the whole alone where one tile holds it, or where it stays whole. */
function cutInto(picture: Picture, side: number, how: Preparation, tiles: 'cut' | 'whole'): Prepared {
  const square = (from: Picture) => resize(from, side, side, how.filter);
  if (tiles === 'whole') return { ...normalised([square(picture)], how), tiles: null };
  const { width, height } = roundedUp(picture, side);
  const fitted = resize(picture, width, height, how.filter);
  const [rows, cols] = [height / side, width / side];
  if (rows === 1 && cols === 1) return { ...normalised([fitted], how), tiles: null };
  const parts = Array.from({ length: rows * cols }, (_, i) =>
    crop(fitted, (i % cols) * side, Math.floor(i / cols) * side, side, side),
  );
  return { ...normalised([...parts, square(fitted)], how), tiles: { rows, cols } };
}

/** Both edges as multiples of `side`: the longer one first, the other as it follows from that. */
function roundedUp({ width, height }: Extent, side: number): Extent {
  const up = (length: number) => Math.ceil(length / side) * side;
  const ratio = width / height;
  if (width >= height) return { width: up(width), height: up(Math.trunc(up(width) / ratio)) };
  return { width: up(Math.trunc(up(height) * ratio)), height: up(height) };
}

/** Pictures of one size, channel by channel. */
function normalised(pictures: readonly Picture[], { factor, mean, deviation }: Preparation): Omit<Prepared, 'tiles'> {
  const { width = 0, height = 0 } = pictures[0] ?? {};
  const size = width * height;
  const pixels = new Float32Array(pictures.length * channels * size);
  for (const [i, { rgb }] of pictures.entries()) {
    for (let channel = 0; channel < channels; channel++) {
      const [centre, spread] = [mean[channel] as number, deviation[channel] as number];
      const out = pixels.subarray((i * channels + channel) * size);
      for (let at = 0; at < size; at++) out[at] = ((rgb[at * channels + channel] as number) * factor - centre) / spread;
    }
  }
  return { pixels, pictures: pictures.length, width, height };
}

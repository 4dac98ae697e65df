/**
 * Pictures as the page reads them: PNG by our own reader, to the bit what the command line reads; JPEG and WebP by the browser, turned as their
 * files say, in their own colours, whatever profile they name: nothing is converted, resized or smoothed.
 */
import { readHead } from '../formats/pictures/head';
import { channels, type Picture } from '../formats/pictures/picture';
import type { Decode } from '../formats/pictures/pictureSet';
import { readPng } from '../formats/pictures/png';
import { FormatError } from '../util/errors';

/** Rows that are taken from the browser at once: a canvas as large as a photograph is more than some browsers give. */
const band = 256;

/** FormatError when it is none of these kinds, too large or damaged. */
export const decodeInBrowser: Decode = async (bytes, where) => {
  if (readHead(bytes, where).kind === 'png') return readPng(bytes, where);
  const bitmap = await createImageBitmap(new Blob([bytes]), {
    colorSpaceConversion: 'none',
    imageOrientation: 'from-image',
  }).catch(() => {
    throw new FormatError(
      'damaged-picture',
      `${where}: the browser cannot read this picture; it is damaged. Save or download it again.`,
      { file: where },
    );
  });
  try {
    return pixelsOf(bitmap, where);
  } finally {
    bitmap.close();
  }
};

function pixelsOf(bitmap: ImageBitmap, where: string): Picture {
  const { width, height } = bitmap;
  const rgb = new Uint8Array(width * height * channels);
  const canvas = new OffscreenCanvas(width, Math.min(band, height));
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (!context) throw new FormatError('no-canvas', `${where}: this browser gives no canvas to read pictures from.`);
  context.imageSmoothingEnabled = false;
  for (let top = 0, out = 0; top < height; top += band) {
    const rows = Math.min(band, height - top);
    // What is transparent lies over white.
    context.fillStyle = 'white';
    context.fillRect(0, 0, width, rows);
    context.drawImage(bitmap, 0, top, width, rows, 0, 0, width, rows);
    const { data } = context.getImageData(0, 0, width, rows);
    for (let at = 0; at < data.length; at += 4) {
      rgb[out++] = data[at] as number;
      rgb[out++] = data[at + 1] as number;
      rgb[out++] = data[at + 2] as number;
    }
  }
  return { width, height, rgb };
}

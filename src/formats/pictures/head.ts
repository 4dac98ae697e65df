/** What kind of picture a file is and how large, from its first bytes: before anything is unpacked. PNG, JPEG (ITU-T T.81) and WebP (RFC 9649). */
import { FormatError } from '../../util/errors';
import { MAX_PICTURE_PIXELS } from '../limits';
import { isPng } from './png';

export interface PictureHead {
  readonly kind: 'png' | 'jpeg' | 'webp';
  readonly width: number;
  readonly height: number;
}

/** Bytes in which a file says its size: cameras put up to some hundred kB before it. */
export const headBytes = 2 ** 20;

/** FormatError where it is no picture of these kinds, or one of more pixels than are read; `where` names the file. */
export function readHead(bytes: Uint8Array, where: string): PictureHead {
  const head = headOf(bytes);
  if (!head) {
    throw new FormatError(
      'unsupported-picture',
      `${where}: this is no PNG, JPEG or WebP picture, or it is cut short. Save it as one of them.`,
      { file: where },
    );
  }
  const { width, height } = head;
  if (width * height > MAX_PICTURE_PIXELS) {
    throw new FormatError(
      'too-large',
      `${where}: ${width}×${height} pixels; no more than ${MAX_PICTURE_PIXELS} are read. Make it smaller.`,
      { file: where, found: width * height, limit: MAX_PICTURE_PIXELS },
    );
  }
  return head;
}

function headOf(bytes: Uint8Array): PictureHead | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    if (isPng(bytes)) return { kind: 'png', width: view.getUint32(16), height: view.getUint32(20) };
    if (view.getUint16(0) === 0xffd8) return jpegHead(view);
    const text = (at: number) => String.fromCharCode(...bytes.subarray(at, at + 4));
    return text(0) === 'RIFF' && text(8) === 'WEBP' ? webpHead(view, text(12)) : null;
  } catch (error) {
    // It ends before it has said its size.
    if (error instanceof RangeError) return null;
    throw error;
  }
}

/** The first frame header (SOF) among the segments; 0xC4, 0xC8 and 0xCC are none. */
function jpegHead(view: DataView): PictureHead | null {
  for (let at = 2; ;) {
    if (view.getUint8(at) !== 0xff) return null;
    const marker = view.getUint8(at + 1);
    if (marker === 0xff) {
      at++;
      continue;
    }
    if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)) {
      return { kind: 'jpeg', height: view.getUint16(at + 5), width: view.getUint16(at + 7) };
    }
    // Pixels, or the end, before any size.
    if (marker === 0xda || marker === 0xd9) return null;
    at += 2 + view.getUint16(at + 2);
  }
}

function webpHead(view: DataView, chunk: string): PictureHead | null {
  const size = (width: number, height: number): PictureHead => ({ kind: 'webp', width, height });
  switch (chunk) {
    case 'VP8X':
      return size(
        1 + (view.getUint32(24, true) & 0xffffff),
        1 + (view.getUint16(27, true) | (view.getUint8(29) << 16)),
      );
    case 'VP8L': {
      const bits = view.getUint32(21, true);
      return size(1 + (bits & 0x3fff), 1 + ((bits >>> 14) & 0x3fff));
    }
    case 'VP8 ':
      return size(view.getUint16(26, true) & 0x3fff, view.getUint16(28, true) & 0x3fff);
    default:
      return null;
  }
}

/**
 * PNG files (W3C, Portable Network Graphics, third edition): greys, colours and palettes of up to 8 bits, with or without transparency, which
 * is laid over white. Not read: 16 bits a channel and interlaced files.
 */
import { FormatError } from '../../util/errors';
import { MAX_PICTURE_PIXELS } from '../limits';
import { channels, type Picture } from './picture';
import { crc32, inflated } from './pngBytes';

const signature = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

export const isPng = (bytes: Uint8Array): boolean => signature.every((byte, i) => bytes[i] === byte);

/** Samples of a pixel by the colour type of the header: grey, colours, palette, grey and alpha, colours and alpha. */
const samplesOf: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

interface Header {
  readonly width: number;
  readonly height: number;
  /** Bits of a sample. */
  readonly depth: number;
  readonly type: number;
}

type Fail = (code: string, what: string, todo: string) => FormatError;

/** FormatError when it is no PNG, damaged, or of a kind that is not read; `where` names the file. */
export async function readPng(bytes: Uint8Array<ArrayBuffer>, where: string): Promise<Picture> {
  const fail: Fail = (code, what, todo) => new FormatError(code, `${where}: ${what}. ${todo}`, { file: where });
  if (!isPng(bytes)) throw fail('not-png', 'this is no PNG file', 'Save the picture as PNG.');
  const chunks = chunksOf(bytes, fail);
  const header = headerOf(chunks, fail);
  const { width, height, depth, type } = header;
  const samples = samplesOf[type] as number;
  const line = Math.ceil((width * samples * depth) / 8);
  const data = await inflated(
    chunks.filter(({ name }) => name === 'IDAT').map(({ body }) => body),
    (line + 1) * height,
  );
  if (!data) throw damaged(fail, `its pixels do not unpack to the ${width}×${height} that it promises`);
  const lines = unfiltered(data, line, height, Math.max(1, (samples * depth) / 8), fail);
  const named = (name: string) => chunks.find((chunk) => chunk.name === name)?.body;
  const palette = named('PLTE');
  if (type === 3 && !palette) throw damaged(fail, 'its palette is missing');
  // Photographs and drawings alike: three bytes a pixel, and nothing to be laid over white.
  if (type === 2 && !named('tRNS')) return { width, height, rgb: lines };
  return overWhite(header, lines, line, colourOf(header, palette, named('tRNS'), fail));
}

const damaged = (fail: Fail, what: string) =>
  fail('damaged-png', `the file is damaged: ${what}`, 'Save or download the picture again.');

interface Chunk {
  readonly name: string;
  readonly body: Uint8Array<ArrayBuffer>;
}

function chunksOf(bytes: Uint8Array<ArrayBuffer>, fail: Fail): readonly Chunk[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const chunks: Chunk[] = [];
  for (let at = signature.length; at + 12 <= bytes.length;) {
    const length = view.getUint32(at);
    if (at + 12 + length > bytes.length) break;
    const name = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    const body = bytes.subarray(at + 8, at + 8 + length);
    if (crc32(bytes.subarray(at + 4, at + 8 + length)) !== view.getUint32(at + 8 + length)) {
      throw damaged(fail, `the sum of its part ${JSON.stringify(name)} is wrong`);
    }
    if (name === 'IEND') return chunks;
    chunks.push({ name, body });
    at += 12 + length;
  }
  throw damaged(fail, 'it ends too early');
}

function headerOf([first]: readonly Chunk[], fail: Fail): Header {
  if (first?.name !== 'IHDR' || first.body.length !== 13) throw damaged(fail, 'its header is missing');
  const view = new DataView(first.body.buffer, first.body.byteOffset, 13);
  const [width, height] = [view.getUint32(0), view.getUint32(4)];
  const [depth, type, packing, filtering, interlaced] = first.body.subarray(8) as unknown as [
    number,
    number,
    number,
    number,
    number,
  ];
  if (width === 0 || height === 0 || !Object.hasOwn(samplesOf, type) || packing !== 0 || filtering !== 0) {
    throw damaged(fail, 'its header has values that PNG does not know');
  }
  if (width * height > MAX_PICTURE_PIXELS) {
    throw fail(
      'too-large',
      `${width}×${height} pixels; no more than ${MAX_PICTURE_PIXELS} are read`,
      'Make it smaller.',
    );
  }
  const depths = type === 0 || type === 3 ? [1, 2, 4, 8] : [8];
  if (!depths.includes(depth)) {
    throw fail('unsupported-png', `${depth} bits a channel, which are not read`, 'Save it with 8 bits a channel.');
  }
  if (interlaced !== 0) throw fail('unsupported-png', 'interlaced files are not read', 'Save it without interlacing.');
  return { width, height, depth, type };
}

/** Lines [height, line] without the byte before each, which says by what of the pixels left of and above it each byte is lessened. */
function unfiltered(data: Uint8Array, line: number, height: number, step: number, fail: Fail): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(line * height);
  for (let row = 0; row < height; row++) {
    const kind = data[row * (line + 1)] as number;
    if (kind > 4) throw damaged(fail, `line ${row} has the filter ${kind}, which PNG does not know`);
    const from = row * (line + 1) + 1;
    const to = row * line;
    const above = row > 0 ? out.subarray(to - line, to) : new Uint8Array(line);
    unfilter(kind, data.subarray(from, from + line), above, out.subarray(to, to + line), step);
  }
  return out;
}

/** One line, `own`, of what stands in the file, `raw`; what lies left of the first pixel is zero. */
function unfilter(kind: number, raw: Uint8Array, above: Uint8Array, own: Uint8Array, step: number): void {
  own.set(raw);
  switch (kind) {
    case 1:
      for (let x = step; x < own.length; x++) own[x] = at(own, x) + at(own, x - step);
      return;
    case 2:
      for (let x = 0; x < own.length; x++) own[x] = at(own, x) + at(above, x);
      return;
    case 3:
      for (let x = 0; x < own.length; x++)
        own[x] = at(own, x) + (((x < step ? 0 : at(own, x - step)) + at(above, x)) >> 1);
      return;
    case 4:
      for (let x = 0; x < step; x++) own[x] = at(own, x) + at(above, x);
      for (let x = step; x < own.length; x++)
        own[x] = at(own, x) + paeth(at(own, x - step), at(above, x), at(above, x - step));
  }
}

const at = (bytes: Uint8Array, i: number) => bytes[i] as number;

/** Paeth (1991): of the three the nearest to left + above − corner, the first among equals. */
function paeth(left: number, above: number, corner: number): number {
  const a = Math.abs(above - corner);
  const b = Math.abs(left - corner);
  const c = Math.abs(left + above - 2 * corner);
  if (a <= b && a <= c) return left;
  return b <= c ? above : corner;
}

/** Red, green, blue and alpha of a pixel from its samples. */
type Colour = (samples: readonly number[]) => readonly [number, number, number, number];

function colourOf(
  { type, depth }: Header,
  palette: Uint8Array | undefined,
  clear: Uint8Array | undefined,
  fail: Fail,
): Colour {
  /** Grey or colour that is transparent, two bytes a sample. */
  const isClear = (samples: readonly number[]) =>
    clear !== undefined && samples.every((sample, i) => clear[2 * i] === 0 && clear[2 * i + 1] === sample);
  const scale = 255 / (2 ** depth - 1);
  switch (type) {
    case 0:
      return (samples) => {
        const grey = (samples[0] as number) * scale;
        return [grey, grey, grey, isClear(samples) ? 0 : 255];
      };
    case 2:
      return (samples) => [...(samples as [number, number, number]), isClear(samples) ? 0 : 255];
    case 3:
      return ([index = 0]) => {
        const [red, green, blue] = palette?.subarray(3 * index, 3 * index + 3) ?? [];
        if (red === undefined || green === undefined || blue === undefined) {
          throw damaged(fail, `a pixel has the colour ${index}, which its palette lacks`);
        }
        return [red, green, blue, clear?.[index] ?? 255];
      };
    case 4:
      return ([grey = 0, alpha = 0]) => [grey, grey, grey, alpha];
    default:
      return (samples) => samples as [number, number, number, number];
  }
}

function overWhite({ width, height, depth, type }: Header, lines: Uint8Array, line: number, colour: Colour): Picture {
  const count = samplesOf[type] as number;
  const rgb = new Uint8Array(width * height * channels);
  const samples = Array<number>(count).fill(0);
  const mask = 2 ** depth - 1;
  let at = 0;
  for (let row = 0; row < height; row++) {
    for (let x = 0; x < width; x++) {
      for (let i = 0; i < count; i++) {
        const bit = (x * count + i) * depth;
        const byte = lines[row * line + (bit >> 3)] as number;
        samples[i] = (byte >> (8 - depth - (bit & 7))) & mask;
      }
      const pixel = colour(samples);
      const alpha = pixel[3];
      for (let i = 0; i < channels; i++) {
        rgb[at++] = Math.round(((pixel[i] as number) * alpha + 255 * (255 - alpha)) / 255);
      }
    }
  }
  return { width, height, rgb };
}

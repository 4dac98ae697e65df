/** Sets of pictures as the page gives them: read for a run, and looked into before one. */
import type { SourceFile } from '../formats/checkpoint';
import { headBytes, readHead } from '../formats/pictures/head';
import { channels, type Picture } from '../formats/pictures/picture';
import { readPictureList, readPictureSet, type PictureRecord } from '../formats/pictures/pictureSet';
import { resize } from '../formats/pictures/resize';
import { templatesOf, type PictureTask } from '../lab/pictureWindows';
import { Cancelled, FetchError } from '../util/errors';
import { quoted } from '../util/words';
import { decodeInBrowser } from './decode';
import type { PictureReport, PictureSample, TextSource } from './protocol';

/** Pixels of the longer side of a sample. */
const sampleSide = 112;
/** Texts that are shown of one picture. */
const sampleTexts = 2;

type Beside = (path: string, line: number) => Promise<SourceFile>;

/** Finds a picture by its path beside the list. Names that look alike are alike, however their accents are stored. */
function besideOf({ label, pictures = [] }: TextSource): Beside {
  const plain = (path: string) =>
    path
      .replaceAll('\\', '/')
      .replace(/^(\.\/)+/, '')
      .normalize('NFC');
  const files = new Map(pictures.map((file) => [plain(file.path), file]));
  return (path, line) => {
    const found = files.get(plain(path));
    if (found) return Promise.resolve(found);
    const missing = new FetchError(
      'missing-picture',
      `${label}, line ${line}: the picture ${quoted(path)} is not among the files that came with it. Drop the folder with all of its pictures.`,
      { file: path, line },
    );
    return Promise.reject(missing);
  };
}

/** FormatError, FetchError as readPictureSet throws them. */
export async function readSet(source: TextSource): Promise<PictureTask> {
  const set = await readPictureSet(source, besideOf(source), decodeInBrowser);
  return { set: { ...set, label: source.label } };
}

/**
 * What is in a set: every line is read, every picture's file is looked for and its kind and size read; the first `samples` pictures are unpacked.
 * Errors as `readSet`; Cancelled soon after the signal.
 */
export async function lookInto(source: TextSource, samples: number, signal: AbortSignal): Promise<PictureReport> {
  const { records, lines, wording } = await readPictureList(source);
  const beside = besideOf(source);
  const images = new Map<string, SourceFile>();
  for (const [i, { image }] of records.entries()) {
    if (signal.aborted) throw new Cancelled();
    if (images.has(image)) continue;
    const file = await beside(image, lines[i] ?? 0);
    readHead(new Uint8Array(await file.blob.slice(0, headBytes).arrayBuffer()), image);
    images.set(image, file);
  }
  const shown: PictureSample[] = [];
  for (const [image, { blob }] of [...images].slice(0, samples)) {
    if (signal.aborted) throw new Cancelled();
    const picture = await decodeInBrowser(new Uint8Array(await blob.arrayBuffer()), image);
    const texts = records.filter((record) => record.image === image).slice(0, sampleTexts);
    shown.push({ image, width: picture.width, height: picture.height, ...small(picture), texts: texts.map(told) });
  }
  const captions = records.filter(({ kind }) => kind === 'caption').length;
  return {
    pictures: images.size,
    captions,
    questions: records.length - captions,
    templates: templatesOf({ set: { ...(wording && { wording }) } }),
    samples: shown,
  };
}

function told(record: PictureRecord): PictureSample['texts'][number] {
  return record.kind === 'caption' ? { told: record.caption } : { asked: record.question, told: record.answer };
}

/** As a canvas takes it. */
function small(picture: Picture): Pick<PictureSample, 'thumbnail'> {
  const scale = Math.min(1, sampleSide / Math.max(picture.width, picture.height));
  const side = (length: number) => Math.max(1, Math.round(length * scale));
  const { width, height, rgb } = resize(picture, side(picture.width), side(picture.height), 'bilinear');
  const rgba = new Uint8ClampedArray(width * height * 4).fill(255);
  for (let pixel = 0; pixel < width * height; pixel++) {
    rgba.set(rgb.subarray(pixel * channels, (pixel + 1) * channels), pixel * 4);
  }
  return { thumbnail: { width, height, rgba } };
}

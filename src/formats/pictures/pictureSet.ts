/**
 * Pictures with texts, for evaluation: a file of JSON lines beside the pictures that it names, each line {"image", "caption"} or {"image",
 * "question", "answer"}, the latter with the "choices" among which the answer is, if it has any. A first line without a picture, {"tell", "ask"},
 * says how the others are written.
 */
import { FormatError } from '../../util/errors';
import { sha256 } from '../../util/hash';
import { quoted } from '../../util/words';
import type { SourceFile } from '../checkpoint';
import { MAX_PICTURE_BYTES, MAX_TEXT_BYTES } from '../limits';
import { decodeUtf8, readWhole } from '../sourceFile';
import { isObject, type JsonObject } from '../strictJson';
import type { Picture } from './picture';
import { readPng } from './png';

export type PictureRecord = { readonly image: string } & (
  | { readonly kind: 'caption'; readonly caption: string }
  | {
      readonly kind: 'question';
      readonly question: string;
      readonly answer: string;
      /** The answer among them; it alone where none are given. */
      readonly choices: readonly string[];
    }
);

/** How captions and questions are written, where the first line says so: the templates of measures/sequences.ts. */
export interface Wording {
  readonly caption?: string;
  readonly question?: string;
}

export interface PictureSet {
  /** File name without its folder. */
  readonly label: string;
  readonly records: readonly PictureRecord[];
  readonly wording?: Wording;
  /** SHA-256 of every picture's file, hex, by its path in the records. */
  readonly hashes: ReadonlyMap<string, string>;
  /** By its path in the records. FormatError, FetchError as readers throw them. */
  picture(image: string): Promise<Picture>;
  /** The lines, and a hash of every picture: what a fingerprint of the set is made of. */
  readonly identity: string;
}

/** Bytes of a picture file → the picture; the page has a decoder for more kinds than PNG. */
export type Decode = (bytes: Uint8Array<ArrayBuffer>, where: string) => Promise<Picture>;

/** The file of JSON lines alone. FormatError names the line. */
export async function readPictureList(file: SourceFile): Promise<PictureList & { readonly text: string }> {
  const text = decodeUtf8(await readWhole(file, MAX_TEXT_BYTES, 'a list of pictures', 'git-lfs'), file.path);
  return { text, ...recordsIn(text, file.path) };
}

/**
 * `beside` finds a file by its path from the folder of the JSON lines, and is told the line that names it first. FormatError names the line, or
 * the picture that is not there.
 */
export async function readPictureSet(
  file: SourceFile,
  beside: (path: string, line: number) => Promise<SourceFile>,
  decode: Decode = readPng,
): Promise<PictureSet> {
  const { text, records, lines, wording } = await readPictureList(file);
  const bytesOf = async (image: string) => {
    const line = lines[records.findIndex((record) => record.image === image)] ?? 0;
    return readWhole(await beside(image, line), MAX_PICTURE_BYTES, 'a picture', 'git-lfs');
  };
  const hashes = new Map<string, string>();
  for (const { image } of records) if (!hashes.has(image)) hashes.set(image, await sha256(await bytesOf(image)));
  return {
    label: file.path.split(/[\\/]/).at(-1) ?? file.path,
    records,
    ...(wording && { wording }),
    hashes,
    picture: async (image) => decode(await bytesOf(image), image),
    identity: [text, ...hashes.values()].join('\n'),
  };
}

export interface PictureList {
  readonly records: readonly PictureRecord[];
  /** Of each record the line that it stands in, from 1. */
  readonly lines: readonly number[];
  readonly wording?: Wording;
}

/** The records of JSON lines, and how they are written; FormatError where there are none. */
export function recordsIn(text: string, where: string): PictureList {
  const all = text.split('\n').flatMap((line, i) => (line.trim() === '' ? [] : [lineOf(line, where, i + 1)]));
  const wording = all[0] && wordingOf(all[0]);
  const own = all.slice(wording ? 1 : 0);
  const records = own.map(recordOf);
  if (records.length > 0) return { records, lines: own.map(({ number }) => number), ...(wording && { wording }) };
  throw new FormatError(
    'empty-text',
    `${where}: there is no line in it that names a picture. Each line is to be a JSON object. ${forms}`,
    {
      file: where,
    },
  );
}

const forms =
  'Lines are {"image": "a.png", "caption": "…"} or {"image": "a.png", "question": "…", "answer": "…", "choices": ["…", …]}.';

interface Line {
  readonly number: number;
  readonly value: JsonObject;
  readonly fail: (what: string) => FormatError;
}

function lineOf(line: string, where: string, number: number): Line {
  const fail = (what: string) =>
    new FormatError('bad-line', `${where}, line ${number}: ${what}. ${forms}`, { file: where, line: number });
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw fail('it is no JSON');
  }
  if (!isObject(value)) throw fail('it is no JSON object');
  return { number, value, fail };
}

const isText = (one: unknown): one is string => typeof one === 'string' && one.trim() !== '';

/** Undefined where the line is a record. */
function wordingOf({ value: { image, tell, ask }, fail }: Line): Wording | undefined {
  if (image !== undefined || (tell === undefined && ask === undefined)) return undefined;
  for (const one of [tell, ask]) if (one !== undefined && !isText(one)) throw fail('"tell" or "ask" is no text');
  return { ...(isText(tell) && { caption: tell }), ...(isText(ask) && { question: ask }) };
}

function recordOf({ value, fail }: Line): PictureRecord {
  const { image, caption, question, answer, choices } = value;
  if (!isText(image)) throw fail('"image" is not the path of a picture');
  if (/^([\\/]|[a-z]+:)/i.test(image) || image.split(/[\\/]/).includes('..')) {
    throw fail(`the picture ${quoted(image)} does not lie beside the file or below it`);
  }
  if (isText(caption) && question === undefined) return { image, kind: 'caption', caption };
  if (!isText(question) || !isText(answer)) throw fail('it has neither a "caption" nor a "question" with its "answer"');
  const all = choices ?? [answer];
  if (!Array.isArray(all) || !all.every(isText)) throw fail('"choices" is no list of texts');
  if (new Set(all).size !== all.length) throw fail('a choice stands there twice');
  if (!all.includes(answer)) throw fail(`the answer ${quoted(answer)} is not among the choices`);
  return { image, kind: 'question', question, answer, choices: all };
}

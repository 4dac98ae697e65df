/**
 * Texts for calibration and evaluation, from dropped files: plain text, or JSON lines with one document each. The text is taken as it
 * stands (line ends, spaces): every change would change perplexities.
 */
import { FormatError } from '../util/errors';
import type { SourceFile } from './checkpoint';
import { MAX_TEXT_BYTES, MIN_TEXT_CHARACTERS } from './limits';
import { decodeUtf8, readWhole } from './sourceFile';
import { describe, isObject } from './strictJson';

export interface LabelledText {
  /** File name without its folder. */
  readonly label: string;
  readonly text: string;
}

/** Fields of a JSON line that hold its document, in order of preference: C4 and the Pile, chat-like dumps, TinyStories. */
const FIELDS = ['text', 'content', 'story'] as const;

/** Between documents, as the published perplexity protocol joins WikiText. */
const SEPARATOR = '\n\n';

/**
 * Text of a file: .jsonl, .ndjson and .json (C4's shards are JSON lines of that name) as documents, anything else as it is. Strict UTF-8. FormatError when it is empty, too short for any
 * window, too large, not text, or a line is not what was expected (named); FetchError when it cannot be read.
 */
export async function readText(file: SourceFile): Promise<LabelledText> {
  const label = file.path.split(/[\\/]/).at(-1) || file.path;
  if (file.blob.size === 0) throw tooShort(file.path, 0);
  const bytes = await readWhole(file, MAX_TEXT_BYTES, 'a text', 'git-lfs');
  refuseOtherKind(bytes, file.path);
  const whole = decodeUtf8(bytes, file.path);
  const records = /\.(jsonl|ndjson|json)$/i.test(label);
  if (!records) refuseRecords(whole, file.path);
  const text = records ? joinDocuments(whole, file.path) : whole;
  if (text.includes('\u0000')) {
    throw new FormatError(
      'not-text',
      `${file.path}: it holds zero characters, so it is UTF-16 or no text. Save it as UTF-8 text.`,
      { file: file.path },
    );
  }
  const characters = text.trim().length;
  if (characters < MIN_TEXT_CHARACTERS) throw tooShort(file.path, characters);
  return { label, text };
}

function tooShort(path: string, characters: number): FormatError {
  return new FormatError(
    characters === 0 ? 'empty-text' : 'tiny-text',
    `${path}: ${characters === 0 ? 'the text is empty' : `the text has only ${characters} characters`}; a window of even the shortest ` +
      'context needs more. Take a text of some kilobytes.',
    { file: path, found: characters, expected: MIN_TEXT_CHARACTERS },
  );
}

/** Documents of JSON lines, or of one JSON list. */
function joinDocuments(content: string, path: string): string {
  const list = content.trimStart().startsWith('[') ? parsed(content) : undefined;
  if (Array.isArray(list)) {
    return list.map((item: unknown, i) => documentIn(item, failure(path, `item ${i + 1}`, 'item'))).join(SEPARATOR);
  }
  const documents: string[] = [];
  for (const [i, line] of content.split('\n').entries()) {
    if (line.trim() !== '') documents.push(documentOf(line, failure(path, `line ${i + 1}`, 'line')));
  }
  return documents.join(SEPARATOR);
}

type Fail = (what: string) => FormatError;

const failure =
  (path: string, place: string, unit: 'line' | 'item'): Fail =>
  (what) =>
    new FormatError(
      unit === 'line' ? 'bad-line' : 'bad-item',
      `${path}, ${place}: ${what}. Each ${unit} must be a JSON object with a text under ${FIELDS.join(', ')}.`,
      { file: path, [unit]: Number(/\d+$/.exec(place)?.[0]) },
    );

/** The value of a JSON text; undefined when it is none. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function documentOf(line: string, fail: Fail): string {
  const value = parsed(line);
  if (value === undefined) throw fail('not valid JSON');
  return documentIn(value, fail);
}

function documentIn(value: unknown, fail: Fail): string {
  if (!isObject(value)) throw fail(`found ${describe(value)}`);
  const document = textIn(value);
  if (document === undefined) throw fail(`its keys are ${describe(Object.keys(value).slice(0, 8).join(', '))}`);
  // JSON can name half of a pair; UTF-8 cannot hold it, and every tool makes something else of it.
  if (/\p{Surrogate}/u.test(document)) throw fail('its text holds half of a surrogate pair (\\ud800 to \\udfff alone)');
  return document;
}

function textIn(value: Readonly<Record<string, unknown>>): string | undefined {
  for (const field of FIELDS) {
    const document = Object.hasOwn(value, field) ? value[field] : undefined;
    if (typeof document === 'string') return document;
  }
  return undefined;
}

/** Records under the name of a text: their keys and braces would be scored as words. */
function refuseRecords(text: string, path: string): void {
  const start = text.trimStart();
  const value = start.startsWith('[')
    ? parsed(text)
    : start.startsWith('{')
      ? parsed(start.split('\n', 1)[0] ?? '')
      : undefined;
  const first: unknown = Array.isArray(value) ? value[0] : value;
  if (!isObject(first) || textIn(first) === undefined) return;
  throw new FormatError(
    'records',
    `${path}: it holds JSON records, whose keys would count as text. Name it .jsonl, and the texts of its records are read.`,
    { file: path },
  );
}

/** Kinds of files that hold texts in their own way, by their first characters (one a byte) or their name. */
const otherKinds: readonly { readonly begins: RegExp | string | null; readonly named: RegExp; readonly is: string }[] =
  [
    { begins: 'PAR1', named: /\.parquet$/i, is: 'a Parquet table' },
    { begins: 'ARROW1', named: /\.(arrow|feather)$/i, is: 'an Arrow table' },
    { begins: '\u001f\u008b', named: /\.(gz|tgz)$/i, is: 'compressed by gzip' },
    { begins: '\u0028\u00b5\u002f\u00fd', named: /\.zst$/i, is: 'compressed by zstd' },
    { begins: 'PK\u0003\u0004', named: /\.(zip|docx|xlsx|epub|odt)$/i, is: 'a zip archive or an office document' },
    { begins: '%PDF-', named: /\.pdf$/i, is: 'a PDF document' },
    { begins: /^\s*<(!doctype html|html)[\s>]/i, named: /\.html?$/i, is: 'a web page' },
    { begins: null, named: /\.(csv|tsv)$/i, is: 'a table, whose commas and quotes would count as text' },
  ];

function refuseOtherKind(bytes: Uint8Array, path: string): void {
  const head = String.fromCharCode(...bytes.subarray(0, 64));
  const kind = otherKinds.find(
    ({ begins, named }) =>
      named.test(path) || (typeof begins === 'string' ? head.startsWith(begins) : begins?.test(head)),
  );
  if (!kind) return;
  throw new FormatError(
    'not-text',
    `${path}: this is ${kind.is}. Take its text out first: a .txt file, or .jsonl with a text under ${FIELDS.join(', ')}.`,
    { file: path },
  );
}

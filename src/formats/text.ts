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
 * Text of a file: .jsonl and .ndjson as documents, anything else as it is. Strict UTF-8. FormatError when it is empty, too short for any
 * window, too large, not text, or a line is not what was expected (named); FetchError when it cannot be read.
 */
export async function readText(file: SourceFile): Promise<LabelledText> {
  const label = file.path.split(/[\\/]/).at(-1) || file.path;
  if (file.blob.size === 0) throw tooShort(file.path, 0);
  const whole = decodeUtf8(await readWhole(file, MAX_TEXT_BYTES, 'a text', 'git-lfs'), file.path);
  const text = /\.(jsonl|ndjson)$/i.test(label) ? joinDocuments(whole, file.path) : whole;
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

function joinDocuments(lines: string, path: string): string {
  const documents: string[] = [];
  for (const [i, line] of lines.split('\n').entries()) {
    if (line.trim() !== '') documents.push(documentOf(line, path, i + 1));
  }
  return documents.join(SEPARATOR);
}

function documentOf(line: string, path: string, number: number): string {
  const fail = (what: string) =>
    new FormatError(
      'bad-line',
      `${path}, line ${number}: ${what}. Each line must be a JSON object with a text under ${FIELDS.join(', ')}.`,
      { file: path, line: number },
    );
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw fail('not valid JSON');
  }
  if (!isObject(value)) throw fail(`found ${describe(value)}`);
  for (const field of FIELDS) {
    const document = Object.hasOwn(value, field) ? value[field] : undefined;
    if (typeof document === 'string') return document;
  }
  throw fail(`its keys are ${describe(Object.keys(value).slice(0, 8).join(', '))}`);
}

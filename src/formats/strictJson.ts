/**
 * JSON from untrusted bytes: strict UTF-8, bounded depth, no key twice in one object (JSON.parse would silently keep the last), and no
 * `__proto__` key where keys become names. The text is parsed by the platform; a scan over it then checks what the parser hides.
 */
import { FormatError } from '../util/errors';
import { isTooDeep, shortJson } from '../util/json';
import { MAX_JSON_DEPTH } from './limits';
import { decodeUtf8 } from './sourceFile';

export type JsonObject = Readonly<Record<string, unknown>>;

/** `any` for files whose keys are arbitrary text (a vocabulary may hold the token "__proto__"): they are only ever read as entries. */
export type KeyPolicy = 'names' | 'any';

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * The JSON object that `bytes` hold. `where` names the file in messages. Python writes Infinity and NaN, which JSON does not know: with
 * `numbers` 'any' they become texts of these names, so that a field of them can stay unused, and is named where it is not.
 */
export function parseJsonObject(
  bytes: Uint8Array,
  where: string,
  keys: KeyPolicy,
  numbers: 'finite' | 'any' = 'finite',
): JsonObject {
  let text = decodeUtf8(bytes, where);
  // Before it is parsed: some parsers recurse.
  if (isTooDeep(text)) {
    throw new FormatError('too-deep', `${where}: nested deeper than ${MAX_JSON_DEPTH} levels; no such file is read.`, {
      file: where,
      limit: MAX_JSON_DEPTH,
    });
  }
  let value: unknown;
  try {
    if (numbers === 'any' && /Infinity|NaN/.test(text)) text = quoteNonFinite(text);
    value = JSON.parse(text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.slice(0, 200) : 'unknown error';
    const remedy =
      quoteNonFinite(text) === text
        ? 'The file may be truncated or damaged: download it again.'
        : 'It holds Infinity or NaN, which JSON does not know: write it anew without them.';
    throw new FormatError('not-json', `${where}: not valid JSON (${reason}). ${remedy}`, { file: where }, { cause });
  }
  if (!isObject(value)) {
    throw new FormatError('not-an-object', `${where}: a JSON object was expected, found ${describe(value)}.`, {
      file: where,
    });
  }
  checkKeys(text, where, keys);
  return value;
}

/** Infinity, -Infinity and NaN outside of texts, in quotes. */
function quoteNonFinite(text: string): string {
  return text.replace(/"(?:[^"\\]|\\.)*"|-?Infinity|NaN/gs, (found) => (found.startsWith('"') ? found : `"${found}"`));
}

/** What a JSON value is, in words, for messages. */
export function describe(value: unknown): string {
  if (value === null) return 'null';
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'object') return 'an object';
  return shortJson(value, 80);
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Walks valid JSON text once and refuses repeated keys and `__proto__`. */
function checkKeys(text: string, where: string, policy: KeyPolicy): void {
  // One entry per open bracket: the keys of an object, or null for a list.
  const open: (Set<string> | null)[] = [];
  let keyNext = false;
  for (let i = 0; i < text.length; i++) {
    switch (text.charCodeAt(i)) {
      case 0x7b: // {
        open.push(new Set());
        keyNext = true;
        break;
      case 0x5b: // [
        open.push(null);
        keyNext = false;
        break;
      case 0x7d: // }
      case 0x5d: // ]
        open.pop();
        keyNext = false;
        break;
      case 0x2c: // ,
        keyNext = open.at(-1) !== null;
        break;
      case QUOTE: {
        const end = closingQuote(text, i);
        if (keyNext) {
          const raw = text.slice(i + 1, end);
          const key = raw.includes('\\') ? (JSON.parse(text.slice(i, end + 1)) as string) : raw;
          addKey(open.at(-1), key, where, policy);
          keyNext = false;
        }
        i = end;
        break;
      }
    }
  }
}

function closingQuote(text: string, begin: number): number {
  let i = begin + 1;
  while (text.charCodeAt(i) !== QUOTE) i += text.charCodeAt(i) === BACKSLASH ? 2 : 1;
  return i;
}

function addKey(keys: Set<string> | null | undefined, key: string, where: string, policy: KeyPolicy): void {
  const shown = key.length > 200 ? `${key.slice(0, 200)}…` : key;
  if (policy === 'names' && key === '__proto__') {
    throw new FormatError('forbidden-key', `${where}: the key "__proto__" is not accepted; no checkpoint needs it.`, {
      file: where,
      key,
    });
  }
  if (keys?.has(key)) {
    throw new FormatError(
      'duplicate-key',
      `${where}: the key "${shown}" stands twice in one object, so it is unclear which is meant. Write the file anew.`,
      { file: where, key: shown },
    );
  }
  keys?.add(key);
}

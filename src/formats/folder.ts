/**
 * Finds the checkpoint's folder among dropped files. Paths come in every form: with a leading folder, flat, with backslashes, next to
 * hidden files and files of other formats. Nothing is read here.
 */
import { FormatError } from '../util/errors';
import type { SourceFile } from './checkpoint';

export interface Folder {
  /** Last part of its path; empty for flat files. */
  readonly name: string;
  /** File by its path inside the folder. */
  get(path: string): SourceFile | undefined;
  /** Files directly inside, by name. */
  readonly files: ReadonlyMap<string, SourceFile>;
  /** The error for a file that is not there; `remedy` says what to do. */
  missing(path: string, remedy: string): FormatError;
}

/** The shallowest folder with a config.json; among several of one depth, the only one with safetensors beside it. */
export function findFolder(files: readonly SourceFile[]): Folder {
  const byPath = new Map<string, SourceFile>();
  for (const file of files) {
    const path = normalize(file.path);
    if (isHidden(path)) continue;
    if (byPath.has(path)) {
      throw new FormatError(
        'duplicate-file',
        `two files are named ${path}. Files of two folders were given together: open one model at a time, best as a folder.`,
        { file: path },
      );
    }
    byPath.set(path, file);
  }
  const paths = [...byPath.keys()];
  const roots = paths
    .filter((path) => /(^|\/)config\.json$/.test(path))
    .map((path) => path.slice(0, -'config.json'.length));
  const depth = Math.min(...roots.map(depthOf));
  const shallow = roots.filter((root) => depthOf(root) === depth);
  const complete = shallow.filter((root) =>
    paths.some((path) => path.startsWith(root) && /^[^/]+\.safetensors$/.test(path.slice(root.length))),
  );
  const chosen = complete.length > 0 ? complete : shallow;
  if (chosen.length > 1) {
    throw new FormatError(
      'several-checkpoints',
      `${chosen.length} folders hold a config.json (${listed(chosen)}). Open one model at a time.`,
      { found: chosen.length },
    );
  }
  const root = chosen[0];
  if (root === undefined) throw withoutConfig(paths, files.map(({ path }) => normalize(path)).filter(isHidden));
  const inside = new Map<string, SourceFile>();
  for (const [path, file] of byPath) if (path.startsWith(root)) inside.set(path.slice(root.length), file);
  return {
    name: root.split('/').at(-2) ?? '',
    get: (path) => inside.get(path),
    files: new Map([...inside].filter(([path]) => !path.includes('/'))),
    missing: (path, remedy) =>
      new FormatError('missing-file', `${root}${path} is missing; found ${listed([...inside.keys()])}. ${remedy}`, {
        file: `${root}${path}`,
      }),
  };
}

function normalize(path: string): string {
  return path
    .replaceAll('\\', '/')
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .join('/');
}

/** `.git`, `.cache`, `._model.safetensors` (macOS), `__MACOSX`. */
function isHidden(path: string): boolean {
  return path.split('/').some((part) => (part.startsWith('.') && part !== '..') || part === '__MACOSX');
}

function depthOf(root: string): number {
  return root.split('/').length;
}

/** At most eight names, so that a message stays readable. */
export function listed(names: readonly string[]): string {
  if (names.length === 0) return 'nothing';
  const shown = names.slice(0, 8).map((name) => name.slice(0, 120) || './');
  return shown.join(', ') + (names.length > shown.length ? ` and ${names.length - shown.length} more` : '');
}

const otherFormats: readonly { readonly ends: RegExp; readonly is: string; readonly remedy: string }[] = [
  { ends: /\.gguf$/i, is: 'a GGUF file', remedy: 'Open the safetensors checkpoint that it was made from.' },
  {
    ends: /\.(bin|pt|pth|ckpt|pkl)$/i,
    is: 'PyTorch pickle weights',
    remedy: 'Convert them with transformers: AutoModelForCausalLM.from_pretrained(…).save_pretrained(…).',
  },
  {
    ends: /\.(onnx|onnx_data)$/i,
    is: 'an ONNX model',
    remedy: 'Open the safetensors checkpoint that it was made from.',
  },
  { ends: /\.(zip|tar|gz|tgz|7z|rar)$/i, is: 'an archive', remedy: 'Unpack it and open the folder.' },
];

/** A sentence on files of other formats among `paths`, or an empty string. */
export function otherFormatFound(paths: readonly string[]): string {
  for (const { ends, is, remedy } of otherFormats) {
    const path = paths.find((candidate) => ends.test(candidate));
    if (path) return `${path} is ${is}, which is not read. ${remedy}`;
  }
  return '';
}

function withoutConfig(paths: readonly string[], hidden: readonly string[]): FormatError {
  const inside = hidden.find((path) => path.endsWith('config.json'));
  if (inside !== undefined) {
    return new FormatError(
      'hidden-folder',
      `${inside} lies in a hidden folder; those are passed over. Open the folder that holds it, by its own path.`,
      { file: inside },
    );
  }
  const other = otherFormatFound(paths);
  const weights = paths.some((path) => path.endsWith('.safetensors'));
  return new FormatError(
    paths.length > 0 && other && !weights ? 'unsupported-format' : 'missing-file',
    paths.length === 0
      ? 'no files were given. A checkpoint is a folder with config.json, tokenizer.json and model.safetensors.'
      : other && !weights
        ? `${other} A checkpoint is a folder with config.json, tokenizer.json and model.safetensors (or its shards and index).`
        : `config.json is missing; found ${listed(paths)}. A checkpoint is a folder with config.json, tokenizer.json and ` +
          'model.safetensors (or its shards and index): drop the whole folder, or all these files together.',
    { file: 'config.json' },
  );
}

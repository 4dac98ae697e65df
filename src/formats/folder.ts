/**
 * Finds a folder that transformers saved, known by its config.json, among files of other folders and other formats. Whatever the weights
 * are in. Nothing is read here.
 */
import { FormatError } from '../util/errors';
import type { SourceFile } from './checkpoint';
import type { Files } from './siftFiles';

export interface Folder {
  /** Last part of its path; empty for flat files. */
  readonly name: string;
  /** File by its path inside the folder. */
  get(path: string): SourceFile | undefined;
  /** Files directly inside, by name. */
  readonly files: ReadonlyMap<string, SourceFile>;
  /** The folder of that name inside it, which need not be there. */
  within(name: string): Folder;
  /** The error for a file that is not there; `remedy` says what to do. */
  missing(path: string, remedy: string): FormatError;
}

export const isConfig = (path: string) => /(^|\/)config\.json$/.test(path);

/**
 * The shallowest folders with a config.json, each as the beginning of its paths ("m/", or nothing for flat files); among several, those
 * with weights directly inside, where there are any. `isWeights` judges a path inside the folder.
 */
export function findRoots(paths: readonly string[], isWeights: (inside: string) => boolean): readonly string[] {
  const roots = paths.filter(isConfig).map((path) => path.slice(0, -'config.json'.length));
  const depth = Math.min(...roots.map(depthOf));
  const shallow = roots.filter((root) => depthOf(root) === depth);
  const complete = shallow.filter((root) =>
    paths.some((path) => path.startsWith(root) && isWeights(path.slice(root.length))),
  );
  return complete.length > 0 ? complete : shallow;
}

/** The folder of the only root; null where there is none. FormatError `several-checkpoints` where there are more. */
export function openFolder({ visible }: Files, isWeights: (inside: string) => boolean): Folder | null {
  const roots = findRoots([...visible.keys()], isWeights);
  if (roots.length > 1) {
    throw new FormatError(
      'several-checkpoints',
      `${roots.length} folders hold a config.json (${listed(roots)}). Open one model at a time.`,
      { found: roots.length },
    );
  }
  const [root] = roots;
  if (root === undefined) return null;
  return folderAt(root, visible);
}

function folderAt(root: string, files: ReadonlyMap<string, SourceFile>): Folder {
  const inside = new Map<string, SourceFile>();
  for (const [path, file] of files) if (path.startsWith(root)) inside.set(path.slice(root.length), file);
  return {
    name: root.split('/').at(-2) ?? '',
    get: (path) => inside.get(path),
    files: new Map([...inside].filter(([path]) => !path.includes('/'))),
    within: (name) => folderAt(`${root}${name}/`, files),
    missing: (path, remedy) =>
      new FormatError('missing-file', `${root}${path} is missing; found ${listed([...inside.keys()])}. ${remedy}`, {
        file: `${root}${path}`,
      }),
  };
}

/**
 * Folders directly inside that hold weights and a config of their own, by name: of a model that is saved part by part (VILA), whose own folder has
 * no weights. None elsewhere. `paths` as they are inside the folder.
 */
export function partsIn(paths: readonly string[], isWeights: (inside: string) => boolean): readonly string[] {
  if (paths.some(isWeights)) return [];
  const names = new Set(paths.flatMap((path) => /^([^/]+)\/config\.json$/.exec(path)?.[1] ?? []));
  return [...names]
    .filter((name) => paths.some((path) => path.startsWith(`${name}/`) && isWeights(path.slice(name.length + 1))))
    .sort();
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

/** Formats that no reader opens; a row on one that a reader opens is never said. */
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

/** Small files for the tests of this folder, made in memory. */
import { readFileSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { SourceFile } from '../../src/formats/checkpoint';
import { writeSafetensors } from '../../src/formats/writeSafetensors';
import { isBitcurveError, type FormatError } from '../../src/util/errors';

export function fileOf(path: string, content: string | Uint8Array<ArrayBuffer> | Blob | object): SourceFile {
  if (content instanceof Blob) return { path, blob: content };
  const part = typeof content === 'string' || content instanceof Uint8Array ? content : JSON.stringify(content);
  return { path, blob: new Blob([part]) };
}

/** Files of a directory on disk, under `prefix`. */
export function filesIn(directory: string, prefix = `${basename(directory)}/`): SourceFile[] {
  return readdirSync(directory).map((name) =>
    fileOf(prefix + name, new Uint8Array(readFileSync(join(directory, name)))),
  );
}

/** A safetensors file with this header text and so many bytes of data. */
export function rawSafetensors(
  header: string | object,
  dataBytes: number,
  claimedLength?: bigint,
): Uint8Array<ArrayBuffer> {
  const text = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const file = new Uint8Array(8 + text.length + dataBytes);
  new DataView(file.buffer).setBigUint64(0, claimedLength ?? BigInt(text.length), true);
  file.set(text, 8);
  return file;
}

export const tinyTokenizer = {
  version: '1.0',
  added_tokens: [{ id: 0, content: '<s>', special: true, normalized: false }],
  normalizer: null,
  pre_tokenizer: null,
  post_processor: null,
  decoder: null,
  model: { type: 'BPE', vocab: { '<s>': 0, a: 1, b: 2, ab: 3 }, merges: [['a', 'b']] },
};

export const tinyConfig = { model_type: 'llama', vocab_size: 4, bos_token_id: 0 };

export function tinyWeights(): Blob {
  return writeSafetensors([
    {
      name: 'model.norm.weight',
      type: 'F32',
      shape: [4],
      bytes: new Uint8Array(new Float32Array([1, 2, 3, 4]).buffer),
    },
    { name: 'lm_head.weight', type: 'F16', shape: [4, 2], bytes: Uint8Array.from({ length: 16 }, (_, i) => i) },
  ]);
}

/** The files of a whole tiny checkpoint; `changes` replace files by name, null leaves one out. */
export function tinyCheckpoint(
  changes: Readonly<Record<string, Parameters<typeof fileOf>[1] | null>> = {},
): SourceFile[] {
  const contents = {
    'config.json': tinyConfig,
    'tokenizer.json': tinyTokenizer,
    'model.safetensors': tinyWeights(),
    ...changes,
  };
  return Object.entries(contents).flatMap(([path, content]) => (content === null ? [] : [fileOf(path, content)]));
}

/** The error of ours that `run` ends with; anything else, success included, is rethrown as a failure of the test. */
export async function failureOf(run: () => unknown): Promise<FormatError> {
  try {
    await run();
  } catch (error) {
    if (isBitcurveError(error)) return error as FormatError;
    throw error;
  }
  throw new Error('no error came');
}

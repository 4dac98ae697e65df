/**
 * Bytes of dropped files: slices with named errors, and recognising what a file is when it is not what its name says. Every read goes
 * through here, so that a vanished file is a FetchError everywhere.
 */
import { FetchError, FormatError } from '../util/errors';
import type { SourceFile } from './checkpoint';

/** Bytes [begin, end) of the file. A FetchError when they cannot be had: moved, deleted, changed or no longer permitted. */
export async function readSlice(file: SourceFile, begin: number, end: number): Promise<Uint8Array<ArrayBuffer>> {
  let buffer: ArrayBuffer;
  try {
    buffer = await file.blob.slice(begin, end).arrayBuffer();
  } catch (cause) {
    throw new FetchError(
      'unreadable',
      `${file.path}: bytes ${begin} to ${end} could not be read (${String(cause)}). ` +
        'The file may have been moved, changed or deleted since it was opened: open it again.',
      { file: file.path, begin, end },
      { cause },
    );
  }
  if (buffer.byteLength !== end - begin) {
    throw new FetchError(
      'short-read',
      `${file.path}: ${buffer.byteLength} bytes came instead of ${end - begin}, from byte ${begin}. ` +
        'The file may have changed since it was opened: open it again.',
      { file: file.path, begin, end, found: buffer.byteLength },
    );
  }
  return new Uint8Array(buffer);
}

/** The whole file; a FormatError when it is empty, a Git-LFS pointer or above `limit` bytes. `what` names its role. */
export async function readWhole(
  file: SourceFile,
  limit: number,
  what: string,
  seek: 'any' | 'git-lfs' = 'any',
): Promise<Uint8Array<ArrayBuffer>> {
  const { size } = file.blob;
  if (size > limit) {
    throw new FormatError(
      'too-large',
      `${file.path}: ${size} bytes; ${what} of more than ${limit} bytes is not read. Check that it is the right file.`,
      { file: file.path, found: size, limit },
    );
  }
  await refuseDisguised(file, what, seek);
  return readSlice(file, 0, size);
}

/** Strict UTF-8 → text (a byte order mark is dropped); a FormatError that names the first bad byte. */
export function decodeUtf8(bytes: Uint8Array, where: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    const at = firstInvalidByte(bytes);
    throw new FormatError(
      'not-utf8',
      `${where}: byte ${at} is not valid UTF-8. Save the file as UTF-8, or check that it is the right file.`,
      { file: where, byte: at },
      { cause },
    );
  }
}

/** Offset of the first byte that does not continue valid UTF-8 (Unicode 15, table 3-7); the length where the text is cut off. */
function firstInvalidByte(bytes: Uint8Array): number {
  const { length } = bytes;
  for (let i = 0; i < length;) {
    const lead = bytes[i] as number;
    if (lead < 0x80) {
      i++;
      continue;
    }
    const further =
      lead >= 0xc2 && lead < 0xe0 ? 1 : lead >= 0xe0 && lead < 0xf0 ? 2 : lead >= 0xf0 && lead < 0xf5 ? 3 : 0;
    if (further === 0) return i;
    // No longer form than needed, no surrogates, nothing past U+10FFFF: told by the second byte.
    const least = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
    const most = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
    for (let n = 1; n <= further; n++) {
      const byte = bytes[i + n];
      if (byte === undefined) return length;
      if (n === 1 ? byte < least || byte > most : byte < 0x80 || byte > 0xbf) return i + n;
    }
    i += further + 1;
  }
  return length;
}

/** What files turn out to be. As a header's length, none of the beginnings is one that a real safetensors file has. */
const disguises: readonly {
  readonly begins: (head: string) => boolean;
  readonly code: string;
  readonly is: string;
  readonly remedy: string;
}[] = [
  {
    begins: (head) => head.startsWith('version https://git-lfs'),
    code: 'git-lfs-pointer',
    is: 'a Git-LFS pointer, not the file itself',
    remedy: 'Run "git lfs pull" in the cloned repository, or download the file from the model page.',
  },
  {
    begins: (head) => head.startsWith('GGUF'),
    code: 'unsupported-format',
    is: 'a GGUF file under another name',
    remedy: 'Open the original safetensors checkpoint of the model.',
  },
  {
    begins: (head) => head.startsWith('PK\u0003\u0004'),
    code: 'unsupported-format',
    is: 'a zip archive (PyTorch weights, or a packed folder)',
    remedy: 'Unpack it, or convert PyTorch weights with save_pretrained(…, safe_serialization=True).',
  },
  {
    begins: (head) => /^\s*<(!doctype|html)/i.test(head),
    code: 'web-page',
    is: 'a web page, saved in place of the file',
    remedy: 'Download the file itself: on the model page, the arrow beside its name.',
  },
];

/**
 * A FormatError when the file is empty or begins like something else than `what`. A text may begin with any words, so of the disguises only
 * a Git-LFS pointer is sought there.
 */
export async function refuseDisguised(file: SourceFile, what: string, seek: 'any' | 'git-lfs' = 'any'): Promise<void> {
  if (file.blob.size === 0) {
    throw new FormatError(
      'empty-file',
      `${file.path}: the file has 0 bytes; ${what} was expected. The download may have been cut off: download it again.`,
      { file: file.path },
    );
  }
  const head = String.fromCharCode(...(await readSlice(file, 0, Math.min(file.blob.size, 64))));
  for (const { begins, code, is, remedy } of disguises) {
    if (seek === 'git-lfs' && code !== 'git-lfs-pointer') continue;
    if (begins(head)) {
      throw new FormatError(code, `${file.path}: this is ${is}; ${what} was expected. ${remedy}`, { file: file.path });
    }
  }
}

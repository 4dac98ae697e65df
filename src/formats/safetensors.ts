/**
 * Reads the header of one safetensors file and gives its tensors as slices. Layout: u64 little-endian n; n bytes of UTF-8 JSON, name →
 * {dtype, shape, data_offsets: [begin, end)} relative to the first byte after it, and `__metadata__`; then the data. No weights are read.
 * Source: the format's specification (huggingface/safetensors, README "Format").
 */
import { FormatError } from '../util/errors';
import type { SourceFile, StoredTensor } from './checkpoint';
import { MAX_DIMENSION, MAX_DIMENSIONS, MAX_HEADER_BYTES, MAX_HEADER_QUOTES, MAX_TENSORS } from './limits';
import { readSlice, refuseDisguised } from './sourceFile';
import { storedTensor } from './storedTensor';
import { isStoredType, typeBits } from './storedType';
import { describe, isObject, parseJsonObject } from './strictJson';

/** Bytes of the header's own length. */
const PREFIX = 8;

export interface ShardTensors {
  readonly tensors: readonly StoredTensor[];
  /** Name → type of tensors in types that the lab does not decode. */
  readonly unsupported: ReadonlyMap<string, string>;
}

/**
 * Tensors of a safetensors file, from its header alone. Every defect is a FormatError that names file and tensor. What the reference reader
 * refuses is refused: above all bytes that belong to no tensor, the sign of a header from another file.
 */
export async function readSafetensors(file: SourceFile): Promise<ShardTensors> {
  await refuseDisguised(file, 'a safetensors file');
  const { header, dataBegin } = await readHeader(file);
  const names = Object.keys(header).filter((name) => name !== '__metadata__');
  if (names.length > MAX_TENSORS) {
    throw refusal(file, 'too-many-tensors', `${names.length} tensors; at most ${MAX_TENSORS} are read`);
  }
  const dataBytes = file.blob.size - dataBegin;
  const tensors: StoredTensor[] = [];
  const unsupported = new Map<string, string>();
  const ranges: Range[] = [];
  for (const name of names) {
    const { type, shape, begin, end } = checkEntry(file, name, header[name], dataBytes);
    ranges.push({ name, begin, end });
    const bytes = shape.reduce((product, size) => product * size, typeBits[type] as number) / 8;
    if (bytes !== end - begin) {
      throw refusal(
        file,
        'size-mismatch',
        `tensor ${quote(name)}: shape [${shape.join(', ')}] in ${type} takes ${bytes} bytes, but data_offsets span ${end - begin}`,
        name,
      );
    }
    if (isStoredType(type)) {
      const position = dataBegin + begin;
      const readBytes = (from: number, to: number) => readSlice(file, position + from, position + to);
      tensors.push(storedTensor({ name, type, shape, file: file.path }, readBytes));
    } else unsupported.set(name, type);
  }
  checkMetadata(file, header.__metadata__);
  refuseGaps(file, ranges, dataBytes);
  return { tensors, unsupported };
}

async function readHeader(file: SourceFile): Promise<{ header: Readonly<Record<string, unknown>>; dataBegin: number }> {
  const { size } = file.blob;
  if (size < PREFIX) {
    throw refusal(
      file,
      'truncated',
      `this is not a whole safetensors file: it has ${size} bytes, and one begins with 8 bytes of header length`,
    );
  }
  const prefix = await readSlice(file, 0, PREFIX);
  const length = new DataView(prefix.buffer).getBigUint64(0, true);
  // A length beyond both limit and file is no length: these are the first bytes of a text or of something else.
  if (length > BigInt(Math.max(MAX_HEADER_BYTES, size))) {
    throw refusal(
      file,
      'not-safetensors',
      'this is not a safetensors file: its first 8 bytes do not give the length of a header',
    );
  }
  if (length > BigInt(MAX_HEADER_BYTES)) {
    throw refusal(
      file,
      'header-too-large',
      `this is not a safetensors file, or a damaged one: its first 8 bytes claim a header of ${length} bytes, and at most ${MAX_HEADER_BYTES} are read`,
    );
  }
  const dataBegin = PREFIX + Number(length);
  if (dataBegin > size) {
    throw refusal(
      file,
      'truncated',
      `the header claims ${length} bytes, but only ${size - PREFIX} follow its length; the file is cut off`,
    );
  }
  const bytes = await readSlice(file, PREFIX, dataBegin);
  if (bytes[0] !== 0x7b) {
    throw refusal(file, 'not-safetensors', 'this is not a safetensors file: its header does not begin with "{"');
  }
  refuseCrowd(file, bytes);
  return { header: parseJsonObject(bytes, `${file.path} (header)`, 'names'), dataBegin };
}

/** Counted on the bytes, before they are parsed: millions of names take many seconds and a gigabyte. */
function refuseCrowd(file: SourceFile, bytes: Uint8Array): void {
  let quotes = 0;
  for (const byte of bytes) if (byte === 0x22) quotes++;
  if (quotes <= MAX_HEADER_QUOTES) return;
  throw refusal(
    file,
    'too-many-tensors',
    `its header holds ${quotes / 2} names and texts; at most ${MAX_HEADER_QUOTES / 2} are read, enough for ${MAX_TENSORS} tensors`,
  );
}

interface Range {
  readonly name: string;
  readonly begin: number;
  readonly end: number;
}

interface RawEntry {
  readonly type: string;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

function checkEntry(file: SourceFile, name: string, entry: unknown, dataBytes: number): RawEntry {
  const fail = (what: string) => refusal(file, 'bad-tensor', `tensor ${quote(name)}: ${what}`, name);
  if (!isObject(entry)) throw fail(`an object was expected, found ${describe(entry)}`);
  const { dtype, shape, data_offsets: offsets } = entry;
  if (typeof dtype !== 'string' || !Object.hasOwn(typeBits, dtype))
    throw fail(`dtype is ${describe(dtype)}, none of the format's names such as "F32"`);
  if (!Array.isArray(shape)) throw fail(`shape is ${describe(shape)}, not a list`);
  if (shape.length > MAX_DIMENSIONS) throw fail(`${shape.length} dimensions; at most ${MAX_DIMENSIONS} are read`);
  for (const size of shape as readonly unknown[]) {
    if (!isIndex(size) || size > MAX_DIMENSION) {
      throw fail(`dimension ${describe(size)} is not an integer from 0 to ${MAX_DIMENSION}`);
    }
  }
  if (!Array.isArray(offsets) || offsets.length !== 2)
    throw fail(`data_offsets is ${describe(offsets)}, not [begin, end]`);
  const [begin, end] = offsets as readonly unknown[];
  if (!isIndex(begin) || !isIndex(end) || begin > end) {
    throw fail(`data_offsets [${describe(begin)}, ${describe(end)}] are not integers with 0 ≤ begin ≤ end`);
  }
  if (end > dataBytes) {
    throw refusal(
      file,
      'truncated',
      `tensor ${quote(name)}: its data end at byte ${end}, but the file holds ${dataBytes} bytes of data; the file is cut off or the header is wrong`,
      name,
    );
  }
  return { type: dtype, shape: shape as readonly number[], begin, end };
}

function isIndex(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0 && !Object.is(value, -0);
}

/** `__metadata__` is text by name, where it is there. */
function checkMetadata(file: SourceFile, metadata: unknown): void {
  if (metadata === undefined) return;
  const wrong = isObject(metadata) ? Object.values(metadata).find((value) => typeof value !== 'string') : metadata;
  if (wrong === undefined) return;
  throw refusal(file, 'bad-metadata', `__metadata__ holds ${describe(wrong)}, not only texts`);
}

/** Tensors lie side by side, from the first byte of data to the last. */
function refuseGaps(file: SourceFile, ranges: readonly Range[], dataBytes: number): void {
  const sorted = [...ranges].sort((a, b) => a.begin - b.begin || a.end - b.end);
  let end = 0;
  let previous = '';
  for (const next of sorted) {
    if (next.begin < end) {
      throw refusal(
        file,
        'overlap',
        `tensors ${quote(previous)} and ${quote(next.name)} share bytes ${next.begin} to ${Math.min(end, next.end)}`,
        next.name,
      );
    }
    if (next.begin > end) {
      throw refusal(
        file,
        'gap',
        `bytes ${end} to ${next.begin} before tensor ${quote(next.name)} belong to no tensor, so the header is not of these data`,
        next.name,
      );
    }
    ({ end, name: previous } = next);
  }
  if (end < dataBytes) {
    throw refusal(
      file,
      'trailing-bytes',
      `${dataBytes - end} bytes after the last tensor belong to none, so the header is not of these data`,
    );
  }
}

function quote(name: string): string {
  return JSON.stringify(name.length > 200 ? `${name.slice(0, 200)}…` : name);
}

function refusal(file: SourceFile, code: string, what: string, tensor?: string): FormatError {
  return new FormatError(code, `${file.path}: ${what}. Download the file again, or write it anew.`, {
    file: file.path,
    ...(tensor === undefined ? {} : { tensor: tensor.slice(0, 200) }),
  });
}

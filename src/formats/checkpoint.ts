/**
 * A checkpoint as named tensors: what every reader gives and every consumer takes. Weights are read by slices, tensor by tensor;
 * nothing is held. No GPU, no network.
 */

/** A file by its path inside the dropped folder ("model.safetensors"). The Blob may be a File, an OPFS file or a download. */
export interface SourceFile {
  readonly path: string;
  readonly blob: Blob;
}

/** Stored element types that the lab decodes. */
export type StoredType = 'F64' | 'F32' | 'F16' | 'BF16';

export interface TensorEntry {
  readonly name: string;
  /** Of the values that `read` gives. */
  readonly type: StoredType;
  readonly shape: readonly number[];
  /** Of all its values in that type. */
  readonly bytes: number;
  /** File that holds it, for messages. */
  readonly file: string;
  /** The bytes of its values, or of rows [begin, end) of its first dimension: little-endian. A FetchError when the file vanished. */
  read(begin?: number, end?: number): Promise<Uint8Array<ArrayBuffer>>;
}

/** A tensor whose bytes can be had at any offset, not only by rows: a row of a hostile file may be the whole file. */
export interface StoredTensor extends TensorEntry {
  readBytes(begin: number, end: number): Promise<Uint8Array<ArrayBuffer>>;
}

/** Text ⇄ ids, as the checkpoint's own tokenizer.json says. */
export interface Tokenizer {
  /**
   * One more than the largest id. May be less than the rows of the embedding, or more by added tokens that the embedding lacks: a text that
   * uses one is refused when it is cut into windows.
   */
  readonly vocabularySize: number;
  /** Beginning-of-sequence id; null when the tokenizer has none. */
  readonly bos: number | null;
  /** Whether llama.cpp puts BOS before a text in this vocabulary; a BOS may be named and not added. */
  readonly addsBos: boolean;
  readonly eos: number | null;
  /** Ids of `text` with the tokenizer's own special tokens (BOS and the like) added, or not. */
  encode(text: string, specialTokens: 'add' | 'none'): Uint32Array;
  /** The same work in steps of some milliseconds each, between which it can be left. */
  encodeSteps(text: string, specialTokens: 'add' | 'none'): Generator<undefined, Uint32Array>;
  /** Text of `ids`, special tokens included. Ids without a token (padding rows of the embedding) give nothing. */
  decode(ids: ArrayLike<number>): string;
}

export interface Checkpoint {
  /** Folder name or file name. */
  readonly name: string;
  /** In the fields of a config.json, parsed and not yet judged. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  /** Tensors that are there in a type the lab does not decode: name → type ("I64"). `requireTensor` names it when one is needed. */
  readonly unsupported: ReadonlyMap<string, string>;
  /** What lies in the folder and is not used though it might be expected to, a sentence each. */
  readonly remarks?: readonly string[];
  /** Parsed on first use; a FormatError when there is none or it is broken. */
  tokenizer(): Promise<Tokenizer>;
  /** How the model wants its pictures, parsed and not yet judged, and the file's name; a FormatError when there is none. */
  preprocessor?(): Promise<{ readonly json: Readonly<Record<string, unknown>>; readonly file: string }>;
  /** First 16 hex digits of SHA-256 over config, tensor headers and sampled bytes of every tensor. */
  fingerprint(): Promise<string>;
}

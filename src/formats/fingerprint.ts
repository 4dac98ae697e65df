/**
 * Fingerprints: short names for "the same model" and "the same text". First 16 hex digits (64 bits) of SHA-256: enough to tell checkpoints
 * apart, no proof against forgery, because of every tensor only samples are read.
 */
import { sha256 } from '../util/hash';
import type { StoredTensor } from './checkpoint';

const DIGITS = 16;
/** Samples per tensor and their length: 4 × 64 bytes differ between any two fine-tunes and cost four short reads of a tensor. */
const SAMPLES = 4;
const SAMPLE_BYTES = 64;
/** Tensors whose samples are read at once. A browser takes about a millisecond to begin a read: one after another, a thousand take seconds. */
const TENSORS_AT_ONCE = 64;

/**
 * Fingerprint of a checkpoint: its config with sorted keys, then name, type, shape and samples of every tensor in the order of names. Does
 * not depend on how the tensors are spread over files. A FetchError when bytes cannot be had.
 */
export async function fingerprintCheckpoint(config: unknown, tensors: Iterable<StoredTensor>): Promise<string> {
  const sorted = [...tensors].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  const lines = [canonicalJson(config)];
  for (let i = 0; i < sorted.length; i += TENSORS_AT_ONCE) {
    const together = sorted.slice(i, i + TENSORS_AT_ONCE);
    const line = async (entry: StoredTensor) =>
      JSON.stringify([entry.name, entry.type, entry.shape, await sampleBytes(entry)]);
    lines.push(...(await Promise.all(together.map(line))));
  }
  return (await sha256(lines.join('\n'))).slice(0, DIGITS);
}

/** Fingerprint of a text, of its UTF-8 bytes. */
export async function fingerprintText(text: string): Promise<string> {
  return (await sha256(text)).slice(0, DIGITS);
}

/** Evenly spaced samples as hex, first and last bytes included. */
async function sampleBytes(entry: StoredTensor): Promise<string> {
  const read = async (_: unknown, sample: number): Promise<string> => {
    const begin = Math.floor((Math.max(0, entry.bytes - SAMPLE_BYTES) * sample) / (SAMPLES - 1));
    const bytes = await entry.readBytes(begin, Math.min(entry.bytes, begin + SAMPLE_BYTES));
    return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  };
  return (await Promise.all(Array.from({ length: SAMPLES }, read))).join(' ');
}

/** JSON with the keys of every object sorted, so that the order in a file does not matter. Depth was bounded when it was parsed. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
    return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item)}`).join(',')}}`;
  }
  return JSON.stringify(value) ?? 'null';
}

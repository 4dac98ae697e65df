/**
 * Mutated files: whatever comes in, the answer is a value or one of our errors, soon. Seeded, so that a failure can be repeated by its
 * number. Mutations work on bytes, on the text and on the JSON value: the last reach behind the parser.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openCheckpoint } from '../../src/formats/openCheckpoint';
import { openTokenizer } from '../../src/formats/tokenizer';
import { parseJsonObject } from '../../src/formats/strictJson';
import { isBitcurveError } from '../../src/util/errors';
import { createRng, type Rng } from '../../src/util/rng';
import { fileOf, rawSafetensors, tinyConfig } from './files';

const golden = join(import.meta.dirname, '../golden');
/** One mutant takes below a millisecond of processor time; a second of it is a hang on any machine, busy or not. */
const PATIENCE_MS = 5_000;

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

const hostile: readonly Json[] = [
  null,
  true,
  false,
  0,
  -1,
  1,
  1.5,
  -0,
  2 ** 31,
  2 ** 32,
  2 ** 53,
  1e300,
  '',
  'a',
  '__proto__',
  'constructor',
  '(a+)+$',
  '\\',
  '\u0000',
  '\ud800',
  'F32',
  'F64',
  'BPE',
  'Sequence',
  'x'.repeat(5000),
  [],
  {},
  [[]],
  [0, 4],
  [4, 0],
  ['a', 'b'],
  { Regex: '[' },
  { String: '' },
  { Regex: '(.*)*x' },
  { type: 'Sequence' },
  { type: 'ByteLevel' },
  { type: 'FixedLength', length: 0 },
  Array<Json>(100).fill(0),
];

const pick = <T>(rng: Rng, list: readonly T[]): T => list[rng.integer(list.length)] as T;

/** Every place in the value that can be replaced: its holder and key. */
function places(value: Json, found: [Json[] | Record<string, Json>, string][] = []): typeof found {
  if (typeof value !== 'object' || value === null) return found;
  // Of long lists the beginning stands for the rest: a vocabulary has hundreds of entries of one kind.
  for (const [key, item] of Object.entries(value).slice(0, 12)) {
    found.push([value, key]);
    places(item, found);
  }
  return found;
}

function mutateValue(rng: Rng, source: string): string {
  const value = JSON.parse(source) as Json;
  for (let times = 1 + rng.integer(3); times > 0; times--) {
    const all = places(value);
    if (all.length === 0) break;
    const [holder, key] = pick(rng, all);
    const [from, other] = pick(rng, all);
    const slots = holder as Record<string, Json>;
    switch (rng.integer(5)) {
      case 0:
        if (Array.isArray(holder)) holder.splice(Number(key), 1);
        else Reflect.deleteProperty(slots, key);
        break;
      case 1:
        // A copy: the value must not become a cycle.
        slots[key] = structuredClone((from as Record<string, Json>)[other] ?? null);
        break;
      case 2:
        if (Array.isArray(holder)) holder.push(structuredClone(slots[key] ?? null));
        else
          Object.defineProperty(slots, pick(rng, ['__proto__', 'type', 'x', '']), {
            value: slots[key],
            enumerable: true,
            configurable: true,
            writable: true,
          });
        break;
      case 3:
        slots[key] =
          typeof slots[key] === 'number' ? slots[key] + rng.integer(9) - 4 : structuredClone(pick(rng, hostile));
        break;
      default:
        slots[key] = structuredClone(pick(rng, hostile));
    }
  }
  return JSON.stringify(value);
}

function mutateText(rng: Rng, source: string): string {
  const at = rng.integer(source.length);
  const length = rng.integer(12);
  switch (rng.integer(4)) {
    case 0:
      return source.slice(0, at);
    case 1:
      return source.slice(0, at) + source.slice(at + length);
    case 2:
      return (
        source.slice(0, at) +
        pick(rng, ['"', '{', '}', '[', ']', ',', ':', '\\', '9', 'e', '-', '[[[[', '\u0000']) +
        source.slice(at)
      );
    default:
      return source.slice(0, at) + source.slice(at, at + length).repeat(2) + source.slice(at + length);
  }
}

/** Ends with a value or with one of ours, in time. Counts which. */
async function survive(seed: string, run: () => unknown, outcomes: Map<string, number>): Promise<void> {
  const start = process.cpuUsage();
  const error = await Promise.resolve()
    .then(run)
    .then(
      () => null,
      (thrown: unknown) => thrown,
    );
  const { user, system } = process.cpuUsage(start);
  const milliseconds = (user + system) / 1000;
  if (error !== null && !isBitcurveError(error)) {
    throw new Error(`${seed}: ${error instanceof Error ? error.stack : typeof error}`, { cause: error });
  }
  expect(error?.message.length ?? 0, `${seed}: length of the message`).toBeLessThan(1000);
  expect(milliseconds, `${seed}: milliseconds of processor time`).toBeLessThan(PATIENCE_MS);
  const outcome = error === null ? 'accepted' : `${error.name} ${error.code}`;
  outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
}

/** Registers a test of the mutants from number `first` up to `end`. */
export const testHeaders = (first: number, end: number) =>
  it(`survives mutated safetensors headers ${first} to ${end - 1}`, async () => {
    const files = ['types.safetensors', 'sharded/model-00001-of-00005.safetensors'].map((name) => {
      const bytes = new Uint8Array(readFileSync(join(golden, 'safetensors', name)));
      const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
      return {
        bytes,
        header: new TextDecoder().decode(bytes.subarray(8, 8 + length)),
        dataBytes: bytes.length - 8 - length,
      };
    });
    const outcomes = new Map<string, number>();
    for (let i = first; i < end; i++) {
      const rng = createRng(i);
      const { bytes, header, dataBytes } = pick(rng, files);
      let mutant: Uint8Array<ArrayBuffer>;
      switch (rng.integer(4)) {
        case 0:
          mutant = bytes.slice(0, rng.integer(10) ? bytes.length : rng.integer(bytes.length));
          for (let times = 1 + rng.integer(4); times > 0; times--) {
            // Most of the first 200 bytes: the length, and the first entries.
            mutant[rng.integer(rng.integer(2) ? 200 : mutant.length)] = rng.integer(256);
          }
          break;
        case 1:
          mutant = rawSafetensors(mutateText(rng, header), dataBytes);
          break;
        case 2:
          mutant = rawSafetensors(
            mutateValue(rng, header),
            dataBytes,
            rng.integer(20) ? undefined : BigInt(rng.integer(4000)),
          );
          break;
        default:
          mutant = rawSafetensors(mutateValue(rng, header), dataBytes + rng.integer(3) - 1);
      }
      const checkpoint = [fileOf('config.json', tinyConfig), fileOf('model.safetensors', mutant)];
      const run = async () => {
        const { tensors } = await openCheckpoint(checkpoint);
        // What is accepted can be read.
        for (const entry of tensors.values()) expect((await entry.read()).length).toBe(entry.bytes);
      };
      await survive(`header ${i}`, run, outcomes);
    }
    // The mutations reach the checks behind the parser, not only the parser.
    expect([...outcomes.keys()]).toEqual(
      expect.arrayContaining([
        'accepted',
        'FormatError not-json',
        'FormatError bad-tensor',
        'FormatError size-mismatch',
        'FormatError overlap',
        'FormatError truncated',
      ]),
    );
  });

export const testTokenizers = (first: number, end: number) =>
  it(`survives mutated tokenizers ${first} to ${end - 1}`, async () => {
    const sources = ['llama2', 'llama3', 'gpt2', 'qwen2', 'smollm', 'metaspace-split'].map((style) => {
      const { tokenizer } = JSON.parse(readFileSync(join(golden, 'tokenizers', `${style}.json`), 'utf8')) as {
        tokenizer: { model: { vocab: Record<string, number>; merges: [string, string][] } };
      };
      // Fewer merges keep a mutant at a millisecond; the vocabulary keeps what they need.
      tokenizer.model.merges = tokenizer.model.merges.slice(0, 40);
      return JSON.stringify(tokenizer);
    });
    const encoder = new TextEncoder();
    const text = `The miller's daughter <s> 12 345  \n\n ▁é🔥 水车 ${'a'.repeat(200)}${' '.repeat(200)}`;
    const outcomes = new Map<string, number>();
    for (let i = first; i < end; i++) {
      const rng = createRng(1_000_000 + i);
      const source = pick(rng, sources);
      const mutant = rng.integer(4) ? mutateValue(rng, source) : mutateText(rng, source);
      const run = () => {
        const json = parseJsonObject(encoder.encode(mutant), 'tokenizer.json', 'any');
        const tokenizer = openTokenizer(
          json,
          { bos_token: pick(rng, ['<s>', null, '<|begin|>']) },
          { vocab_size: 700 },
        );
        const ids = tokenizer.encode(text, 'add');
        expect(Math.max(...ids)).toBeLessThan(tokenizer.vocabularySize);
        expect(typeof tokenizer.decode(ids)).toBe('string');
      };
      await survive(`tokenizer ${i}`, run, outcomes);
    }
    expect([...outcomes.keys()]).toEqual(
      expect.arrayContaining([
        'accepted',
        'FormatError not-json',
        'FormatError bad-tokenizer',
        'FormatError unsupported-tokenizer',
      ]),
    );
    // Most mutants of a vocabulary entry are legal; refusing everything would survive, too.
    expect(outcomes.get('accepted')).toBeGreaterThan((end - first) / 20);
  });

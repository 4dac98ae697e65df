/**
 * Mutated files: whatever comes in, the answer is a value or one of our errors, soon. Seeded, so that a failure can be repeated by its
 * number. Mutations work on bytes, on the text and on the JSON value: the last reach behind the parser.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openCheckpoint } from '../../src/formats/openCheckpoint';
import { drain } from '../../src/formats/encoding/drain';
import { split } from '../../src/formats/encoding/preTokenize';
import { readPattern } from '../../src/formats/pattern/readPattern';
import { readText } from '../../src/formats/text';
import { openTokenizer } from '../../src/formats/tokenizer';
import { parseJsonObject } from '../../src/formats/strictJson';
import { isBitcurveError } from '../../src/util/errors';
import { createRng, type Rng } from '../../src/util/rng';
import { mutateText, mutateValue, pick, type Json } from '../fuzz/mutate';
import { fileOf, rawSafetensors, tinyConfig } from './files';

const golden = join(import.meta.dirname, '../golden');
/** One mutant takes below a millisecond of processor time; a second of it is a hang on any machine, busy or not. */
const PATIENCE_MS = 5_000;

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

/** A header with an entry more, of the same bytes as another. */
function withTwin(rng: Rng, header: string): string {
  const entries = JSON.parse(header) as Record<string, Json>;
  return JSON.stringify({ ...entries, twin: entries[pick(rng, Object.keys(entries))] ?? null });
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
          mutant = rawSafetensors(
            rng.integer(4) ? mutateValue(rng, header) : withTwin(rng, header),
            dataBytes + rng.integer(3) - 1,
          );
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
        'FormatError gap',
        'FormatError trailing-bytes',
        'FormatError bad-metadata',
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

export const testPatterns = (first: number, end: number) =>
  it(`survives mutated patterns ${first} to ${end - 1}`, async () => {
    const { splits } = JSON.parse(readFileSync(join(golden, 'tokenizer_cases.json'), 'utf8')) as {
      splits: readonly { pattern: string }[];
    };
    const sources = splits.map(({ pattern }) => pattern);
    const parts = [
      '(',
      ')',
      '(?:',
      '(?i:',
      '(?!',
      '(?=',
      '[',
      ']',
      '[^',
      '|',
      '*',
      '+',
      '?',
      '{1,3}',
      '{64}',
      '\\p{L}',
      '$',
      '&&',
      '-',
      '\\',
      'a',
      ' ',
    ];
    const text = `The miller's daughter 12 345  \n\n é🔥 水车 ${'a'.repeat(300)}${' '.repeat(300)}!`;
    const outcomes = new Map<string, number>();
    for (let i = first; i < end; i++) {
      const rng = createRng(2_000_000 + i);
      let pattern = pick(rng, sources);
      for (let times = 1 + rng.integer(4); times > 0; times--) {
        const at = rng.integer(pattern.length + 1);
        pattern = rng.integer(4)
          ? pattern.slice(0, at) + pick(rng, parts) + pattern.slice(at)
          : pattern.slice(0, at) + pattern.slice(at + rng.integer(9));
      }
      const run = () => {
        const pieces = drain(split(readPattern({ Regex: pattern }, 'pattern'), 'Isolated', false)(text, true));
        // Nothing is lost, and nothing comes twice.
        expect(pieces.join(''), pattern).toBe(text);
      };
      await survive(`pattern ${i}`, run, outcomes);
    }
    expect(outcomes.get('accepted')).toBeGreaterThan((end - first) / 4);
    expect(outcomes.get('FormatError unsupported-tokenizer')).toBeGreaterThan((end - first) / 20);
  });

export const testTexts = (first: number, end: number) =>
  it(`survives mutated texts ${first} to ${end - 1}`, async () => {
    const prose = 'A sentence that is long enough to be a text, twice over. Ünïcode 🔥 as well.';
    const sources = [
      prose,
      `{"text":"${prose}"}\n{"text":"b","url":"u"}\n`,
      `[{"text":"${prose}"},{"content":"b"}]`,
      `{"text":"${prose}\\ud83d\\udd25 \\ud800"}`,
    ];
    const outcomes = new Map<string, number>();
    const encoder = new TextEncoder();
    for (let i = first; i < end; i++) {
      const rng = createRng(3_000_000 + i);
      let bytes = encoder.encode(mutateText(rng, pick(rng, sources)));
      if (rng.integer(3) === 0 && bytes.length > 0) {
        bytes = bytes.slice(0, rng.integer(8) ? bytes.length : rng.integer(bytes.length));
        if (bytes.length > 0) bytes[rng.integer(bytes.length)] = rng.integer(256);
      }
      const file = fileOf(pick(rng, ['x.txt', 'x.jsonl', 'x.json', 'x.ndjson', 'x']), bytes);
      const run = async () => {
        const { text } = await readText(file);
        // What is accepted is text in every encoding.
        expect(new TextDecoder().decode(encoder.encode(text))).toBe(text);
      };
      await survive(`text ${i}`, run, outcomes);
    }
    expect([...outcomes.keys()]).toEqual(
      expect.arrayContaining([
        'accepted',
        'FormatError bad-line',
        'FormatError bad-item',
        'FormatError records',
        'FormatError not-utf8',
        'FormatError tiny-text',
      ]),
    );
  });

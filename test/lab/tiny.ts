/**
 * Tiny random checkpoints (test/golden/models) with a tokenizer whose text is its ids: character U+0100 + i is id i. And what runs on
 * them have in common.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Checkpoint, Tokenizer } from '../../src/formats/checkpoint';
import type { LabelledText } from '../../src/formats/text';
import type { Gpu } from '../../src/gpu/gpu';
import type { PlannedPoint, PointResult, RunEvent, RunSettings } from '../../src/log/events';
import { memoryStore } from '../../src/lab/siteStore';
import type { RunInput } from '../../src/lab/opening';
import { run } from '../../src/lab/run';
import { findMethod } from '../../src/quant/recipe/recipes';
import { createRng } from '../../src/util/rng';
import { goldenModel, openFolder } from '../model/folder';
import type { Recipe } from '../../src/quant/recipe/recipe';
import { present } from '../../src/util/assert';

const firstCharacter = 0x100;

export function idTokenizer(bos: number | null): Tokenizer {
  const encode = (text: string) =>
    Uint32Array.from(text, (letter) => (letter.codePointAt(0) as number) - firstCharacter);
  return {
    vocabularySize: 64,
    bos,
    addsBos: bos !== null,
    eos: 2,
    encode,
    *encodeSteps(text) {
      yield;
      return encode(text);
    },
    decode: (ids) => Array.from(ids, (id) => String.fromCodePoint(firstCharacter + id)).join(''),
  };
}

export const textOfIds = (ids: readonly number[], label = 'ids.txt'): LabelledText => ({
  label,
  text: ids.map((id) => String.fromCodePoint(firstCharacter + id)).join(''),
});

export async function tinyCheckpoint(name = 'llama', bos: number | null = 1): Promise<Checkpoint> {
  const checkpoint = await openFolder(goldenModel(name));
  return { ...checkpoint, tokenizer: () => Promise.resolve(idTokenizer(bos)) };
}

export interface LabGoldens {
  readonly context: number;
  readonly ids: readonly number[];
  readonly rows: readonly {
    readonly model: string;
    readonly protocol: 'gptq' | 'llama.cpp';
    readonly bits: number | null;
    readonly group: number | null;
    readonly symmetric: boolean;
    readonly windows: number;
    readonly tokens: number;
    readonly loss: number;
    readonly windowDeviation: number;
    readonly kld: number;
    readonly kld99: number;
    readonly top1: number;
  }[];
}

export const labGoldens = JSON.parse(
  readFileSync(join(import.meta.dirname, '../golden/lab/goldens.json'), 'utf8'),
) as LabGoldens;

export function point(method: string, bits: number, group: number | null = 8): PlannedPoint {
  const recipe = findMethod(method)?.recipe(bits, group) ?? null;
  return { id: `${method}-${bits}`, method, assignment: recipe && { all: recipe }, bits, group };
}

/** What solves the blocks of a point. */
export const recipeFor = ({ id, assignment }: PlannedPoint): Recipe => present(assignment, id).all;

export const tinySettings = (points: readonly PlannedPoint[], more: Partial<RunSettings> = {}): RunSettings => ({
  points,
  protocol: 'gptq',
  context: 24,
  maxTokens: null,
  calibrationTokens: 240,
  mode: 'shared',
  seed: 1,
  ...more,
});

const rng = createRng(77);
/** 300 random ids. */
export const calibrationText = textOfIds(
  Array.from({ length: 300 }, () => 2 + rng.integer(62)),
  'calibration.txt',
);

/** A request on a tiny checkpoint, with everything that a test does not say. */
export async function tinyInput(gpu: Gpu, settings: RunSettings, more: Partial<RunInput> = {}): Promise<RunInput> {
  return {
    gpu,
    checkpoint: await tinyCheckpoint(),
    calibration: calibrationText,
    evaluation: textOfIds(labGoldens.ids),
    settings,
    keep: memoryStore(),
    signal: new AbortController().signal,
    appVersion: 'test',
    now: () => new Date(0),
    ...more,
  };
}

export async function collect(input: RunInput, onEvent?: (event: RunEvent) => void): Promise<RunEvent[]> {
  const events: RunEvent[] = [];
  for await (const event of run(input)) {
    events.push(event);
    onEvent?.(event);
  }
  return events;
}

/** The points of a run that must have finished. */
export function finished(events: readonly RunEvent[]): readonly PointResult[] {
  const last = events.at(-1);
  if (last?.type === 'run-finished') return last.points;
  throw new Error(`the run ended with ${JSON.stringify(last)}`);
}

/** A log without the fields that time decides. */
export const timeless = (events: readonly RunEvent[]): unknown =>
  JSON.parse(JSON.stringify(events, (key, value: unknown) => (/^(seconds|at$)/.test(key) ? 0 : value)));

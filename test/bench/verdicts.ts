/**
 * `npm run bench -- --verdicts FILE`: how much a result owes to the calibration text. RTN, GPTQ and AWQ at 3 and 4 bits, calibrated on
 * 64 to 4 096 tokens from twenty places of the text, and once on 16 384: window by window into FILE (a line a point). With the file
 * complete it prints how often the sentence names another winner than the long calibration does (test/bench/verdictCounts.ts). What
 * FILE holds already is not measured again. stories260K is left out where ../shared does not lie beside.
 */
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import type { Gpu } from '../../src/gpu/gpu';
import type { PlannedPoint, PointResult } from '../../src/log/events';
import { memoryStore } from '../../src/lab/siteStore';
import { run } from '../../src/lab/run';
import { groupSize } from '../../src/quant/recipe/parseRecipe';
import { findMethod } from '../../src/quant/recipe/recipes';
import { present } from '../../src/util/assert';
import { createRng } from '../../src/util/rng';
import { engineVersion } from '../../src/util/version';
import { isHere, openSubject, subjects } from './subjects';
import { countVerdicts, describeCount } from './verdictCounts';

export interface VerdictCase {
  /** Build of the engine: a number is believed only with the code that gave it. */
  readonly engine: string;
  readonly subject: string;
  /** Place in the calibration text; null: the long calibration that the others are held against, −1: the same on the shorter text. */
  readonly seed: number | null;
  readonly tokens: number;
  readonly result: PointResult;
  readonly losses: readonly number[];
  /** Widest input of any calibrated site. */
  readonly inputs: number;
}

const budgets = [64, 256, 1024, 4096] as const;
const seeds = 20;
const long = 16_384;
const plain = ['rtn'];
const calibrated = ['gptq', 'awq'];
const widths = [3, 4];
const context = 64;
const scored = 2048;
/** The long calibration is measured on more text: what holds there is what the sentences should say. */
const scoredLong = 8192;

/** What this build of the engine measured. */
function readCases(file: string): VerdictCase[] {
  const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : [];
  return lines.map((line) => JSON.parse(line) as VerdictCase).filter(({ engine }) => engine === engineVersion);
}

const pointsOf = (methods: readonly string[]): PlannedPoint[] =>
  methods.flatMap((name) =>
    widths.map((bits) => {
      const recipe = present(findMethod(name), name).recipe(bits, null);
      return { id: `${name}-${bits}`, method: name, assignment: { all: recipe }, bits, group: groupSize(recipe) };
    }),
  );

/** What is to be measured: the long calibration on both lengths of text, then every place and length for what reads inputs. */
const plan = [
  { seed: null, tokens: long, methods: [...plain, ...calibrated], maxTokens: scoredLong },
  { seed: -1, tokens: long, methods: [...plain, ...calibrated], maxTokens: scored },
  ...Array.from({ length: seeds }, (_, seed) =>
    budgets.map((tokens) => ({ seed, tokens, methods: calibrated, maxTokens: scored })),
  ).flat(),
];

export async function benchVerdicts(gpu: Gpu, file: string, print: (line: string) => void): Promise<void> {
  const found = readCases(file);
  for (const subject of subjects.filter(isHere)) {
    const { calibration, ...opened } = await openSubject(subject);
    for (const { seed, tokens, methods, maxTokens } of plan) {
      if (found.some((c) => c.subject === subject.name && c.seed === seed && c.tokens === tokens)) continue;
      const at = seed === null || seed < 0 ? 0 : Math.floor(createRng(seed).uniform() * calibration.text.length);
      const events = run({
        gpu,
        ...opened,
        calibration: { ...calibration, text: calibration.text.slice(at) + calibration.text.slice(0, at) },
        settings: {
          ...{ points: pointsOf(methods), protocol: 'gptq', context, maxTokens },
          ...{ calibrationTokens: tokens, mode: 'shared', seed: 0 },
        },
        keep: memoryStore(),
        signal: new AbortController().signal,
        appVersion: engineVersion,
      });
      const cases: VerdictCase[] = [];
      let inputs = 0;
      for await (const event of events) {
        if (event.type === 'run-started') inputs = event.model.widestInputs ?? 0;
        if (event.type === 'run-failed') throw new Error(event.error.message);
        if (event.type !== 'point-finished') continue;
        const { result, losses = [] } = event;
        cases.push({ engine: engineVersion, subject: subject.name, seed, tokens, result, losses, inputs });
      }
      appendFileSync(file, cases.map((measured) => `${JSON.stringify(measured)}\n`).join(''));
      print(`${subject.name}, ${tokens} tokens, ${seed === null || seed < 0 ? 'the whole text' : `place ${seed}`}`);
    }
  }
  for (const count of countVerdicts(readCases(file))) print(describeCount(count));
}

/**
 * `npm run bench -- --verdicts FILE`: how much a result owes to the calibration text. RTN, GPTQ and AWQ at 3 and 4 bits, calibrated on
 * 64 to 4 096 tokens from twenty places of the text, and once on 16 384: window by window into FILE (a line a point). With the file
 * complete it prints how often the sentence names another winner than the long calibration does (test/bench/verdictCounts.ts). What
 * FILE holds already is not measured again. stories260K is left out where ../shared does not lie beside.
 */
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { openModelPath, readTextPath } from '../../src/cli/files';
import type { Gpu } from '../../src/gpu/gpu';
import type { PlannedPoint, PointResult } from '../../src/lab/events';
import { memoryStore } from '../../src/lab/layerStore';
import { run } from '../../src/lab/run';
import { groupSize } from '../../src/quant/parseRecipe';
import { findMethod } from '../../src/quant/recipes';
import { present } from '../../src/util/assert';
import { createRng } from '../../src/util/rng';
import { countVerdicts, describeCount } from './verdictCounts';

export interface VerdictCase {
  readonly subject: string;
  /** Null: the long calibration that the others are held against. */
  readonly seed: number | null;
  readonly tokens: number;
  readonly result: PointResult;
  readonly losses: readonly number[];
  /** Widest input of any calibrated site. */
  readonly inputs: number;
}

interface Subject {
  readonly name: string;
  readonly model: string;
  readonly calibration: string;
  readonly evaluation: string;
}

const shared = '../shared/data';
const subjects: readonly Subject[] = [
  {
    name: 'demo',
    model: 'public/demo/level-100',
    calibration: 'public/corpora/calibration-stories.txt',
    evaluation: 'public/corpora/evaluation-stories.txt',
  },
  {
    name: 'stories260K',
    model: `${shared}/models/stories260K-f32`,
    calibration: `${shared}/text/tinystories-head.txt`,
    evaluation: `${shared}/text/tinystories-head.txt`,
  },
];
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

function readCases(file: string): VerdictCase[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean);
  return lines.map((line) => JSON.parse(line) as VerdictCase);
}

const pointsOf = (methods: readonly string[]): PlannedPoint[] =>
  methods.flatMap((name) =>
    widths.map((bits) => {
      const recipe = present(findMethod(name), name).recipe(bits, null);
      return { id: `${name}-${bits}`, method: name, recipe, bits, group: groupSize(recipe) };
    }),
  );

export async function benchVerdicts(gpu: Gpu, file: string, print: (line: string) => void): Promise<void> {
  const found = readCases(file);
  const has = (subject: string, seed: number | null, tokens: number) =>
    found.some((c) => c.subject === subject && c.seed === seed && c.tokens === tokens);
  for (const subject of subjects) {
    if (!existsSync(subject.model)) continue;
    const checkpoint = await openModelPath(subject.model);
    const own = await readTextPath(subject.evaluation);
    const half = Math.floor(own.text.length / 2);
    const apart = subject.calibration !== subject.evaluation;
    const evaluation = apart ? own : { ...own, text: own.text.slice(half) };
    const source = apart ? await readTextPath(subject.calibration) : { ...own, text: own.text.slice(0, half) };
    const measure = async (seed: number | null, tokens: number, points: readonly PlannedPoint[], maxTokens: number) => {
      if (has(subject.name, seed, tokens)) return;
      const at = seed === null ? 0 : Math.floor(createRng(seed).uniform() * source.text.length);
      const events = run({
        gpu,
        checkpoint,
        calibration: { ...source, text: source.text.slice(at) + source.text.slice(0, at) },
        evaluation,
        settings: { points, protocol: 'gptq', context, maxTokens, calibrationTokens: tokens, mode: 'shared', seed: 0 },
        keep: memoryStore(),
        signal: new AbortController().signal,
        appVersion: 'bench',
      });
      const lines: string[] = [];
      let inputs = 0;
      for await (const event of events) {
        if (event.type === 'layer-quantized') inputs = Math.max(inputs, event.cols);
        if (event.type === 'point-finished') {
          const { result, losses = [] } = event;
          lines.push(
            JSON.stringify({ subject: subject.name, seed, tokens, result, losses, inputs } satisfies VerdictCase),
          );
        }
        if (event.type === 'run-failed') throw new Error(event.error.message);
      }
      appendFileSync(file, lines.map((line) => `${line}\n`).join(''));
      print(`${subject.name}, ${tokens} tokens, seed ${seed}`);
    };
    await measure(null, long, pointsOf([...plain, ...calibrated]), scoredLong);
    // What reads no inputs is measured once on the shorter text.
    await measure(-1, long, pointsOf([...plain, ...calibrated]), scored);
    for (let seed = 0; seed < seeds; seed++) {
      for (const tokens of budgets) await measure(seed, tokens, pointsOf(calibrated), scored);
    }
  }
  for (const count of countVerdicts(readCases(file))) print(describeCount(count));
}

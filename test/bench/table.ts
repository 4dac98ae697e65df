/**
 * `npm run table`: every method at 4, 3 and 2 bits, on whole rows and on groups of 32 and 64, on the bundled demo and, where ../shared
 * lies beside, on stories260K; perplexity and KL divergence with their 95 % intervals. Writes the tables into README.md, between the
 * marks. What a method does not have is a dash; what loses is there too. `--only demo` leaves the other model out.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { openModelPath, readTextPath } from '../../src/cli/files';
import { holdForever, openDawn } from '../../src/gpu/dawn';
import { Gpu } from '../../src/gpu/gpu';
import type { PlannedPoint, PointResult, RunSettings } from '../../src/lab/events';
import { memoryStore } from '../../src/lab/layerStore';
import { run } from '../../src/lab/run';
import { recipes } from '../../src/quant/recipes';
import type { MethodMeta } from '../../src/quant/recipe';

interface Subject {
  readonly name: string;
  readonly model: string;
  readonly calibration: string;
  readonly evaluation: string;
  readonly context: number;
  readonly maxTokens: number;
}

const shared = '../shared/data';
const subjects: readonly Subject[] = [
  {
    name: 'demo',
    model: 'public/demo/level-100',
    calibration: 'public/corpora/calibration-stories.txt',
    evaluation: 'public/corpora/evaluation-stories.txt',
    context: 256,
    maxTokens: 8192,
  },
  {
    name: 'stories260K',
    model: `${shared}/models/stories260K-f32`,
    calibration: `${shared}/text/tinystories-head.txt`,
    evaluation: `${shared}/text/tinystories-head.txt`,
    context: 256,
    maxTokens: 8192,
  },
];
const widths = [4, 3, 2] as const;
const groupings = [null, 32, 64] as const;
const calibrationTokens = 16_384;
const [begin, end] = ['<!-- table: npm run table -->', '<!-- end of table -->'];

const idOf = ({ name }: MethodMeta, bits: number, group: number | null) => `${name} ${bits} ${group ?? 'row'}`;

/** The points that a method has, in one mode of calibration: cross moments ask for the sequential one. */
function pointsOf(mode: RunSettings['mode']): PlannedPoint[] {
  return recipes
    .filter(({ cross }) => cross === (mode === 'sequential'))
    .flatMap((method) =>
      widths
        .filter((bits) => method.widths?.includes(bits) ?? true)
        .flatMap((bits) =>
          groupings
            .filter((group) => (method.groups === 'own' ? group === null : method.groups === 'any' || group !== null))
            .map((group) => ({
              id: idOf(method, bits, group),
              method: method.name,
              recipe: method.recipe(bits, group),
              bits,
              group,
            })),
        ),
    );
}

async function measure(gpu: Gpu, subject: Subject, print: (line: string) => void): Promise<Map<string, PointResult>> {
  const checkpoint = await openModelPath(subject.model);
  const evaluation = await readTextPath(subject.evaluation);
  const calibration = await readTextPath(subject.calibration);
  // One file for both: the first half calibrates, the second is measured.
  const half = Math.floor(evaluation.text.length / 2);
  const apart = subject.calibration !== subject.evaluation;
  const results = new Map<string, PointResult>();
  for (const mode of ['shared', 'sequential'] as const) {
    const settings: RunSettings = {
      points: pointsOf(mode),
      protocol: 'gptq',
      context: subject.context,
      maxTokens: subject.maxTokens,
      calibrationTokens,
      mode,
      seed: 0,
    };
    if (!settings.points.length) continue;
    const events = run({
      gpu,
      checkpoint,
      calibration: apart ? calibration : { ...calibration, text: evaluation.text.slice(0, half) },
      evaluation: apart ? evaluation : { ...evaluation, text: evaluation.text.slice(half) },
      settings,
      keep: memoryStore(),
      signal: new AbortController().signal,
      appVersion: 'table',
    });
    for await (const event of events) {
      if (event.type === 'point-finished') {
        results.set(event.result.id, event.result);
        print(`${subject.name} ${event.result.id}: ${event.result.perplexity.toFixed(3)}`);
      }
      if (event.type === 'run-failed') throw new Error(event.error.message);
    }
  }
  return results;
}

const digits = (value: number) => (value < 10 ? value.toFixed(3) : value < 1000 ? value.toFixed(1) : value.toFixed(0));

function cell(result: PointResult | undefined): string[] {
  if (!result) return ['–', '–', '–'];
  const { bitsPerWeight, perplexity, perplexityLow, perplexityHigh, kld, kldLow, kldHigh } = result;
  const spread = (low: number | null, high: number | null) => ((high ?? 0) - (low ?? 0)) / 2;
  return [
    bitsPerWeight.toFixed(2),
    `${digits(perplexity)} ± ${digits(spread(perplexityLow, perplexityHigh))}`,
    kld === null ? '–' : `${kld.toFixed(4)} ± ${spread(kldLow, kldHigh).toFixed(4)}`,
  ];
}

function toMarkdown(subject: Subject, results: ReadonlyMap<string, PointResult>): string[] {
  const full = results.get('full-precision');
  const lines: string[] = [];
  for (const bits of widths) {
    lines.push(`<details><summary>${subject.name}, ${bits} bits (full precision ${cell(full)[1]})</summary>`, '');
    const heads = groupings.map((group) => (group === null ? 'row' : `g${group}`));
    lines.push(`| | ${heads.map((h) => `${h}: bits/weight | ppl | KLD`).join(' | ')} |`);
    lines.push(`| --- |${' ---: |'.repeat(3 * heads.length)}`);
    for (const method of recipes) {
      if (method.widths && !method.widths.includes(bits)) continue;
      const cells = groupings.flatMap((group) => cell(results.get(idOf(method, bits, group))));
      lines.push(`| ${method.label} | ${cells.join(' | ')} |`);
    }
    lines.push('', '</details>', '');
  }
  return lines;
}

export async function main(args: readonly string[]): Promise<number> {
  const only = args[args.indexOf('--only') + 1];
  const gpu = await Gpu.create(openDawn());
  holdForever(gpu);
  const sections: string[] = [];
  for (const subject of subjects) {
    if (args.includes('--only') && subject.name !== only) continue;
    if (!existsSync(subject.model)) {
      process.stdout.write(`${basename(subject.model)} is not here: left out\n`);
      continue;
    }
    const results = await measure(gpu, subject, (line) => void process.stdout.write(`${line}\n`));
    sections.push(...toMarkdown(subject, results));
    if (args.includes('--json')) writeFileSync(`table-${subject.name}.json`, JSON.stringify([...results.values()]));
  }
  const readme = readFileSync('README.md', 'utf8');
  const [head, rest] = [readme.split(begin)[0], readme.split(end)[1]];
  if (head === undefined || rest === undefined) throw new Error(`README.md has no marks "${begin}" and "${end}"`);
  writeFileSync('README.md', `${head}${begin}\n\n${sections.join('\n')}\n${end}${rest}`);
  return 0;
}

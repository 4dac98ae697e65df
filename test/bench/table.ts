/**
 * `npm run table`: every method at 4, 3 and 2 bits, on whole rows and on groups of 32 and 64, on the bundled demo and, where ../shared
 * lies beside, on stories260K; perplexity and KL divergence with their 95 % intervals. Writes the tables into README.md, between the
 * marks. What a method does not have is a dash; what loses is there too. `--results FILE` keeps every finished point, and goes on from
 * there when it is run again (points of another build of the engine are measured again); `--only demo` measures one model alone, the
 * other's points come from the file.
 */
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { openModelPath, readTextPath } from '../../src/cli/files';
import { holdForever, openDawn } from '../../src/gpu/dawn';
import { Gpu } from '../../src/gpu/gpu';
import type { PlannedPoint, PointResult, RunSettings } from '../../src/lab/events';
import { memoryStore } from '../../src/lab/layerStore';
import { run } from '../../src/lab/run';
import { compare } from '../../src/lab/statistics';
import { recipes } from '../../src/quant/recipes';
import type { MethodMeta } from '../../src/quant/recipe';
import { engineVersion } from '../../src/util/version';

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

/** One measured point: its result and the mean loss of every window. */
interface Measured {
  readonly result: PointResult;
  readonly losses: readonly number[];
}
/** By subject and id. */
type Results = Map<string, Measured>;
const keyOf = (subject: Subject, id: string) => `${subject.name}: ${id}`;

/** Measures what `results` does not hold yet. */
async function measure(gpu: Gpu, subject: Subject, results: Results, finished: (key: string, point: Measured) => void) {
  const checkpoint = await openModelPath(subject.model);
  const evaluation = await readTextPath(subject.evaluation);
  const calibration = await readTextPath(subject.calibration);
  // One file for both: the first half calibrates, the second is measured.
  const half = Math.floor(evaluation.text.length / 2);
  const apart = subject.calibration !== subject.evaluation;
  for (const mode of ['shared', 'sequential'] as const) {
    const settings: RunSettings = {
      points: pointsOf(mode).filter(({ id }) => !results.has(keyOf(subject, id))),
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
      appVersion: engineVersion,
    });
    for await (const event of events) {
      if (event.type === 'point-finished') {
        finished(keyOf(subject, event.result.id), { result: event.result, losses: event.losses ?? [] });
      }
      if (event.type === 'run-failed') throw new Error(event.error.message);
    }
  }
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

function everyMethod(subject: Subject, of: (id: string) => Measured | undefined): string[] {
  const lines: string[] = [];
  for (const bits of widths) {
    const full = cell(of('full-precision')?.result)[1];
    lines.push(`<details><summary>${subject.name}, ${bits} bits, every method (full precision ${full})</summary>`, '');
    const heads = groupings.map(nameOf);
    lines.push(`| | ${heads.map((h) => `${h}: bits/weight | ppl | KLD`).join(' | ')} |`);
    lines.push(`| --- |${' ---: |'.repeat(3 * heads.length)}`);
    for (const method of recipes) {
      if (method.widths && !method.widths.includes(bits)) continue;
      const cells = groupings.flatMap((group) => cell(of(idOf(method, bits, group))?.result));
      lines.push(`| ${method.label} | ${cells.join(' | ')} |`);
    }
    lines.push('', '</details>', '');
  }
  return lines;
}

const nameOf = (group: number | null) => (group === null ? 'row' : `g${group}`);

/** Bits per weight that a method may need beyond GPTQ's and still count as equal: the parameters of a transform, nothing that stores weights. */
const equalBits = 0.05;

/** ln(perplexity of `a` ÷ of `b`) on the given losses, with its interval; bold where `a` is lower beyond it. */
function difference(a: readonly number[], b: readonly number[]): string {
  const found = compare(a, b);
  if (!found) return '–';
  const text = `${found.mean < 0 ? '−' : '+'}${Math.abs(found.mean).toFixed(3)} ± ${((found.high - found.low) / 2).toFixed(3)}`;
  return found.high < 0 ? `**${text}**` : text;
}

const mean = (losses: readonly number[]) => losses.reduce((a, b) => a + b, 0) / losses.length;

/**
 * Per width and grouping: RTN, AWQ, GPTQ, and the best method that needs no more bits than GPTQ. It is chosen on every other window and
 * compared, window by window, on those between: the best of many on the windows that chose it would be flattered.
 */
function bestOf(subject: Subject, of: (id: string) => Measured | undefined): string[] {
  const lines = [
    `| ${subject.name} | RTN | AWQ | GPTQ | best at GPTQ’s bits | ppl | ln ratio to GPTQ | ln ratio to AWQ |`,
    '| --- | ---: | ---: | ---: | --- | ---: | ---: | ---: |',
  ];
  const chosenOn = ({ losses }: Measured) => losses.filter((_, i) => i % 2 === 0);
  const comparedOn = ({ losses }: Measured) => losses.filter((_, i) => i % 2 === 1);
  for (const bits of widths) {
    for (const group of groupings) {
      const point = (name: string) => of(`${name} ${bits} ${group ?? 'row'}`);
      const [rtn, awq, gptq] = [point('rtn'), point('awq'), point('gptq')];
      if (!rtn || !awq || !gptq) continue;
      const limit = gptq.result.bitsPerWeight + equalBits;
      const best = recipes
        .flatMap((method) => {
          const found = of(idOf(method, bits, method.groups === 'own' ? null : group));
          return found && found.result.bitsPerWeight <= limit ? [{ method, found }] : [];
        })
        .reduce((a, b) => (mean(chosenOn(b.found)) < mean(chosenOn(a.found)) ? b : a));
      const numbers = [rtn, awq, gptq].map(({ result }) => digits(result.perplexity));
      const [toGptq, toAwq] = [gptq, awq].map((other) => difference(comparedOn(best.found), comparedOn(other)));
      lines.push(
        `| ${bits} bits, ${nameOf(group)} | ${numbers.join(' | ')} | ${best.method.label} | ` +
          `${digits(best.found.result.perplexity)} | ${toGptq} | ${toAwq} |`,
      );
    }
  }
  return [...lines, ''];
}

function valueOf(args: readonly string[], option: string): string | undefined {
  return args.includes(option) ? args[args.indexOf(option) + 1] : undefined;
}

/** The points that this build of the engine measured: a number is believed only with the code that gave it. */
function readResults(file: string): Results {
  const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : [];
  const points = lines.map((line) => JSON.parse(line) as [string, Measured, string]);
  const own = points.filter(([, , engine]) => engine === engineVersion);
  if (own.length < points.length) {
    process.stdout.write(`${points.length - own.length} points of another build are measured again\n`);
  }
  return new Map(own.map(([key, point]) => [key, point]));
}

export async function main(args: readonly string[]): Promise<number> {
  const only = valueOf(args, '--only');
  const file = valueOf(args, '--results');
  const gpu = await Gpu.create(openDawn());
  holdForever(gpu);
  const results: Results = file ? readResults(file) : new Map<string, Measured>();
  for (const subject of subjects) {
    if (only && subject.name !== only) continue;
    if (!existsSync(subject.model)) {
      process.stdout.write(`${basename(subject.model)} is not here: left out\n`);
      continue;
    }
    await measure(gpu, subject, results, (key, point) => {
      results.set(key, point);
      if (file) appendFileSync(file, `${JSON.stringify([key, point, engineVersion])}\n`);
      process.stdout.write(`${key}: ${point.result.perplexity.toFixed(3)} (${point.result.seconds.toFixed(1)} s)\n`);
    });
  }
  const measured = subjects.map((subject) => ({
    subject,
    of: (id: string) => results.get(keyOf(subject, id)),
  }));
  const present = measured.filter(({ of }) => of('full-precision'));
  const sections = [
    ...present.flatMap(({ subject, of }) => bestOf(subject, of)),
    ...present.flatMap(({ subject, of }) => everyMethod(subject, of)),
  ];
  const readme = readFileSync('README.md', 'utf8');
  const [head, rest] = [readme.split(begin)[0], readme.split(end)[1]];
  if (head === undefined || rest === undefined) throw new Error(`README.md has no marks "${begin}" and "${end}"`);
  const text = `${head}${begin}\n\n${sections.join('\n')}\n${end}${rest}`;
  writeFileSync('README.md', await format(text, { ...(await resolveConfig('README.md')), parser: 'markdown' }));
  return 0;
}

/**
 * `npm run table`: every method at 4, 3 and 2 bits, on whole rows and on groups of 32 and 64, on the bundled demo and, where ../shared
 * lies beside, on stories260K; perplexity and KL divergence with their 95 % intervals. Writes the tables into docs/results.md and six
 * rows into README.md, between their marks (tableText.ts). `--results FILE` keeps every finished point, and goes on from there when it
 * is run again (points of another build of the engine are measured again); `--only demo` measures one model alone, the other's points
 * come from the file.
 * `--structures` measures the zoo and judges the paper's claims instead (structures/main.ts).
 */
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { holdForever, openDawn } from '../../src/gpu/dawn';
import { Gpu } from '../../src/gpu/gpu';
import type { PlannedPoint, RunSettings } from '../../src/log/events';
import { memoryStore } from '../../src/lab/siteStore';
import { run } from '../../src/lab/run';
import { recipes } from '../../src/quant/recipe/recipes';
import { engineVersion } from '../../src/util/version';
import { structuresReport } from './structures/main';
import { isHere, openSubject, subjects, type Subject } from './subjects';
import { between, bestTable, everyMethod, groupings, idOf, shortTable, widths, type Measured } from './tableText';
import { meanOf } from '../meanOf';

const context = 256;
const maxTokens = 8192;
const calibrationTokens = 16_384;

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
              assignment: { all: method.recipe(bits, group) },
              bits,
              group,
            })),
        ),
    );
}

/** By subject and id. */
type Results = Map<string, Measured>;
const keyOf = (subject: Subject, id: string) => `${subject.name}: ${id}`;

/** Measures what `results` does not hold yet. */
async function measure(gpu: Gpu, subject: Subject, results: Results, finished: (key: string, point: Measured) => void) {
  const opened = await openSubject(subject);
  for (const mode of ['shared', 'sequential'] as const) {
    const settings: RunSettings = {
      points: pointsOf(mode).filter(({ id }) => !results.has(keyOf(subject, id))),
      protocol: 'gptq',
      context,
      maxTokens,
      calibrationTokens,
      mode,
      seed: 0,
    };
    if (!settings.points.length) continue;
    const events = run({
      gpu,
      ...opened,
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
  if (args.includes('--structures')) return structuresReport(args);
  const only = valueOf(args, '--only');
  const file = valueOf(args, '--results');
  const gpu = await Gpu.create(openDawn());
  holdForever(gpu);
  const results: Results = file ? readResults(file) : new Map<string, Measured>();
  for (const subject of subjects) {
    if (only && subject.name !== only) continue;
    if (!isHere(subject)) {
      process.stdout.write(`${basename(subject.model)} is not here: left out\n`);
      continue;
    }
    await measure(gpu, subject, results, (key, point) => {
      results.set(key, point);
      if (file) appendFileSync(file, `${JSON.stringify([key, point, engineVersion])}\n`);
      process.stdout.write(`${key}: ${meanOf(point.result).toFixed(3)} (${point.result.seconds.toFixed(1)} s)\n`);
    });
  }
  const present = subjects
    .map((subject) => ({ name: subject.name, of: (id: string) => results.get(keyOf(subject, id)) }))
    .filter(({ of }) => of('full-precision'));
  const tables = (make: typeof bestTable) => present.map(({ name, of }) => make(name, of)).join('\n\n');
  await rewrite('docs/results.md', { best: tables(bestTable), every: tables(everyMethod) });
  await rewrite('README.md', { 'six rows': shortTable(present) });
  return 0;
}

/** Puts each table between its marks in the page, written as prettier does. */
async function rewrite(file: string, tables: Readonly<Record<string, string>>): Promise<void> {
  const page = Object.entries(tables).reduce(
    (text, [name, table]) => between(text, name, table),
    readFileSync(file, 'utf8'),
  );
  writeFileSync(file, await format(page, { ...(await resolveConfig(file)), parser: 'markdown' }));
}

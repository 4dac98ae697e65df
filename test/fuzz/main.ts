/**
 * `npm run fuzz`: damaged inputs of every kind that comes from outside, seeded. Whatever comes in, the answer is a value or one of the
 * project's errors, soon; and what opens can be written and opens again. Prints a table and "N inputs, N faults"; exits 1 on faults,
 * whose inputs are saved. Not part of the tests: minutes to an hour, for whoever changes a reader.
 *
 *   npm run fuzz -- [--count N] [--seed S] [--kind A,B] [--patience SECONDS]
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { choiceOf, integerOf, parseOptions, refused, textOf } from '../../src/cli/options';
import { isBitcurveError } from '../../src/util/errors';
import type { Kind } from './kind';
import { kinds } from './kinds/index';
import { kinds as trials } from './kinds/trial';
import { watchOver, type Tally } from './watch';
import { streamOf, work, type Report } from './worker';

const usualCount = 500_000;
const usualPatience = 2;
const folder = resolve(import.meta.dirname, '../../test-results/fuzz');

/** Kinds by the name of their set; `trial` is for the test of the watcher. */
const sets: ReadonlyMap<string, readonly Kind[]> = new Map([
  ['all', kinds],
  ['trial', trials],
]);

export async function main(args: readonly string[]): Promise<number> {
  if (args[0] === '--work') return workAsTold(args.slice(1));
  try {
    return await fuzz(args);
  } catch (error) {
    if (!isBitcurveError(error)) throw error;
    process.stderr.write(`error: ${error.message}\n`);
    return 1;
  }
}

async function fuzz(args: readonly string[]): Promise<number> {
  const given = parseOptions(args, [
    { name: 'count', value: 'N', line: 'inputs of all kinds together' },
    { name: 'seed', value: 'S', line: 'seed of all damage' },
    { name: 'kind', value: 'A,B', line: 'kinds by name' },
    { name: 'patience', value: 'SECONDS', line: 'what one input may take' },
    { name: 'set', value: 'all|trial', line: 'which kinds: all, or those that test the watcher' },
  ]);
  const count = integerOf(given, 'count', usualCount, 1, 1e9);
  const seed = integerOf(given, 'seed', 1, 0, 2 ** 32 - 1);
  const patience = integerOf(given, 'patience', usualPatience, 1, 3600);
  const set = choiceOf(given, 'set', 'all', ['all', 'trial']);
  const all = sets.get(set) ?? [];
  const names = textOf(given, 'kind')?.split(',') ?? all.map(({ name }) => name);
  const unknown = names.find((name) => !all.some((kind) => kind.name === name));
  if (unknown !== undefined) {
    throw refused(`--kind: there is no kind "${unknown}"; there are ${all.map(({ name }) => name).join(', ')}`);
  }
  const chosen = all.filter(({ name }) => names.includes(name));
  const shares = chosen.reduce((sum, { share }) => sum + share, 0);

  let [tried, faults] = [0, 0];
  for (const kind of chosen) {
    const to = Math.max(1, Math.round((count * kind.share) / shares));
    const start = performance.now();
    const tally = await watchOver({ set, kind: kind.name, seed, from: 0, to, patience });
    tried += to;
    faults += tally.faults.length;
    process.stdout.write(row(kind.name, to, tally, (performance.now() - start) / 1000));
    for (const { index, what } of tally.faults) {
      const saved = save(kind, seed, index, what);
      process.stdout.write(`  fault in ${kind.name} ${index}: ${what.split('\n')[0]}\n    ${saved}\n`);
    }
  }
  process.stdout.write(`${tried} inputs, ${faults} faults\n`);
  return faults ? 1 : 0;
}

function row(name: string, count: number, { outcomes, faults }: Tally, seconds: number): string {
  const common = [...outcomes].sort(([, a], [, b]) => b - a);
  const told = common.slice(0, 6).map(([outcome, n]) => `${outcome} ${n}`);
  const rest = common.slice(6).reduce((sum, [, n]) => sum + n, 0);
  return (
    `${name.padEnd(12)} ${String(count).padStart(7)} inputs ${String(faults.length).padStart(3)} faults ` +
    `${seconds.toFixed(0).padStart(5)} s   ${[...told, ...(rest ? [`others ${rest}`] : [])].join(', ')}\n`
  );
}

/** Files of the input, and what came of it; returns where. */
function save(kind: Kind, seed: number, index: number, what: string): string {
  const place = join(folder, `${kind.name}-${seed}-${index}`);
  mkdirSync(place, { recursive: true });
  for (const [name, content] of Object.entries(kind.make(streamOf(seed, kind.name, index)))) {
    writeFileSync(join(place, name), content);
  }
  writeFileSync(join(place, 'fault.txt'), `${what}\n`);
  return place;
}

async function workAsTold([set = '', name, ...numbers]: readonly string[]): Promise<number> {
  const kind = sets.get(set)?.find((one) => one.name === name);
  if (!kind) throw new Error(`there is no kind ${name}`);
  const tell = (report: Report) =>
    new Promise<void>((resolve, reject) => {
      process.send?.(report, (error: Error | null) => (error ? reject(error) : resolve()));
    });
  const [seed = 0, from = 0, to = 0, patience = usualPatience] = numbers.map(Number);
  await work(kind, { seed, from, to, patience }, tell);
  return 0;
}

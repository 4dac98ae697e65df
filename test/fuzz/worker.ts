/** One process that tries inputs of one kind, told apart from its watcher so that it can be ended in the middle of one. */
import { isBitcurveError } from '../../src/util/errors';
import { createRng, type Rng } from '../../src/util/rng';
import { Fault, type Input, type Kind } from './kind';

/** What the process says before each input and at its end: what came of the input before, and which one is next. */
export interface Report {
  /** Null before the first. A fault begins with "!". */
  readonly before: string | null;
  /** Null at the end. */
  readonly next: number | null;
}

/** The stream of an input: the same for a seed, a kind and a number, whatever came before. */
export const streamOf = (seed: number, kind: string, index: number): Rng => createRng(seed).fork(`${kind} ${index}`);

/** Longest message that people are shown. */
const longestMessage = 1000;

/** What came of an input, in words; a fault begins with "!". Messages are bounded, whatever the input holds. */
async function attempt(
  kind: Kind,
  { seed, patience }: Pick<Task, 'seed' | 'patience'>,
  index: number,
): Promise<string> {
  const input = kind.make(streamOf(seed, kind.name, index));
  const start = process.cpuUsage();
  const outcome = await outcomeOf(kind, input);
  const { user, system } = process.cpuUsage(start);
  const seconds = (user + system) / 1e6;
  return seconds > patience && !outcome.startsWith('!') ? `! ${seconds.toFixed(1)} s of the processor` : outcome;
}

async function outcomeOf(kind: Kind, input: Input): Promise<string> {
  try {
    return await kind.attempt(input);
  } catch (error) {
    if (error instanceof Fault) return `! ${error.message}`;
    if (!isBitcurveError(error)) return `! ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
    if (error.message.length > longestMessage)
      return `! a message of ${error.message.length} characters (${error.code})`;
    return `refused: ${error.code}`;
  }
}

export interface Task {
  readonly seed: number;
  readonly from: number;
  readonly to: number;
  /** Seconds that one input may take of the processor. */
  readonly patience: number;
}

/** Tries inputs [from, to); tells of each before it begins, so that one that never ends is known by its number. */
export async function work(kind: Kind, task: Task, tell: (report: Report) => Promise<void>): Promise<void> {
  let before: string | null = null;
  for (let next = task.from; next < task.to; next++) {
    await tell({ before, next });
    before = await attempt(kind, task, next);
  }
  await tell({ before, next: null });
}

/**
 * Runs a worker process over a range of inputs and watches it. An input that keeps it busy for longer than `patience` ends the process;
 * it is tried once more alone and with more time, because a machine that is busy with other things is slow, too: the worker then tells
 * what it took of the processor. The next process goes on behind it.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import type { Report, Task } from './worker';

export interface Range extends Task {
  /** The set that the kind is one of. */
  readonly set: string;
  readonly kind: string;
}

export interface Found {
  readonly index: number;
  readonly what: string;
}

export interface Tally {
  readonly outcomes: Map<string, number>;
  readonly faults: Found[];
}

/** Of the second try, alone: as much as a machine with ten other jobs needs for the same work. */
const secondPatience = (patience: number) => Math.max(10, 10 * patience);
/** Seconds until a process has loaded its modules. */
const startingPatience = 120;

const root = resolve(import.meta.dirname, '../..');

/** How a process ended: at its end, in the middle of an input, or for having been silent too long. */
interface Ended {
  readonly how: 'finished' | 'crashed' | 'silent';
  /** The input that it was at; null before the first and behind the last. */
  readonly at: number | null;
  /** Why it crashed. */
  readonly said: string;
}

/** What came of an input. */
type Heed = (index: number, outcome: string) => void;

function runOnce(range: Range, seconds: number, heed: Heed): Promise<Ended> {
  return new Promise((done) => {
    const { set, kind, seed, from, to, patience } = range;
    const args = ['src/cli/engine.mjs', 'test/fuzz/main.ts', '--work', set, kind, seed, from, to, patience].map(String);
    const child = spawn(process.execPath, args, {
      cwd: root,
      env: { ...process.env, BITCURVE_ENGINE: 'child' },
      stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
    });
    let at: number | null = null;
    let said = '';
    let heard = performance.now();
    let silent = false;
    child.stderr?.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-2000)));
    child.on('message', (report: Report) => {
      heard = performance.now();
      if (at !== null && report.before !== null) heed(at, report.before);
      at = report.next;
    });
    const watch = setInterval(() => {
      // Starting and ending take the time of the machine.
      const allowed = at === null ? startingPatience : seconds;
      if (performance.now() - heard < 1000 * allowed) return;
      silent = true;
      child.kill('SIGKILL');
    }, 100);
    // The last reports may come after the process has gone.
    void Promise.all([once(child, 'exit'), once(child, 'disconnect')]).then(([[code]]) => {
      clearInterval(watch);
      done({ how: silent ? 'silent' : code === 0 ? 'finished' : 'crashed', at, said: said.trim() });
    });
  });
}

/** Tries the whole range, in as many processes as it takes. */
export async function watchOver(range: Range): Promise<Tally> {
  const tally: Tally = { outcomes: new Map(), faults: [] };
  const heed: Heed = (index, outcome) => {
    if (outcome.startsWith('! ')) tally.faults.push({ index, what: outcome.slice(2) });
    else tally.outcomes.set(outcome, (tally.outcomes.get(outcome) ?? 0) + 1);
  };
  for (let from = range.from; from < range.to;) {
    const ended = await runOnce({ ...range, from }, range.patience, heed);
    if (ended.how === 'finished') break;
    if (ended.at === null) throw new Error(`the worker did not begin: ${ended.said || 'it said nothing'}`);
    const alone = { ...range, from: ended.at, to: ended.at + 1 };
    if (ended.how === 'silent') await again(alone, heed);
    else heed(ended.at, `! the process ended: ${ended.said || 'it said nothing'}`);
    from = ended.at + 1;
  }
  return tally;
}

async function again(alone: Range, heed: Heed): Promise<void> {
  const seconds = secondPatience(alone.patience);
  const ended = await runOnce(alone, seconds, heed);
  if (ended.how === 'silent') heed(alone.from, `! no end within ${seconds} s`);
  if (ended.how === 'crashed') heed(alone.from, `! the process ended: ${ended.said}`);
}

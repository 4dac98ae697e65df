/**
 * How much of a run is done and how long the rest takes: estimated operations per phase, over the rate that each phase was measured
 * at. Kept layers count as done without being measured. Pure but for the clock it is given.
 */
import type { Phase } from './events';

interface Tally {
  planned: number;
  done: number;
  /** Of `done`, what was computed in this run, and how long it took. */
  measured: number;
  seconds: number;
}

const phases: readonly Phase[] = ['reading', 'calibrating', 'quantizing', 'evaluating'];

export class Progress {
  readonly #tallies = new Map<Phase, Tally>(
    phases.map((phase) => [phase, { planned: 0, done: 0, measured: 0, seconds: 0 }]),
  );
  readonly #start: number;
  #last: number;

  /** `clock` gives seconds. */
  constructor(readonly clock: () => number) {
    this.#start = this.#last = clock();
  }

  plan(phase: Phase, operations: number): void {
    this.#of(phase).planned += operations;
  }

  /** Counts work as done: computed now (the time since the last call is its time), or kept from an earlier run. */
  advance(phase: Phase, operations: number, how: 'computed' | 'kept' = 'computed'): void {
    const tally = this.#of(phase);
    tally.done += operations;
    const now = this.clock();
    if (how === 'computed') {
      tally.measured += operations;
      tally.seconds += now - this.#last;
    }
    this.#last = now;
  }

  get elapsed(): number {
    return this.clock() - this.#start;
  }

  /** 0 to 1, by estimated operations: the same in every run of one request. */
  get done(): number {
    let planned = 0;
    let done = 0;
    for (const tally of this.#tallies.values()) {
      planned += tally.planned;
      done += Math.min(tally.done, tally.planned);
    }
    return planned ? done / planned : 0;
  }

  /** Null until something was measured. A phase not yet measured is taken at the rate of all others together. */
  get secondsLeft(): number | null {
    const all = [...this.#tallies.values()];
    const measured = all.reduce((a, t) => a + t.measured, 0);
    const seconds = all.reduce((a, t) => a + t.seconds, 0);
    if (!measured || !seconds) return null;
    return all.reduce((left, t) => {
      const rate = t.measured && t.seconds ? t.measured / t.seconds : measured / seconds;
      return left + Math.max(0, t.planned - t.done) / rate;
    }, 0);
  }

  #of(phase: Phase): Tally {
    return this.#tallies.get(phase) as Tally;
  }
}

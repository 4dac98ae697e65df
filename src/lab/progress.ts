/**
 * How much of a run is done and how long the rest takes: estimated operations of each kind of work, over the rate that this kind was
 * measured at. Two methods may differ a hundredfold in time for the same operations, and compiling a kernel delays the first use of it
 * alone; so each kind has a rate of its own, and nothing is said before it can be. Kept layers count as done without being measured.
 * Pure but for the clock it is given.
 */
import type { Phase, RunEvent } from '../log/events';

/** Work that goes at one rate. `name` tells it from other work of its phase, such as the method that solves. */
export interface Kind {
  readonly phase: Phase;
  readonly name: string;
  /** The kind whose rate is taken while this one's is not known: the same method's first width stands for the others. */
  readonly like?: string;
}

interface Tally extends Kind {
  planned: number;
  done: number;
  /** Operations after which a rate is believed. */
  unit: number;
  /** What was computed in this run, and how long it took: the first unit, and all after it. */
  readonly first: { operations: number; seconds: number };
  readonly later: { operations: number; seconds: number };
}

/** With more methods than these, one that was not met yet is taken at the rate of those that were: a matrix has seventy. */
const fewKinds = 8;
/** And of so many an eighth at least must have been met. */
const share = 8;

/** Progress is told when this share more of the run is done: often enough to look alive, rare enough for a short log. */
const toldStep = 0.002;

export class Progress {
  readonly #tallies = new Map<string, Tally>();
  readonly #start: number;
  #last: number;
  #told = 0;

  /** `clock` gives seconds. */
  constructor(readonly clock: () => number) {
    this.#start = this.#last = clock();
  }

  /** `unit`: the operations of one piece of it, such as a block: less is no measurement. */
  plan(kind: Kind, operations: number, unit: number): void {
    const tally = this.#of(kind);
    tally.planned += operations;
    tally.unit = Math.max(tally.unit, unit);
  }

  /** Counts work as done: computed now (the time since the last call is its time), or kept from an earlier run. */
  advance(kind: Kind, operations: number, how: 'computed' | 'kept' = 'computed'): void {
    const tally = this.#of(kind);
    tally.done += operations;
    const now = this.clock();
    if (how === 'computed') {
      const part = tally.first.operations < tally.unit ? tally.first : tally.later;
      part.operations += operations;
      part.seconds += now - this.#last;
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

  /** Null until a unit of every kind of work that is left was timed, or of one like it. */
  get secondsLeft(): number | null {
    let left = 0;
    for (const tally of this.#tallies.values()) {
      const rest = tally.planned - tally.done;
      if (rest <= 0) continue;
      const seconds = this.#secondsPerOperation(tally);
      if (seconds === null) return null;
      left += rest * seconds;
    }
    return left;
  }

  /** What the log says of it: now and then, and at the end. */
  *told(phase: Phase, point: string | null): Generator<Extract<RunEvent, { type: 'progressed' }>> {
    const { done, elapsed: secondsElapsed, secondsLeft } = this;
    if (done - this.#told < toldStep && done < 1) return;
    this.#told = done;
    yield { type: 'progressed', phase, point, done, secondsElapsed, secondsLeft };
  }

  #secondsPerOperation(tally: Tally): number | null {
    const own = rateOf(tally);
    if (own !== null) return own;
    const like = tally.like === undefined ? undefined : this.#tallies.get(`${tally.phase} ${tally.like}`);
    const borrowed = like ? rateOf(like) : null;
    if (borrowed !== null) return borrowed;
    const siblings = [...this.#tallies.values()].filter(({ phase, planned }) => phase === tally.phase && planned > 0);
    const met = siblings.filter((sibling) => rateOf(sibling) !== null);
    if (siblings.length <= fewKinds || met.length * share < siblings.length) return null;
    return met.reduce((sum, sibling) => sum + (rateOf(sibling) ?? 0), 0) / met.length;
  }

  #of({ phase, name, like }: Kind): Tally {
    const key = `${phase} ${name}`;
    let tally = this.#tallies.get(key);
    if (!tally) {
      tally = {
        ...{ phase, name, planned: 0, done: 0, unit: 0 },
        ...(like === undefined ? {} : { like }),
        first: { operations: 0, seconds: 0 },
        later: { operations: 0, seconds: 0 },
      };
      this.#tallies.set(key, tally);
    }
    return tally;
  }
}

/** Seconds per operation; without the first unit, which compiles kernels, as soon as there is a second. */
function rateOf({ first, later, unit }: Tally): number | null {
  if (!first.operations || first.operations < unit * 0.999) return null;
  const { operations, seconds } = later.operations >= first.operations ? later : both(first, later);
  return seconds / operations;
}

const both = (a: Tally['first'], b: Tally['first']) => ({
  operations: a.operations + b.operations,
  seconds: a.seconds + b.seconds,
});

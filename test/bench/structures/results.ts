/**
 * What was measured, kept as lines of a file so that a measurement that was stopped goes on. A line says what it was measured with: another
 * engine, other weights, other settings or another recipe are another measurement. Pure but for the file.
 */
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import type { PlannedPoint, PointResult, RunSettings } from '../../../src/log/events';
import type { PointSet } from './sets';

/** A point that was measured, or cannot be. */
export interface Measured {
  readonly result: PointResult | null;
  /** Mean loss of every window, nats. */
  readonly losses: readonly number[];
  /** Why it cannot be measured; null where it was. */
  readonly failure: string | null;
}

/** What a run told beside its points. */
export interface RunFacts {
  /** Mean KL(model ‖ model in rotated bases, unrounded), nats per token, by bases. */
  readonly rotated: Readonly<Record<string, number>>;
  /** The same with factors in whatever stands before its layers, and how many of its sites have such; null where AWQ was not asked. */
  readonly scaled: { readonly kld: number; readonly folded: number; readonly sites: number } | null;
  /** Experts, and how many of them no calibration token reached; null where there are none. */
  readonly experts: { readonly all: number; readonly unreached: number } | null;
  readonly parameters: number;
  readonly vocabulary: number;
  /** Inputs of the widest calibrated layer. */
  readonly widestInputs: number | null;
}

interface Line {
  readonly engine: string;
  readonly key: string;
  readonly measured?: Measured;
  readonly facts?: RunFacts;
}

/** What a set is measured with, as text. */
export const settingsText = ({ calibration, asked, settings }: PointSet, seed: RunSettings['seed']): string =>
  JSON.stringify([calibration, asked, settings, seed]);

export const pointKey = (model: string, settings: string, point: Pick<PlannedPoint, 'assignment'> | null): string =>
  [model, settings, point ? JSON.stringify(point.assignment) : 'full precision'].join(' ');
const factsKey = (model: string, settings: string, name: string): string =>
  [model, settings, 'facts of', name].join(' ');

/** Results by what they were measured with; `file` null: kept in memory alone. */
export class Results {
  readonly #points = new Map<string, Measured>();
  readonly #facts = new Map<string, RunFacts>();
  /** Lines of another engine, which count for nothing. */
  readonly foreign: number;

  constructor(
    readonly file: string | null,
    readonly engine: string,
  ) {
    const text = file !== null && existsSync(file) ? readFileSync(file, 'utf8') : '';
    // A line that was cut off by a stop is measured again.
    const lines = text.split('\n').flatMap((line): Line[] => {
      try {
        return [JSON.parse(line) as Line];
      } catch {
        return [];
      }
    });
    for (const line of lines) if (line.engine === engine) this.#take(line);
    this.foreign = lines.filter((line) => line.engine !== engine).length;
  }

  #take({ key, measured, facts }: Line): void {
    if (measured) this.#points.set(key, measured);
    if (facts) this.#facts.set(key, facts);
  }

  #keep(line: Line): void {
    this.#take(line);
    if (this.file !== null) appendFileSync(this.file, `${JSON.stringify(line)}\n`);
  }

  point = (model: string, settings: string, point: Pick<PlannedPoint, 'assignment'> | null): Measured | undefined =>
    this.#points.get(pointKey(model, settings, point));

  facts = (model: string, settings: string, name: string): RunFacts | undefined =>
    this.#facts.get(factsKey(model, settings, name));

  addPoint(model: string, settings: string, point: Pick<PlannedPoint, 'assignment'> | null, measured: Measured): void {
    this.#keep({ engine: this.engine, key: pointKey(model, settings, point), measured });
  }

  addFacts(model: string, settings: string, name: string, facts: RunFacts): void {
    if (JSON.stringify(this.facts(model, settings, name)) === JSON.stringify(facts)) return;
    this.#keep({ engine: this.engine, key: factsKey(model, settings, name), facts });
  }
}

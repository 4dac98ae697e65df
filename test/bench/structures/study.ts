/** What was measured, as claims ask for it: by structure, set and the name of a point. Pure. */
import type { Measured, RunFacts } from './results';
import type { Sided } from './differences';
import { structures, type Structure } from './models';

/** A model that was measured. */
export interface Studied {
  readonly structure: string;
  readonly level: number;
  readonly bundled: string | null;
  /** Full precision on stories, on the windows of the table. */
  readonly full: Measured;
  readonly facts: RunFacts | null;
}

export interface Where {
  /** Sets under the usual calibration and text go by "usual". */
  readonly set?: string;
  readonly level?: number;
}

const keyOf = (structure: string, { set = 'usual', level = 100 }: Where, name: string) =>
  `${structure} ${level} ${set} ${name}`;

export class Study {
  readonly #sides = new Map<string, Sided>();
  readonly #models = new Map<string, Studied>();
  readonly #facts = new Map<string, RunFacts>();

  addModel(model: Studied): void {
    this.#models.set(`${model.structure} ${model.level}`, model);
  }

  addPoint(structure: string, where: Where, name: string, side: Sided): void {
    this.#sides.set(keyOf(structure, where, name), side);
  }

  /** Several sets may tell of one place: what one does not know the others do. */
  addFacts(structure: string, where: Where, facts: RunFacts): void {
    const before = this.facts(structure, where);
    const both = {
      rotated: { ...before?.rotated, ...facts.rotated },
      scaled: facts.scaled ?? before?.scaled ?? null,
      experts: facts.experts ?? before?.experts ?? null,
    };
    this.#facts.set(keyOf(structure, where, ''), { ...facts, ...both });
  }

  /** Whether or not it failed; undefined where nobody tried. */
  side = (structure: string, name: string, where: Where = {}): Sided | undefined =>
    this.#sides.get(keyOf(structure, where, name));

  model = (structure: string, level = 100): Studied | undefined => this.#models.get(`${structure} ${level}`);

  facts = (structure: string, where: Where = {}): RunFacts | undefined => this.#facts.get(keyOf(structure, where, ''));

  /** Mean KL of the model in the bases that its neighbours absorb, unrounded; null where none was tried. */
  rotated(structure: string): number | null {
    const found = Object.values(this.facts(structure)?.rotated ?? {});
    return found.length ? Math.max(...found) : null;
  }

  /** Structures whose whole training is there, in the report's order. */
  get present(): readonly Structure[] {
    return structures.filter(({ name }) => this.model(name));
  }

  get missing(): readonly Structure[] {
    return structures.filter(({ name }) => !this.model(name));
  }
}

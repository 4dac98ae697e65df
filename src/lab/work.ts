/** The kinds of work that a run is made of, each of which goes at a rate of its own (progress.ts). */
import type { PlannedPoint } from '../log/events';
import { piecesIn } from '../quant/recipe/recipe';
import type { Kind } from './progress';

/** A point's logits are made beside those of full precision. */
export const headPasses = ({ assignment }: PlannedPoint): number => (assignment ? 2 : 1);

export class Work {
  /** By pieces of the recipe: the first point that has them. */
  readonly #firsts = new Map<string, string>();

  /** Calibration goes at one rate, whatever it is for. */
  readonly calibrating: Kind = { phase: 'calibrating', name: 'blocks' };

  /**
   * Scoring full precision is its own kind of work: other weights, and no divergence. It stands for that of points until one was scored:
   * of a large model, all points are quantized before.
   */
  scoring(part: 'block' | 'head', { assignment }: PlannedPoint): Kind {
    const model = `${part} of the model`;
    return assignment
      ? { phase: 'evaluating', name: `${part} of a point`, like: model }
      : { phase: 'evaluating', name: model };
  }

  /** The first point of a method factors H and searches; the other widths of shared calibration find much of it done. */
  solving({ id, assignment }: PlannedPoint): Kind {
    const pieces = assignment ? piecesIn(assignment.all) : [];
    const name = pieces.map(({ piece }) => piece.name).join('+');
    const first = this.#firsts.get(name) ?? id;
    this.#firsts.set(name, first);
    return first === id ? { phase: 'quantizing', name } : { phase: 'quantizing', name: `${name}, again`, like: name };
  }
}

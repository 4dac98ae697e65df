/** What may fail alone: a point of a run, where the others do not depend on it. */
import type { Gpu } from '../gpu/gpu';
import { Cancelled, NumericError, toErrorRecord } from '../util/errors';
import type { PlannedPoint, RunEvent } from '../log/events';
import type { Kind, Progress } from './progress';

/** Throws the error again where it is not of the point that it came up in: a stop, or a device that is lost to all. */
export function requireOwnFailure(error: unknown, gpu: Gpu, signal: AbortSignal): void {
  if (error instanceof Cancelled || signal.aborted) throw error;
  // Whatever a lost device made fail first, it is the loss that is told.
  gpu.check();
}

/**
 * Every number in `value` is finite: what goes into a log must be readable again, and JSON has no infinity.
 * @throws NumericError that names the first one that is not, behind `where`.
 */
export function requireFinite(value: unknown, where: string): void {
  if (typeof value === 'number' && !Number.isFinite(value)) {
    throw new NumericError('not-finite', `${where} is ${value}; expected a finite number.`);
  }
  if (typeof value !== 'object' || value === null) return;
  for (const [key, item] of Object.entries(value)) requireFinite(item, `${where}${where ? ' ' : ''}${key}`);
}

/** Which points of a run have failed, and what would still have been done for each. */
export class Attempts {
  readonly #failed = new Set<string>();
  /** By point and kind of work: operations ahead. */
  readonly #ahead = new Map<string, Map<string, { readonly kind: Kind; operations: number }>>();

  constructor(
    readonly gpu: Gpu,
    readonly signal: AbortSignal,
    readonly progress: Progress,
  ) {}

  /** Counts operations that this point alone will take; `unit` as in Progress. */
  plan({ id }: PlannedPoint, kind: Kind, operations: number, unit: number): void {
    const ahead = this.#ahead.get(id) ?? new Map<string, { readonly kind: Kind; operations: number }>();
    this.#ahead.set(id, ahead.set(`${kind.phase} ${kind.name}`, { kind, operations }));
    this.progress.plan(kind, operations, unit);
  }

  done(point: string, kind: Kind, operations: number): void {
    const ahead = this.#ahead.get(point)?.get(`${kind.phase} ${kind.name}`);
    if (ahead) ahead.operations = Math.max(0, ahead.operations - operations);
  }

  /** Steps of one point. Where they fail the point has failed, which is told, and the run goes on without it. */
  async *run({ id }: PlannedPoint, steps: () => AsyncGenerator<RunEvent>): AsyncGenerator<RunEvent> {
    if (this.#failed.has(id)) return;
    try {
      yield* steps();
    } catch (error) {
      requireOwnFailure(error, this.gpu, this.signal);
      this.#failed.add(id);
      for (const { kind, operations } of this.#ahead.get(id)?.values() ?? []) this.progress.plan(kind, -operations, 0);
      yield { type: 'point-failed', point: id, error: toErrorRecord(error) };
    }
  }
}

/**
 * Hidden states of many batches between two blocks: on the GPU while they fit a budget, else in main memory. Which of the two is
 * decided once, by size, and does not change a value.
 */
import type { Scope } from '../gpu/buffers';
import type { Gpu } from '../gpu/gpu';
import { emptyMatrix, readMatrix, uploadMatrix, type Matrix } from '../tensor/matrix';
import { present } from '../util/assert';

type Kept = Matrix | { readonly values: Float32Array<ArrayBuffer>; readonly rows: number; readonly cols: number };

export class States implements Disposable {
  readonly #scope: Scope;
  readonly #kept = new Map<number, Kept>();
  readonly #resident: boolean;

  /** `bytes`: of all batches together; beyond `budget` they wait in main memory. */
  constructor(
    readonly gpu: Gpu,
    readonly label: string,
    bytes: number,
    budget: number,
  ) {
    this.#scope = gpu.scope(label);
    this.#resident = bytes <= budget;
  }

  /** Keeps a copy of `states` as batch `i`, over what was there. */
  async put(i: number, states: Matrix): Promise<void> {
    const { rows, cols } = states;
    if (!this.#resident) {
      this.#kept.set(i, { values: await readMatrix(this.gpu, states), rows, cols });
      return;
    }
    const old = this.#kept.get(i);
    const place = old && 'view' in old ? old : emptyMatrix(this.#scope, rows, cols, this.label);
    this.gpu.copy(states.view, place.view);
    this.#kept.set(i, place);
  }

  /** Batch `i`: owned by this, or by `scope`. Not to be written to. */
  get(scope: Scope, i: number): Matrix {
    const kept = present(this.#kept.get(i), `${this.label} of batch ${i}`);
    return 'view' in kept ? kept : uploadMatrix(scope, kept.values, kept.rows, kept.cols, this.label);
  }

  [Symbol.dispose](): void {
    this.#scope[Symbol.dispose]();
  }
}

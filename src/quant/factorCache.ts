/**
 * Remembers what depends on (W, H) and not on the grid's width: the diagonal, column orders, permuted matrices, the Cholesky factor.
 * With one cache for all widths, one factorisation serves them all. Lives as long as the pair; its scope owns what it keeps.
 */
import type { Scope } from '../gpu/buffers';

export class FactorCache {
  readonly #kept: Map<string, unknown>;

  /** `path` names the transforms that led from (W, H) to the problem at hand. */
  constructor(
    readonly scope: Scope,
    readonly path = '',
    kept = new Map<string, unknown>(),
  ) {
    this.#kept = kept;
  }

  /** The cache of the problem that `step` leads to: the same memory, other names. */
  under(step: string): FactorCache {
    return new FactorCache(this.scope, `${this.path}/${step}`, this.#kept);
  }

  /** What `make` gave when it was first asked for under this name. A failure is not remembered. */
  async remember<T>(what: string, make: (scope: Scope) => Promise<T> | T): Promise<T> {
    return this.recall<T>(what) ?? this.keep(what, await make(this.scope));
  }

  /** What is kept under this name, if anything is. */
  recall<T>(what: string): T | undefined {
    return this.#kept.get(`${this.path}#${what}`) as T | undefined;
  }

  keep<T>(what: string, value: T): T {
    this.#kept.set(`${this.path}#${what}`, value);
    return value;
  }
}

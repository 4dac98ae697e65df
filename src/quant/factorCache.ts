/**
 * Remembers what depends on (W, H) and not on the grid's width: the diagonal, column orders, permuted matrices, the Cholesky factor.
 * With one cache for all widths, one factorisation serves them all. Lives as long as the pair; what it keeps ends with its scope.
 *
 * Rows of W are independent: a matrix that is more than a binding is rounded in ranges of rows, which share H. What follows from H alone
 * is asked of `moment`, which is the same for all ranges; numbers that are to outlive a range, of `figures`. Where W is one range, all
 * three are one cache.
 */
import type { Scope } from '../gpu/buffers';

/** What is kept in one basis: of the pair itself, or behind one list of transforms. */
interface Branch {
  readonly scope: Scope;
  readonly kept: Map<string, unknown>;
}

export class FactorCache {
  /** By the first transform; most recently used last. */
  readonly #branches: Map<string, Branch>;
  readonly #trunk: Branch;

  private constructor(
    trunk: Branch,
    branches: Map<string, Branch>,
    /** Names of the transforms that led from (W, H) to the problem at hand. */
    readonly path: readonly string[],
    /** Of a range of rows: the cache of its site, in the basis up to which that has the same H, and the range's name there. */
    private readonly site: FactorCache | null = null,
    private readonly range = '',
  ) {
    this.#trunk = trunk;
    this.#branches = branches;
  }

  /** The cache of a pair; ends with `scope`. */
  static of(scope: Scope): FactorCache {
    return new FactorCache({ scope, kept: new Map() }, new Map(), []);
  }

  /** The cache of a range of rows of W, with what this one keeps of H; ends with `scope`. */
  rangeOf(scope: Scope, name: string): FactorCache {
    return new FactorCache({ scope, kept: new Map() }, new Map(), [], this, name);
  }

  /** For what follows from H alone. */
  get moment(): FactorCache {
    return this.site && this.site.path.length === this.path.length ? this.site : this;
  }

  /** For numbers, which need no scope. */
  get figures(): FactorCache {
    const { site } = this;
    if (!site) return this;
    // With what the site's own pair keeps: not a basis of its own, which could be forgotten.
    return new FactorCache(site.#trunk, new Map([[this.range, site.#trunk]]), [this.range, ...this.path]);
  }

  /** The cache of the problem that `step` leads to. `from`: what the step follows from; from H alone, H behind it is shared by ranges. */
  under(step: string, from: 'pair' | 'moment' = 'pair'): FactorCache {
    const shared = from === 'moment' && this.moment !== this ? this.moment.under(step) : this.site;
    return new FactorCache(this.#trunk, this.#branches, [...this.path, step], shared, this.range);
  }

  /** What `make` gave when it was first asked for under this name. A failure is not remembered. */
  async remember<T>(what: string, make: (scope: Scope) => Promise<T> | T): Promise<T> {
    return this.recall<T>(what) ?? this.keep(what, await make(this.#branch().scope));
  }

  /** What is kept under this name, if anything is. */
  recall<T>(what: string): T | undefined {
    return this.#branch().kept.get(this.#key(what)) as T | undefined;
  }

  keep<T>(what: string, value: T): T {
    this.#branch().kept.set(this.#key(what), value);
    return value;
  }

  /** Forgets what was not used for longest, until at most `most` bases beside that of the pair itself are kept. Between layers only. */
  trim(most: number): void {
    for (const [name, { scope }] of this.#branches) {
      if (this.#branches.size <= most) return;
      this.#branches.delete(name);
      this.#trunk.scope.end(scope);
    }
  }

  #key(what: string): string {
    return `${this.path.join('/')}#${what}`;
  }

  #branch(): Branch {
    const [first] = this.path;
    if (first === undefined) return this.#trunk;
    const branch = this.#branches.get(first) ?? { scope: this.#trunk.scope.child(first), kept: new Map() };
    this.#branches.delete(first);
    this.#branches.set(first, branch);
    return branch;
  }
}

/** What a point has gathered in a run: what its sites are and weigh, time, and how far it is measured. */
import type { PlannedPoint, Quality } from '../log/events';
import type { Measuring } from './evaluate';

export interface Account {
  /** Of solved sites: SHA-256 of codes and parameters, storage in bits, and operations a token beside their own. */
  readonly hashes: Map<string, string>;
  readonly bits: Map<string, number>;
  readonly operations: Map<string, number>;
  seconds: number;
  measuring: Measuring | null;
  quality: Quality | null;
}

export class Accounts {
  readonly #accounts = new Map<string, Account>();

  /** The point's account, opened when first asked for. */
  of({ id }: Pick<PlannedPoint, 'id'>): Account {
    const account = this.#accounts.get(id) ?? {
      hashes: new Map<string, string>(),
      bits: new Map<string, number>(),
      operations: new Map<string, number>(),
      ...{ seconds: 0, measuring: null, quality: null },
    };
    this.#accounts.set(id, account);
    return account;
  }
}

/** What a point has gathered in a run: solved layers in order, storage, time, and how far it is measured. */
import type { Measuring } from './evaluate';
import type { PlannedPoint, Quality } from '../log/events';

export interface Account {
  /** By block and site. */
  readonly hashes: Map<string, string>;
  linearBits: number;
  embeddingBits: number | null;
  headBits: number | null;
  seconds: number;
  measuring: Measuring | null;
  quality: Quality | null;
}

export class Accounts {
  readonly #accounts = new Map<string, Account>();

  /** The point's account, opened when first asked for. */
  of({ id }: Pick<PlannedPoint, 'id'>): Account {
    const account = this.#accounts.get(id) ?? {
      ...{ hashes: new Map<string, string>(), linearBits: 0, embeddingBits: null, headBits: null },
      ...{ seconds: 0, measuring: null, quality: null },
    };
    this.#accounts.set(id, account);
    return account;
  }
}

/** A kind of input from outside: how one is damaged, and what must hold of whatever comes of it. */
import type { Rng } from '../../src/util/rng';

/** Files by name: what is tried, and what is saved of a fault. */
export type Input = Readonly<Record<string, string | Uint8Array<ArrayBuffer>>>;

export interface Kind {
  readonly name: string;
  /** Of a thousand inputs of all kinds. */
  readonly share: number;
  /** The input of a seed: the same seed gives the same input. */
  make(rng: Rng): Input;
  /**
   * Reads the input as the product does. Returns "accepted", or what else came of it; throws an error of the project where it refuses,
   * a Fault where something does not hold that must. Any other error is a fault, too.
   */
  attempt(input: Input): Promise<string>;
}

/** What must hold and does not. */
export class Fault extends Error {}

export function must(holds: boolean, what: string): void {
  if (!holds) throw new Fault(what);
}

export const textOf = (input: Input, name: string): string => {
  const content = input[name];
  return typeof content === 'string' ? content : new TextDecoder().decode(content);
};

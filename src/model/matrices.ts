/** The matrices of a checkpoint, whatever model they are of: what can be rounded without being run. Headers alone. */
import type { Checkpoint, TensorEntry } from '../formats/checkpoint';

/**
 * Rows and columns of the smallest one: a group of 32 columns is the smallest that formats have, and what is thinner (convolutions of a few
 * taps, tables of two token types) is no layer that anybody quantizes.
 */
const leastSide = 32;

export const isMatrix = ({ shape: [rows = 0, cols = 0, ...rest] }: Pick<TensorEntry, 'shape'>): boolean =>
  rest.length === 0 && rows >= leastSide && cols >= leastSide;

/** In the order of their names. */
export const matricesOf = ({ tensors }: Pick<Checkpoint, 'tensors'>): readonly TensorEntry[] =>
  [...tensors.values()].filter(isMatrix).sort((a, b) => compareNames(a.name, b.name));

/** Part by part; numbers as numbers, before words: "layer.2.x" before "layer.10.x". */
export function compareNames(a: string, b: string): number {
  const [one, other] = [a.split('.'), b.split('.')];
  for (let i = 0; i < Math.min(one.length, other.length); i++) {
    const [x, y] = [one[i] as string, other[i] as string];
    if (x === y) continue;
    if (isNumber(x) !== isNumber(y)) return isNumber(x) ? -1 : 1;
    return (isNumber(x) ? Number(x) - Number(y) : 0) || (x < y ? -1 : 1);
  }
  return one.length - other.length;
}

export const isNumber = (part: string): boolean => /^\d{1,9}$/.test(part);

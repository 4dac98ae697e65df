/** Seeded damage: to bytes, to text, and to the values behind the parser, which the first two rarely reach. */
import type { Rng } from '../../src/util/rng';

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

const nested = (depth: number): Json => JSON.parse('['.repeat(depth) + ']'.repeat(depth)) as Json;

/** Values that some reader of some file has tripped over. */
export const hostile: readonly Json[] = [
  null,
  true,
  false,
  0,
  -1,
  1,
  1.5,
  -0,
  2 ** 31,
  2 ** 32,
  2 ** 53,
  1e300,
  '',
  'a',
  '__proto__',
  'constructor',
  '(a+)+$',
  '\\',
  '\u0000',
  '\ud800',
  'F32',
  'F64',
  'BPE',
  'Sequence',
  'x'.repeat(5000),
  [],
  {},
  [[]],
  [0, 4],
  [4, 0],
  ['a', 'b'],
  { Regex: '[' },
  { String: '' },
  { Regex: '(.*)*x' },
  { type: 'Sequence' },
  { type: 'ByteLevel' },
  { type: 'FixedLength', length: 0 },
  Array<Json>(100).fill(0),
  nested(70),
];

export const pick = <T>(rng: Rng, list: readonly T[]): T => list[rng.integer(list.length)] as T;

/** Every place in the value that can be replaced: its holder and key. */
function places(value: Json, found: [Json[] | Record<string, Json>, string][] = []): typeof found {
  if (typeof value !== 'object' || value === null) return found;
  // Of long lists the beginning stands for the rest: a vocabulary has hundreds of entries of one kind.
  for (const [key, item] of Object.entries(value).slice(0, 12)) {
    found.push([value, key]);
    places(item, found);
  }
  return found;
}

/** The JSON text of the value in `source` with one to three places changed, removed, copied or added. */
export function mutateValue(rng: Rng, source: string): string {
  const value = JSON.parse(source) as Json;
  for (let times = 1 + rng.integer(3); times > 0; times--) {
    const all = places(value);
    if (all.length === 0) break;
    const [holder, key] = pick(rng, all);
    const [from, other] = pick(rng, all);
    const slots = holder as Record<string, Json>;
    switch (rng.integer(5)) {
      case 0:
        if (Array.isArray(holder)) holder.splice(Number(key), 1);
        else Reflect.deleteProperty(slots, key);
        break;
      case 1:
        // A copy: the value must not become a cycle.
        slots[key] = structuredClone((from as Record<string, Json>)[other] ?? null);
        break;
      case 2:
        if (Array.isArray(holder)) holder.push(structuredClone(slots[key] ?? null));
        else
          Object.defineProperty(slots, pick(rng, ['__proto__', 'type', 'x', '']), {
            value: slots[key],
            enumerable: true,
            configurable: true,
            writable: true,
          });
        break;
      case 3:
        slots[key] =
          typeof slots[key] === 'number' ? slots[key] + rng.integer(9) - 4 : structuredClone(pick(rng, hostile));
        break;
      default:
        slots[key] = structuredClone(pick(rng, hostile));
    }
  }
  return JSON.stringify(value);
}

/** `source` cut, or with some characters taken out, put in or repeated. */
export function mutateText(rng: Rng, source: string): string {
  const at = rng.integer(source.length);
  const length = rng.integer(12);
  switch (rng.integer(4)) {
    case 0:
      return source.slice(0, at);
    case 1:
      return source.slice(0, at) + source.slice(at + length);
    case 2:
      return (
        source.slice(0, at) +
        pick(rng, ['"', '{', '}', '[', ']', ',', ':', '\\', '9', 'e', '-', '[[[[', '\u0000']) +
        source.slice(at)
      );
    default:
      return source.slice(0, at) + source.slice(at, at + length).repeat(2) + source.slice(at + length);
  }
}

/** A copy with one to four bytes changed, half of the time among the first `head`; one in ten is cut as well. */
export function mutateBytes(rng: Rng, source: Uint8Array, head = 200): Uint8Array<ArrayBuffer> {
  const mutant = new Uint8Array(source.subarray(0, rng.integer(10) ? source.length : rng.integer(source.length)));
  for (let times = 1 + rng.integer(4); times > 0; times--) {
    mutant[rng.integer(rng.integer(2) ? head : mutant.length)] = rng.integer(256);
  }
  return mutant;
}

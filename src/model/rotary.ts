/**
 * Frequencies of the rotary embedding and the ways in which models stretch them: linear (positions divided by a factor), dynamic (base raised
 * with the length: "NTK-aware"), llama3 (low frequencies divided, high ones kept, a ramp between), yarn (the same with a ramp over the pairs;
 * Peng et al., 2023) and longrope (a factor for every pair, of two lists by the length; Ding et al., 2024). Formulas as transformers defines
 * them for the same names (modeling_rope_utils.py). Float64 on the host. The fields of config.json are ropeFields.ts.
 */

/** How frequencies are stretched. */
export type Stretch =
  | { readonly kind: 'default' }
  | { readonly kind: 'linear'; readonly factor: number }
  | { readonly kind: 'dynamic'; readonly factor: number; readonly maxContext: number }
  | {
      readonly kind: 'llama3';
      readonly factor: number;
      readonly lowFactor: number;
      readonly highFactor: number;
      /** Context before stretching. */
      readonly original: number;
    }
  | {
      readonly kind: 'yarn';
      readonly factor: number;
      /** Context before stretching. */
      readonly original: number;
      /** Turns within it above which a pair keeps its frequency, and below which it is divided. */
      readonly betaFast: number;
      readonly betaSlow: number;
      /** Whether the ends of the ramp are whole pairs. */
      readonly truncate: boolean;
      /** What cosines and sines are multiplied by. */
      readonly magnitude: number;
    }
  | {
      readonly kind: 'longrope';
      /** Of each pair, in windows up to the original context and beyond. */
      readonly short: readonly number[];
      readonly long: readonly number[];
      /** Context before stretching. */
      readonly original: number;
      /** What cosines and sines are multiplied by. */
      readonly magnitude: number;
    };

export type Rope = Stretch & {
  readonly base: number;
  /** Share of a head that is rotated, from its first component on; 1 when left out. */
  readonly partial?: number;
  /** Halves of what is rotated when left out, or neighbours. */
  readonly pairs?: 'halves' | 'neighbours';
};

/** Components of a head of `size` that are rotated. */
export const rotatedWidth = ({ partial = 1 }: Rope, size: number): number => Math.floor(size * partial);

/** What cosines and sines are multiplied by. */
export const rotaryMagnitude = (rope: Rope): number => ('magnitude' in rope ? rope.magnitude : 1);

/** Radians per position of each of `width` / 2 pairs, for windows of `length` tokens. */
export function rotaryFrequencies(rope: Rope, width: number, length: number): Float64Array {
  const plain = (base: number) => Float64Array.from({ length: width / 2 }, (_, i) => base ** ((-2 * i) / width));
  switch (rope.kind) {
    case 'default':
      return plain(rope.base);
    case 'linear':
      return plain(rope.base).map((f) => f / rope.factor);
    case 'dynamic': {
      const stretch = (rope.factor * Math.max(length, rope.maxContext)) / rope.maxContext - (rope.factor - 1);
      return plain(rope.base * stretch ** (width / (width - 2)));
    }
    case 'llama3':
      return plain(rope.base).map((f) => {
        // Turns that a pair makes within the original context.
        const turns = (rope.original * f) / (2 * Math.PI);
        if (turns < rope.lowFactor) return f / rope.factor;
        if (turns > rope.highFactor) return f;
        const kept = (turns - rope.lowFactor) / (rope.highFactor - rope.lowFactor);
        return (1 - kept) * (f / rope.factor) + kept * f;
      });
    case 'yarn': {
      const { base, factor, original, betaFast, betaSlow, truncate } = rope;
      /** The pair that makes so many turns within the original context. */
      const pair = (turns: number) => (width * Math.log(original / (2 * Math.PI * turns))) / (2 * Math.log(base));
      const [low, high] = truncate
        ? [Math.floor(pair(betaFast)), Math.ceil(pair(betaSlow))]
        : [pair(betaFast), pair(betaSlow)];
      const begin = Math.max(low, 0);
      const end = Math.min(high, width - 1);
      const span = end === begin ? 0.001 : end - begin;
      return plain(base).map((f, i) => {
        const divided = Math.min(Math.max((i - begin) / span, 0), 1);
        return f * (1 - divided) + (f / factor) * divided;
      });
    }
    case 'longrope': {
      const factors = length > rope.original ? rope.long : rope.short;
      return plain(rope.base).map((f, i) => f / (factors[i] as number));
    }
  }
}

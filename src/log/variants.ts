/**
 * Ways to calibrate beside the usual one. Some are better or worse ways to know an expert that few tokens reached; others are what the released
 * code of PTQ-Bench does, to show what comes of it. Pure.
 */
import { RecipeError } from '../util/errors';
import { quoted } from '../util/words';

export interface Variants {
  /**
   * The moment of an expert is blended with that over all tokens, which counts as so many tokens; 64 when left out. An expert that no token
   * reached has that over all tokens.
   */
  readonly expertBlend?: number;
  /** Every token of an expert weighs as much as the square of its router weight: exact for the layer whose error the router scales. */
  readonly expertWeights?: 'router';
  /** Experts that no token reached become zero: what a moment of zeros does to them in the released code. */
  readonly deadExperts?: 'zeroed';
  /** Every block is calibrated on what the one before it added to the residual stream alone, as the released code does for Mamba. */
  readonly residual?: 'dropped';
}

/** Tokens that the moment over all of them counts as. */
export const usualBlend = 64;
export const mostBlend = 2 ** 30;

const choices: Readonly<Record<Exclude<keyof Variants, 'expertBlend'>, string>> = {
  expertWeights: 'router',
  deadExperts: 'zeroed',
  residual: 'dropped',
};
const choiceNames = Object.keys(choices) as (keyof typeof choices)[];

/** What sets the run apart, in a fixed order; nothing where it is as usual. */
export function variantWords({ expertBlend, expertWeights, deadExperts, residual }: Variants = {}): readonly string[] {
  return [
    ...(expertBlend !== undefined && expertBlend !== usualBlend
      ? [expertBlend === 0 ? 'experts by their own tokens alone' : `experts blended with ${expertBlend} tokens of all`]
      : []),
    ...(expertWeights ? ['tokens of experts weighted by the router'] : []),
    ...(deadExperts ? ['experts without tokens zeroed'] : []),
    ...(residual ? ['calibrated without the residual stream'] : []),
  ];
}

/** The same without what is usual; undefined where nothing is left. Two that mean the same are equal as text. */
export function plainVariants({ expertBlend, ...rest }: Variants = {}): Variants | undefined {
  const kept = choiceNames.flatMap((name) => (rest[name] === undefined ? [] : [[name, rest[name]] as const]));
  const blend = expertBlend === undefined || expertBlend === usualBlend ? {} : { expertBlend };
  const all = { ...blend, ...Object.fromEntries(kept) };
  return Object.keys(all).length ? all : undefined;
}

/** @throws RecipeError that names the field. */
export function parseVariants(value: unknown, path = 'variants'): Variants {
  const refuse = (field: string, found: unknown, expected: string) =>
    new RecipeError('variants', `${path}.${field} is ${quoted(String(found))}; expected ${expected}`, {
      path: `${path}.${field}`,
    });
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw refuse('', value, 'an object');
  const given = value as Readonly<Record<string, unknown>>;
  for (const [name, found] of Object.entries(given)) {
    if (name === 'expertBlend') {
      const fits = Number.isSafeInteger(found) && (found as number) >= 0 && (found as number) <= mostBlend;
      if (!fits) throw refuse(name, found, `a whole number of tokens from 0 to ${mostBlend}`);
    } else if (!Object.hasOwn(choices, name)) {
      throw refuse(name, found, `one of expertBlend, ${choiceNames.join(', ')}`);
    } else if (found !== choices[name as keyof typeof choices]) {
      throw refuse(name, found, `"${choices[name as keyof typeof choices]}"`);
    }
  }
  return given;
}

/** Two whole numbers, as links carry them: blend + 1, 0 for the usual one, and a bit for each choice. */
export function variantNumbers({ expertBlend, ...rest }: Variants): readonly [blend: number, choices: number] {
  const bits = choiceNames.reduce((sum, name, i) => sum + (rest[name] === undefined ? 0 : 2 ** i), 0);
  return [expertBlend === undefined ? 0 : expertBlend + 1, bits];
}

export function variantsFrom([blend, bits]: readonly [blend: number, choices: number]): Variants {
  const chosen = choiceNames.filter((_, i) => Math.floor(bits / 2 ** i) % 2 === 1);
  return {
    ...(blend > 0 && { expertBlend: blend - 1 }),
    ...Object.fromEntries(chosen.map((name) => [name, choices[name]])),
  };
}

/** `choices` of variantNumbers are below this. */
export const variantBits = 2 ** choiceNames.length;

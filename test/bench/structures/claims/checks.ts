/** Checks as the claims write them. Names of points are those of sets.ts. Pure. */
import { chanceOf, differenceOf, differenceOfLosses, meanDifference, type Difference } from '../differences';
import { listed } from '../../../../src/util/words';
import { findMethod } from '../../../../src/quant/recipe/recipes';
import type { Check } from '../claim';
import { nameOf, type Grouping } from '../sets';
import type { Study, Where } from '../study';

/** Methods whose ln perplexities differ by no more than this are called close: five percent of the perplexity. */
export const close = 0.05;

const methodLabel = (name: string) => findMethod(name)?.label ?? name;
const rowsOf = (group: Grouping) => (group === null ? 'whole rows' : `groups of ${group}`);

/** The same difference from another origin; what is likely by chance is that of the moved one. */
export function shifted(difference: Difference | null, by: number): Difference | null {
  if (!difference || by === 0) return difference;
  const [mean, low, high] = [difference.mean + by, difference.low + by, difference.high + by];
  return { mean, low, high, p: chanceOf(mean, (high - low) / 2) };
}

export const opposite = (difference: Difference | null): Difference | null =>
  difference && { mean: -difference.mean, low: -difference.high, high: -difference.low, p: difference.p };

export interface Points {
  readonly study: Study;
  readonly structure: string;
  readonly bits: number;
  readonly group?: Grouping;
  readonly where?: Where;
}

/** `better` loses less than `other`; with `within`, at most that much more. */
export function beats(
  better: string,
  other: string,
  { study, structure, bits, group = null, where = {} }: Points,
  within = 0,
): Check {
  const side = (method: string) => study.side(structure, nameOf(method, bits, group), where);
  const level = where.level === undefined ? '' : `, ${where.level} % of the training`;
  const at = `${bits} bits, ${rowsOf(group)}${level}`;
  const said = within > 0 ? `no more than ${within} worse than` : 'better than';
  return {
    label: `${methodLabel(better)} ${said} ${methodLabel(other)}, ${at}`,
    difference: shifted(differenceOf(side(better), side(other)), -within),
  };
}

/** The point `better` loses less than the point `other`, each named in full. */
export function pointBeats(
  label: string,
  [better, at]: readonly [string, Where],
  [other, elsewhere]: readonly [string, Where],
  { study, structure }: Pick<Points, 'study' | 'structure'>,
): Check {
  return {
    label,
    difference: differenceOf(study.side(structure, better, at), study.side(structure, other, elsewhere)),
  };
}

/** The method's loss at `level` is below that of the whole training, both against their own full precision. */
export function easierBefore(method: string, level: number, { study, structure, bits }: Points): Check {
  const name = nameOf(method, bits);
  const sides = ([level, 100] as const).map(
    (at) => [study.side(structure, name, { level: at }), study.model(structure, at)?.full] as const,
  );
  return {
    label: `${methodLabel(method)} loses less at ${level} % of the training than at the end, ${bits} bits`,
    difference: differenceOfLosses(sides[0]!, sides[1]!),
  };
}

/** The mean over structures of what `beats` says, without `within`. */
export function beatsOnAverage(
  better: string,
  other: string,
  study: Study,
  names: readonly string[],
  bits: readonly number[],
  within = 0,
): Check {
  const pairs = names.flatMap((structure) =>
    bits.map((width) => {
      const side = (method: string) => study.side(structure, nameOf(method, width));
      return [side(better), side(other)] as const;
    }),
  );
  const said = within > 0 ? `no more than ${within} worse than` : 'better than';
  return {
    label: `${methodLabel(better)} ${said} ${methodLabel(other)}, mean of ${names.length} structures at ${bits.join(' and ')} bits`,
    difference: shifted(meanDifference(pairs), -within),
  };
}

/** ln(perplexity) above which a model has lost more than half of the way to knowing nothing: to a guess among all ids. */
export const halfLost = (full: number, vocabulary: number): number => (Math.log(vocabulary) - full) / 2;

/** The method keeps more than half of what the model knew, or (`lost`) does not. */
export function survives(
  method: string,
  which: 'kept' | 'lost',
  { study, structure, bits, group = null }: Points,
): Check {
  const model = study.model(structure);
  const full = model && { measured: model.full, supply: { calibrated: false, calibration: nothing } };
  const loss = differenceOf(study.side(structure, nameOf(method, bits, group)), full);
  const mean = model ? model.full.losses.reduce((a, b) => a + b, 0) / model.full.losses.length : NaN;
  const kept = shifted(loss, -halfLost(mean, model?.facts?.vocabulary ?? NaN));
  return {
    label: `${methodLabel(method)} ${which === 'kept' ? 'keeps more than' : 'loses more than'} half, ${bits} bits, ${rowsOf(group)}`,
    difference: which === 'kept' ? kept : opposite(kept),
  };
}
const nothing = { tokens: 0, inputs: null, leaked: false };

/** What methods store a weight, for claims that compare by the name of a width; empty where one was not measured. */
export function storedNote(names: readonly string[], { study, structure, bits }: Points): string {
  const stored = names.flatMap((method) => {
    const found = study.side(structure, nameOf(method, bits))?.measured.result?.size.bitsPerWeight;
    return found === undefined ? [] : [`${methodLabel(method)} ${found.toFixed(2)}`];
  });
  return stored.length === names.length ? `Bits stored a weight: ${listed(stored)}.` : '';
}

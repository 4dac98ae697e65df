/**
 * The two tiers of a long table of cases: a part of it stands for the whole in the fast tier, the rest is in the file named *.long.test.ts.
 * No case is in both or in neither. Cases that have caught a fault stand in the fast tier.
 */
export type Tier = 'fast' | 'long';

export const ofTier = <T>(tier: Tier, table: readonly T[], stands: (one: T) => boolean): readonly T[] =>
  table.filter((one) => stands(one) === (tier === 'fast'));

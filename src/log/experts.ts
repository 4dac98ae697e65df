/**
 * What a run tells of experts, block by block: how often tokens go to others than in full precision, how many calibration tokens came to each,
 * and how many directions of its inputs they fill. Pure.
 */
import { expertOf, placeOf } from '../model/siteId';
import type { BlockValue, Estimate, RunEvent, SiteResult } from './events';

export type Calibrated = Extract<RunEvent, { type: 'site-calibrated' }>;

/** Effective ranks of the second moments of all experts, of `inputs` at most. */
export interface Ranks {
  readonly least: number;
  readonly most: number;
  readonly inputs: number;
}

export interface ExpertBlock {
  readonly block: number;
  readonly rerouted: Estimate | null;
  /** Calibration tokens of every expert, by its number; empty where nothing was calibrated. */
  readonly tokens: readonly number[];
  /** Of what the first layers of the experts read; null where no method factored it. */
  readonly ranks: Ranks | null;
}

interface Told {
  /** Of the point, or of all points where they share a calibration. */
  readonly calibrated: readonly Pick<Calibrated, 'point' | 'site' | 'tokens'>[];
  /** Layers of the run. */
  readonly layers: readonly Pick<SiteResult, 'point' | 'site' | 'insight' | 'cols'>[];
  /** What the point's measure of routes tells. */
  readonly rerouted: readonly BlockValue[];
}

/** Blocks of a point that have experts; none where the model has none. */
export function expertBlocks(point: string, { calibrated, layers, rerouted }: Told): readonly ExpertBlock[] {
  const tokens = new Map<number, number[]>();
  for (const { point: of, site, tokens: count } of calibrated) {
    if (of !== null && of !== point) continue;
    const { block, name } = placeOf(site);
    const place = expertOf(name);
    if (block === null || !place) continue;
    const counts = tokens.get(block) ?? [];
    tokens.set(block, counts);
    // The first is what the point was solved on: other parts of the text follow.
    counts[place.expert] ??= count;
  }
  const ranks = new Map<number, Ranks>();
  const solved = new Set<number>();
  /** The first site of every expert: what its others read is its own. */
  const first = new Map<string, string>();
  for (const { point: of, site, insight, cols } of layers) {
    const { block, name } = placeOf(site);
    const place = expertOf(name);
    if (of !== point || block === null || !place) continue;
    solved.add(block);
    const expert = `${block} ${place.expert}`;
    if (!first.has(expert)) first.set(expert, place.own);
    const rank = insight?.moment?.rank;
    if (first.get(expert) !== place.own || rank === undefined || Number.isNaN(rank)) continue;
    const { least = Infinity, most = -Infinity } = ranks.get(block) ?? {};
    ranks.set(block, { least: Math.min(least, rank), most: Math.max(most, rank), inputs: cols });
  }
  const changes = new Map(rerouted.map((value) => [value.block, value]));
  return [...new Set([...solved, ...changes.keys()])]
    .sort((a, b) => a - b)
    .map((block) => ({
      block,
      rerouted: changes.get(block) ?? null,
      tokens: Array.from(tokens.get(block) ?? [], (count) => count ?? 0),
      ranks: ranks.get(block) ?? null,
    }));
}

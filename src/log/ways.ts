/** In what a run is unlike the usual one on purpose, to show what comes of it: in words, wherever its numbers stand. Pure. */
import { listed } from '../util/words';
import type { RunSettings } from './events';
import { variantWords } from './variants';

type Settings = Pick<RunSettings, 'points' | 'variants'>;

/** A few words each; none where the run is as usual. */
export const waysOf = ({ points, variants }: Settings): readonly string[] => [
  ...variantWords(variants),
  ...(points.some(({ assignment }) => assignment?.everywhere) ? ['layers rounded that usually stay as stored'] : []),
];

/** A sentence that stands with the answer; null where the run is as usual. */
export function waysLine(settings: Settings): string | null {
  const ways = waysOf(settings);
  return ways.length ? `Not as usual, to show an effect: ${listed(ways)}. Compare it with the usual run.` : null;
}

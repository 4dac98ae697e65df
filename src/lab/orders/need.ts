/** How far calibration has to go: the last block with a site that has yet to be solved by H. */
import type { Bench } from '../bench';
import { sitesToCalibrate } from '../solveSite';

export interface Need {
  /** By id of the point; none where nothing is missing. */
  readonly last: ReadonlyMap<string, number>;
  readonly lastOfAll: number;
}

export function whatIsMissing(bench: Bench): Need {
  const last = new Map<string, number>();
  for (const point of bench.points) {
    for (let block = 0; block < bench.model.blockCount; block++) {
      if (sitesToCalibrate(bench, point, block).length) last.set(point.id, block);
    }
  }
  return { last, lastOfAll: Math.max(-1, ...last.values()) };
}

/** What an order is given: the bench, how far to calibrate, and how many windows each point is measured on at first. */
export interface Order {
  readonly bench: Bench;
  readonly need: Need;
  readonly rough: number;
}

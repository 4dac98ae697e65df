/** Intervals cut at the edge of what is possible. Pure. */
import type { Estimate } from '../log/events';

export const notBelow = (least: number, { mean, low, high }: Estimate): Estimate => ({
  mean,
  low: Math.max(least, low),
  high,
});

export const within = (least: number, most: number, { mean, low, high }: Estimate): Estimate => ({
  mean,
  low: Math.max(least, low),
  high: Math.min(most, high),
});

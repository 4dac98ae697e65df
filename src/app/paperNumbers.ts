/** ln ratios as the page on the paper writes them. */
import type { Interval } from '../store/paperReport';

export const signed = (value: number, digits = 3): string =>
  `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(digits)}`;

export const signedInterval = ([mean, low, high]: Interval): string =>
  `${signed(mean)} (${signed(low)} to ${signed(high)})`;

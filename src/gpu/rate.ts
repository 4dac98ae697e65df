/** Operations per second of the device, learned from submits: what slices are cut by. Never what results depend on. */
import { submitSeconds } from './limits';

/** Assumed until measured: a slow software adapter. */
export const assumedRate = 5e8;
/** Operations and seconds of a submit from which it measures the device, not the round trip. */
const telling = { work: 1e6, seconds: 1e-3 };
/**
 * No rate below this is believed: a submit that waited for a compilation or another process says nothing of the device. Few enough for
 * any adapter under load, and enough that the submits cut by it are telling: otherwise no later one would be, and it would stay.
 */
const slowestRate = (3 * telling.work) / submitSeconds;

/** The rate after a submit of so many operations took so long; the first replaces the assumption, later ones weigh a fifth. */
export function learnRate(rate: number, work: number, seconds: number): number {
  if (work <= telling.work || seconds <= telling.seconds) return rate;
  const measured = Math.max(slowestRate, work / seconds);
  return rate === assumedRate ? measured : rate * 0.8 + measured * 0.2;
}

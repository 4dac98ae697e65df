/** Values as pictures and verdicts take them: without what is not finite, and with both ends. Pure. */
import type { Values } from './events';

/** Of a finished point: an end that is not known is at the mean, where nothing is drawn of it. */
export const settledValues = (values: Values): Values =>
  mapped(values, (end, mean) => (Number.isNaN(end) ? mean : end));

/** Of a point that is still measured: an end that is not known is as far away as it can be. */
export const openValues = (values: Values): Values => mapped(values, (end, _, far) => (Number.isNaN(end) ? far : end));

/** A mean that is not finite is no value. */
function mapped(values: Values, settle: (end: number, mean: number, far: number) => number): Values {
  const found = Object.entries(values).filter(([, { mean }]) => Number.isFinite(mean));
  return Object.fromEntries(
    found.map(([name, { mean, low, high }]) => [
      name,
      { mean, low: settle(low, mean, -Infinity), high: settle(high, mean, Infinity) },
    ]),
  );
}

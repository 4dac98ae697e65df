/** Share of tokens with −ln p below ln 2. */
import { estimate } from '../../../src/log/statistics';
import { within } from '../../../src/measures/interval';
import type { Measure } from '../../../src/measures/measure';

export const confidence: Measure = () => {
  const windows: Float32Array[] = [];
  return {
    add: ({ nll }) => void windows.push(nll.map((loss) => Number(loss < Math.LN2))),
    values: () => ({ confident: within(0, 1, estimate(windows)) }),
  };
};

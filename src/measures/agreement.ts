/** Share of tokens whose most likely next token is that of full precision. */
import type { Values } from '../log/events';
import { estimate } from '../log/statistics';
import { within } from './interval';
import type { Measure } from './measure';

export const agreement: Measure = () => {
  const agreements: Float32Array[] = [];
  return {
    add({ agree }) {
      if (agree) agreements.push(agree);
    },
    values: (): Values => (agreements.length ? { top1: within(0, 1, estimate(agreements)) } : {}),
  };
};

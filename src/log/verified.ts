/** What is said of changes of basis that were verified before anything was rounded: one sentence for page and command line. */
import type { RunEvent } from './events';

export type Verified = Extract<RunEvent, { type: 'rotation-verified' | 'scales-verified' }>;

export function verifiedLine(event: Verified): string {
  const found = `is the model itself: mean KLD ${event.kld.toExponential(1)} over ${event.tokens} tokens`;
  if (event.type === 'rotation-verified') return `The rotated model (${event.basis}) ${found}`;
  const { folded, sites } = event;
  const all = `The model with scales in the neighbours of ${folded === sites ? `all ${sites}` : `${folded} of ${sites}`} sites`;
  return `${all} ${found}${folded === sites ? '' : '; at the others they are multiplied when the model runs'}`;
}

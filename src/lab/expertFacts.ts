/** What is known of an expert by the tokens that came to it, and what is said where they are few. Pure. */
import { usualBlend, type Variants } from '../log/variants';
import type { QuantEvent } from '../quant/problem';

export interface ExpertFacts {
  /** What has to be said of it with every result. */
  readonly told?: QuantEvent;
  /** No token reached it, and such experts are set to zero. */
  readonly dead?: true;
}

/** An expert knows little from so few tokens: fewer than these, or than this share of the text. */
const fewTokens = 64;
const fewShare = 0.005;

/** What is said of an expert that `tokens` of `all` reached. */
export function expertFacts(
  tokens: number,
  all: number,
  { expertBlend = usualBlend, deadExperts }: Variants,
): ExpertFacts {
  const told = (used: string): Pick<ExpertFacts, 'told'> => {
    const reason = `${tokens === 0 ? 'none' : tokens} of ${all} calibration tokens came to the expert`;
    return { told: { type: 'fallback-used', wanted: 'its own tokens', used, reason } };
  };
  if (tokens === 0) return deadExperts ? { ...told('zeros'), dead: true } : told('those of all experts');
  if (tokens >= Math.max(fewTokens, fewShare * all)) return {};
  return told(expertBlend === 0 ? 'so few as they are' : `these and ${expertBlend} as of all experts`);
}

/** Other ways to calibrate and to round, as the form offers them: which of them mean something for the open model. Pure. */
import { plainVariants } from '../log/variants';
import type { HeaderCard } from '../model/card';
import type { Setup } from './plan';

type Ways = Pick<Setup, 'variants' | 'sites'>;

/** The form's ways without those that the model has no structure for. */
export function possibleWays(
  { experts, states, stayingParameters }: Pick<HeaderCard, 'experts' | 'states' | 'stayingParameters'>,
  { variants: { residual, ...ofExperts }, sites }: Ways,
): Ways {
  const variants = plainVariants({ ...(experts && ofExperts), ...(states && residual && { residual }) }) ?? {};
  return { variants, sites: stayingParameters ? sites : 'usual' };
}

/** Its published groups beside whole rows of all others: what the paper compares. */
const awq = { method: 'awq', option: 'grid.group', group: 128 } as const;

export const awqInGroups = ({ group, overrides }: Setup): boolean =>
  group === null && overrides[awq.method]?.[awq.option] === awq.group;

/** The change of the form that brings AWQ to groups and the others to rows, or takes it back. */
export function withAwqInGroups({ methods, overrides }: Setup, on: boolean): Partial<Setup> {
  const { [awq.method]: { [awq.option]: _, ...own } = {}, ...others } = overrides;
  const changed = on ? { ...own, [awq.option]: awq.group } : own;
  return {
    overrides: Object.keys(changed).length ? { ...others, [awq.method]: changed } : others,
    ...(on && { group: null, methods: methods.includes(awq.method) ? methods : [...methods, awq.method] }),
  };
}

/** The chart in words: what a picture's name says to those who do not see it. Pure. */
import type { Estimate } from '../log/events';
import type { Curve } from './curves';
import { number } from './format';

/** Most curves that are described one by one. */
const mostCurves = 8;

/** "RTN: 6.22 at 8.25 to 56.0 at 2.25 bits/weight; GPTQ: …". */
export function chartSummary(curves: readonly Curve[], reference: Estimate | null, unit: string): string {
  const drawn = curves.filter(({ points }) => points.length > 0);
  const parts = drawn.slice(0, mostCurves).map((curve) => curveSummary(curve, unit));
  if (drawn.length > mostCurves) parts.push(`and ${drawn.length - mostCurves} more curves`);
  if (reference) parts.unshift(`full precision: ${number(reference.mean)}`);
  return parts.length ? `${parts.join('; ')}.` : 'Nothing is measured yet.';
}

export const curveName = ({ label, run }: Pick<Curve, 'label' | 'run'>): string => (run ? `${label}, ${run}` : label);

function curveSummary(curve: Curve, unit: string): string {
  const [widest, narrowest] = [curve.points.at(-1), curve.points[0]];
  if (!widest || !narrowest) return curveName(curve);
  const at = ({ value, x }: typeof widest) => `${number(value.mean)} at ${number(x, 3)}`;
  return `${curveName(curve)}: ${widest === narrowest ? at(widest) : `${at(widest)} to ${at(narrowest)}`} ${unit}`;
}

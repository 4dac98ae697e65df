/** The range worth seeing first: a method that broke at two bits must not press the rest of the chart onto one line. Pure. */
import type { Estimate } from '../log/events';
import { compares, type Curve, type CurvePoint, type YAxis } from './curves';

export type Range = 'near' | 'all';

/** A model of twice the perplexity is of no use to anybody; what lies above is marked at the edge. */
export const nearTimes = 2;

/** Twice the perplexity of full precision, on every axis; a KL divergence is of the same order as the ln ratio. */
export function nearCeiling(axis: YAxis, reference: Estimate | null): number | null {
  if (!reference) return null;
  return compares(axis) ? Math.log(nearTimes) : reference.mean * nearTimes;
}

/**
 * The ceiling of the near range, where it parts the points: null without a reference, without a point above, and where nothing would
 * be left to see.
 */
export function partingCeiling(curves: readonly Curve[], axis: YAxis, reference: Estimate | null): number | null {
  const ceiling = nearCeiling(axis, reference);
  if (ceiling === null) return null;
  const points = curves.flatMap((curve) => curve.points);
  const above = points.filter(({ y }) => y > ceiling).length;
  return above > 0 && above < points.length ? ceiling : null;
}

/** A point as the chart shows it. */
export interface ShownPoint extends Omit<CurvePoint, 'error'> {
  /** As much of the interval as the chart holds; null for a mark, which has none. The same of the interval over calibration texts. */
  readonly error: CurvePoint['error'] | null;
  /** Null within the chart; above it, its place in the stack of marks at about the same x, 0 the topmost. */
  readonly above: number | null;
}

/** Points above the top become marks at the edge, and intervals end there: nothing is drawn outside of the chart. */
export function shownPoints(
  curves: readonly Curve[],
  [bottom, top]: readonly [number, number],
  [low, high]: readonly [number, number],
): ReadonlyMap<string, readonly ShownPoint[]> {
  const places = new Map<CurvePoint, number>();
  const taken: { readonly x: number; readonly place: number }[] = [];
  const above = curves.flatMap(({ points }) => points.filter(({ y }) => y > top));
  // The lowest stands lowest: nearest to where it would be.
  for (const point of above.sort((a, b) => b.y - a.y)) {
    const near = taken.filter(({ x }) => Math.abs(x - point.x) < (high - low) * markWidth);
    const place = near.reduce((least, one) => Math.max(least, one.place + 1), 0);
    taken.push({ x: point.x, place });
    places.set(point, place);
  }
  return new Map(
    curves.map(({ key, points }) => [
      key,
      points.map((point): ShownPoint => {
        const place = places.get(point) ?? null;
        const { y, error, redrawnError } = point;
        const within = ([down, up]: readonly [number, number]) =>
          [Math.min(down, y - bottom), Math.min(up, top - y)] as const;
        return {
          ...point,
          above: place,
          error: place === null ? within(error) : null,
          redrawnError: place === null && redrawnError ? within(redrawnError) : null,
        };
      }),
    ]),
  );
}

/** Share of the chart's width that a mark takes: 14 of about 700 px. */
const markWidth = 0.02;

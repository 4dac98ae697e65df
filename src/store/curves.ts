/** From points to what the chart draws: one curve per method, with x and y as chosen. Pure; no React, no chart library. */
import type { Estimate } from '../log/events';
import { findValue } from '../measures/catalog';
import { overCalibrations } from '../log/verdict/supply';
import { isMatrixMethod } from '../quant/recipe/combinations';
import { groupName } from './format';
import { fullPrecision, type PointView } from './runView';

export type XAxis = 'bits' | 'bits-all' | 'megabytes';
/** Name of a value that is measured (src/measures). */
export type YAxis = string;
export type Scale = 'log' | 'linear';

export interface CurvePoint {
  readonly id: string;
  readonly method: string;
  readonly x: number;
  /** Clamped to what a chart can show; `value` is not. */
  readonly y: number;
  readonly value: Estimate;
  /** Distances from y to the ends of the interval, as the chart's error bars want them. */
  readonly error: readonly [number, number];
  /** What other parts of the calibration text give, on this axis; null where they were not asked for. */
  readonly redrawn: Estimate | null;
  /** Distances from y to the ends of that. */
  readonly redrawnError: readonly [number, number] | null;
  readonly bits: number;
  readonly finished: boolean;
  readonly clamped: boolean;
}

export interface Curve {
  /** Unique in a chart, also beside curves of other runs. */
  readonly key: string;
  /** What the legend calls it. */
  readonly label: string;
  /** Name of the run that it is of, where the chart holds several; null for the shown run alone. */
  readonly run: string | null;
  readonly method: string;
  readonly group: number | null;
  readonly points: readonly CurvePoint[];
}

/** Name of the curve that the points of a combination matrix make. */
export const combinations = 'combinations';

/** Above this a perplexity only says "broken": a model that guesses uniformly over a vocabulary of 10⁵ is here. */
export const highestPerplexity = 1e5;
/** A difference from full precision is as far as that in nats. */
const highestOf = (axis: YAxis): number => (compares(axis) ? Math.log(highestPerplexity) : highestPerplexity);

/** Whether the axis shows a difference from full precision, which full precision itself has none of. */
export const compares = (axis: YAxis): boolean => findValue(axis)?.against === 'full precision';

/** An interval that reaches zero ends this far below its mean on a log axis: far enough to leave the chart. */
const lowestOnLog = 1e-6;

/**
 * The value of a point on the axis. A perplexity is drawn as that of full precision times the paired ratio: the same number when all
 * windows are in, a far better one before, and its interval says what can be told apart, because both saw the same windows.
 */
export function yValue(point: PointView, axis: YAxis, reference: Estimate | null): Estimate | null {
  return axis === 'perplexity' ? pairedPerplexity(point, reference) : (point.values[axis] ?? null);
}

export function pairedPerplexity({ values }: PointView, reference: Estimate | null): Estimate | null {
  const { perplexity = null, lnRatio } = values;
  return reference && lnRatio ? timesReference(lnRatio, reference) : perplexity;
}

/** What the others are compared with, once it is measured. */
export function referencePerplexity(points: readonly PointView[]): Estimate | null {
  return points.find(({ id }) => id === fullPrecision)?.values['perplexity'] ?? null;
}

function timesReference(lnRatio: Estimate, reference: Estimate): Estimate {
  const times = (ln: number) => reference.mean * Math.exp(ln);
  return { mean: times(lnRatio.mean), low: times(lnRatio.low), high: times(lnRatio.high) };
}

/** The interval over calibration texts on the axis; null where there is none: all but the ln ratio is measured with one text only. */
function redrawnValue(point: PointView, axis: YAxis, reference: Estimate | null): Estimate | null {
  const over = axis === 'lnRatio' || axis === 'perplexity' ? overCalibrations(point) : null;
  if (!over || axis === 'lnRatio') return over;
  return reference && timesReference(over, reference);
}

export function xValue(point: PointView, axis: XAxis): number | null {
  if (axis === 'bits') return point.size?.bitsPerWeight ?? null;
  return (axis === 'megabytes' ? point.size?.megabytes : point.size?.bitsPerWeightAll) ?? null;
}

export interface Naming {
  /** A method's label; its own name where this is missing. */
  readonly label?: (method: string) => string;
  /** The run that the points are of, where the chart holds several. */
  readonly run?: string;
}

/** The curves, methods in the order in which they appear. Points that cannot be drawn yet are left out. */
export function curves(
  points: readonly PointView[],
  x: XAxis,
  y: YAxis,
  scale: Scale,
  { label = (method) => method, run }: Naming = {},
): Curve[] {
  const reference = referencePerplexity(points);
  const byKey = new Map<string, { method: string; group: number | null; points: CurvePoint[] }>();
  for (const point of points) {
    if (point.id === fullPrecision) continue;
    const key = curveKey(point);
    const curve = byKey.get(key) ?? { method: curveMethod(point.method), group: point.group, points: [] };
    byKey.set(key, curve);
    const values = { own: yValue(point, y, reference), redrawn: redrawnValue(point, y, reference) };
    const drawn = curvePoint(point, xValue(point, x), values, y, scale);
    if (drawn) curve.points.push(drawn);
  }
  const groups = new Set([...byKey.values()].map(({ group }) => group));
  return [...byKey].map(([key, curve]) => ({
    key: run === undefined ? key : `${run}/${key}`,
    label: label(curve.method) + (groups.size > 1 ? ` · ${groupName(curve.group)}` : ''),
    run: run ?? null,
    method: curve.method,
    group: curve.group,
    points: curve.points.sort((a, b) => a.x - b.x),
  }));
}

/** Keys of the shown run's curves, in their order: a table of the points names them by the same looks. */
export function curveKeys(points: readonly Pick<PointView, 'id' | 'method' | 'group'>[]): string[] {
  return [...new Set(points.filter(({ id }) => id !== fullPrecision).map(curveKey))];
}

export function curveKey(point: Pick<PointView, 'method' | 'group'>): string {
  return `${curveMethod(point.method)}/${point.group ?? 'row'}`;
}

/** The cells of a combination matrix are one cloud of points: a curve of its own for each would be a legend of fifty. */
const curveMethod = (method: string) => (isMatrixMethod(method) ? combinations : method);

function curvePoint(
  point: PointView,
  x: number | null,
  { own: value, redrawn }: Readonly<Record<'own' | 'redrawn', Estimate | null>>,
  yAxis: YAxis,
  scale: Scale,
): CurvePoint | null {
  if (x === null || value === null || !Number.isFinite(x) || Number.isNaN(value.mean)) return null;
  // A difference at or below zero is "no loss seen": a log axis has no place for it.
  if (scale === 'log' && value.mean <= 0) return null;
  const low = scale === 'log' ? value.mean * lowestOnLog : -Infinity;
  const clamp = (v: number) => Math.min(highestOf(yAxis), Math.max(low, v));
  const y = clamp(value.mean);
  const around = (interval: Estimate) => [y - clamp(interval.low), clamp(interval.high) - y] as const;
  return {
    id: point.id,
    method: point.method,
    x,
    y,
    value,
    error: around(value),
    redrawn,
    redrawnError: redrawn && around(redrawn),
    bits: point.bits,
    finished: point.state === 'finished',
    clamped: y !== value.mean,
  };
}

/** What the values show best on, where nobody has chosen. */
export const naturalScale = (y: YAxis): Scale => findValue(y)?.scale ?? 'linear';

/** The reference of the y axis with its interval: the full-precision perplexity, or zero where the axis compares with it. */
export function referenceValue(points: readonly PointView[], y: YAxis): Estimate | null {
  const values = points.find(({ id }) => id === fullPrecision)?.values;
  if (!compares(y)) return values?.[y] ?? null;
  return values?.['perplexity'] ? { mean: 0, low: 0, high: 0 } : null;
}

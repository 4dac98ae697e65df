/** The chart's axes for what is to be drawn: stable while points come in, because planned widths count from the start. Pure. */
import type { Estimate } from '../log/events';
import type { HeaderCard } from '../model/card';
import { compares, type Curve, type Scale, type XAxis, type YAxis } from './curves';
import { storage } from './storage';
import { linearAxis, logAxis, type Axis } from './ticks';

export function xFrame(
  curves: readonly Curve[],
  axis: XAxis,
  plannedBits: readonly number[],
  model: HeaderCard | null,
): Axis {
  // Group parameters add a fraction of a bit: one more than the widest has room for them.
  const planned = plannedBits.length ? [Math.min(...plannedBits), Math.max(...plannedBits) + 1] : [2, 9];
  const edges = planned.map((bits) => {
    if (!model) return bits;
    const { bitsPerWeight, bitsPerWeightAll, megabytes } = storage(model, bits);
    return { bits: bitsPerWeight, 'bits-all': bitsPerWeightAll, megabytes }[axis];
  });
  const xs = [...edges, ...curves.flatMap(({ points }) => points.map(({ x }) => x))];
  const { domain, ticks } = linearAxis(Math.min(...xs), Math.max(...xs), axis === 'megabytes' ? 6 : 8);
  // Room for half a marker: none on an outermost tick is cut.
  const room = (domain[1] - domain[0]) * 0.012;
  const [first, last] = [Math.min(...xs), Math.max(...xs)];
  const cut = curves.some(({ points }) => points.some(({ x }) => x === first || x === last));
  return {
    domain: [
      cut && first - domain[0] < room ? domain[0] - room : domain[0],
      cut && domain[1] - last < room ? domain[1] + room : domain[1],
    ],
    ticks,
  };
}

/** The vertical axis; with a ceiling, for the points up to it: the others are marked at the edge. */
export function yFrame(
  curves: readonly Curve[],
  reference: Estimate | null,
  axis: YAxis,
  scale: Scale,
  ceiling = Infinity,
): Axis {
  const points = curves.flatMap((curve) => curve.points).filter(({ y }) => y <= ceiling);
  const referenceValues = reference && (scale === 'linear' || reference.mean > 0) ? [reference.mean] : [];
  // Differences smaller than these are noise on any text: the axis never zooms in on them.
  const [floor, roof] = leastSpan(reference, axis, scale);
  const highs = [...roof, ...points.map(({ y, error }) => Math.min(y + error[1], ceiling)), ...referenceValues];
  const lows = [
    ...floor,
    // On a log axis a wide interval below its mean would squeeze everything else.
    ...points.map(({ y, error }) => (scale === 'log' ? Math.max(y - error[0], y * 0.6) : y - error[0])),
    ...referenceValues,
  ];
  if (highs.length === 0)
    return scale === 'log' ? logAxis(compares(axis) ? 1e-3 : 1, compares(axis) ? 1 : 100) : linearAxis(0, 1);
  const low = Math.min(...lows);
  const high = Math.max(...highs);
  if (scale === 'log') return logAxis(low, high);
  const { domain, ticks } = linearAxis(low, high);
  // Room below, so that a marker on the lowest line is whole.
  return { domain: [domain[0] - (domain[1] - domain[0]) * 0.03, domain[1]], ticks };
}

/** What the axis shows at least: 5 % around full precision and its whole band, or as much of a difference from it. */
function leastSpan(reference: Estimate | null, axis: YAxis, scale: Scale): [number[], number[]] {
  if (!reference) return [[], []];
  if (!compares(axis)) {
    return [
      [reference.mean / 1.05, reference.low],
      [reference.mean * 1.05, reference.high],
    ];
  }
  // ln 1.05, and nats of the same order.
  return scale === 'log' ? [[], []] : [[0], [0.05]];
}

/** The drawing: one curve per method, points with their intervals, the full-precision line. Its numbers are the table's. */
import {
  CartesianGrid,
  ErrorBar,
  ReferenceArea,
  ReferenceLine,
  ResponsiveContainer,
  Scatter,
  ScatterChart,
  Tooltip,
  XAxis,
  YAxis,
} from 'recharts';
import type { Estimate } from '../lab/events';
import type { MethodMeta } from '../quant/recipe';
import type { Curve, CurvePoint, Scale, XAxis as X, YAxis as Y } from '../store/curves';
import { number, tick, withInterval } from '../store/format';
import type { Axis } from '../store/ticks';
import { units, xTitles, yTitles } from './chartTitles';
import { labelOf, looksOf, Marker, type Looks } from './series';

interface Props {
  readonly curves: readonly Curve[];
  /** Curves of a shared run to compare with. */
  readonly ghosts: readonly Curve[];
  readonly reference: Estimate | null;
  readonly xAxis: Axis;
  readonly yAxis: Axis;
  readonly x: X;
  readonly y: Y;
  readonly scale: Scale;
  readonly methods: readonly MethodMeta[];
}

export default function Chart({ curves, ghosts, reference, xAxis, yAxis, x, y, scale, methods }: Props) {
  const shown = reference && (scale === 'linear' || reference.mean > 0) ? reference : null;
  return (
    <ResponsiveContainer width="100%" height="100%">
      <ScatterChart
        margin={{ top: 8, right: 16, bottom: 22, left: 8 }}
        title={`${yTitles[y]} over ${xTitles[x]}`}
        desc="The table Results has the same numbers."
      >
        <CartesianGrid stroke="var(--line)" vertical={false} />
        <XAxis
          type="number"
          dataKey="x"
          domain={[...xAxis.domain]}
          ticks={[...xAxis.ticks]}
          tickFormatter={tick}
          stroke="var(--axis)"
          tick={tickStyle}
          tickLine={false}
          allowDataOverflow
          label={{ value: xTitles[x], position: 'bottom', offset: 6, ...labelStyle }}
        />
        <YAxis
          type="number"
          dataKey="y"
          scale={scale}
          domain={[...yAxis.domain]}
          ticks={[...yAxis.ticks]}
          tickFormatter={tick}
          stroke="var(--axis)"
          tick={tickStyle}
          tickLine={false}
          allowDataOverflow
          width={62}
          label={{ value: yTitles[y], angle: -90, position: 'insideLeft', offset: 2, ...labelStyle, style: middle }}
        />
        {shown && shown.high > shown.low && (
          <ReferenceArea y1={shown.low} y2={shown.high} fill="var(--ink)" fillOpacity={0.05} ifOverflow="hidden" />
        )}
        {shown && <ReferenceLine y={shown.mean} stroke="var(--ink)" strokeDasharray="1 3" strokeWidth={1.5} />}
        <Tooltip
          cursor={false}
          isAnimationActive={false}
          wrapperClassName="tip-place"
          content={({ payload }) => {
            const point = payload?.[0]?.payload as (CurvePoint & { readonly label: string }) | undefined;
            return point ? <Tip point={point} unit={units[x]} /> : null;
          }}
        />
        {ghosts.map((curve) => (
          <Scatter
            key={`shared ${curve.key}`}
            className="ghost"
            data={[...curve.points]}
            shape={markerOf(looksOf(curve.method, methods), 'hollow')}
            isAnimationActive={false}
            tooltipType="none"
          />
        ))}
        {curves.map((curve) => {
          const looks = looksOf(curve.method, methods);
          const label = labelOf(curve.method, methods);
          return (
            <Scatter
              key={curve.key}
              className={curve.run === null ? undefined : 'beside'}
              name={label}
              data={curve.points.map((point) => ({
                ...point,
                label: labelOf(point.method, methods) + (curve.run === null ? '' : `, ${curve.run}`),
              }))}
              line={
                looks.line === 'drawn' && {
                  stroke: looks.colour,
                  strokeWidth: 2,
                  strokeDasharray: curve.run === null ? looks.dash : '3 4',
                }
              }
              shape={markerOf(looks, curve.run === null ? undefined : 'hollow')}
              isAnimationActive={false}
            >
              <ErrorBar
                dataKey="error"
                direction="y"
                width={4}
                stroke={looks.colour}
                strokeWidth={1.25}
                isAnimationActive={false}
              />
            </Scatter>
          );
        })}
      </ScatterChart>
    </ResponsiveContainer>
  );
}

const tickStyle = { fill: 'var(--muted)', fontSize: 12 };
const labelStyle = { fill: 'var(--muted)', fontSize: 12 };
const middle = { textAnchor: 'middle' } as const;

/** The marker as recharts asks for it; a point that is still being measured is hollow. */
function markerOf(looks: Looks, fill?: 'hollow') {
  return function shape({ cx, cy, payload }: { cx?: number; cy?: number; payload?: unknown }) {
    const { finished } = payload as CurvePoint;
    return <Marker looks={looks} x={cx ?? 0} y={cy ?? 0} fill={fill ?? (finished ? 'solid' : 'hollow')} />;
  };
}

function Tip({ point, unit }: { readonly point: CurvePoint & { readonly label: string }; readonly unit: string }) {
  const { label, bits, x, value, finished } = point;
  return (
    <div className="tip">
      <strong>
        {label}, {bits} bits
      </strong>
      <span>
        {withInterval(value.mean, value.low, value.high)} ({number(value.low)} to {number(value.high)})
      </span>
      <span>
        at {number(x)} {unit}
        {finished ? '' : ', still measuring'}
      </span>
    </div>
  );
}

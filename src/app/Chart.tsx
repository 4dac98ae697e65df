/** The drawing: one curve per method, points with their intervals, the full-precision line. Its numbers are the table's. */
import {
  createContext,
  memo,
  useContext,
  useLayoutEffect,
  useMemo,
  useRef,
  type KeyboardEvent,
  type RefObject,
} from 'react';
import {
  CartesianGrid,
  ErrorBar,
  ReferenceArea,
  ReferenceLine,
  ResponsiveContainer,
  Scatter,
  ScatterChart,
  XAxis,
  YAxis,
} from 'recharts';
import type { Estimate } from '../log/events';
import type { Curve, Scale, XAxis as X, YAxis as Y } from '../store/curves';
import { tick } from '../store/format';
import { shownPoints, type ShownPoint } from '../store/range';
import { chartSummary, curveName } from '../store/summary';
import type { Axis } from '../store/ticks';
import { ChartTip, pointWords, type Said, type TipHandle } from './ChartTip';
import { units, xTitles, yTitle } from './chartTitles';
import { Arrow, Marker, type Looks } from './series';

interface Props {
  readonly curves: readonly Curve[];
  /** Curves of a shared run to compare with. */
  readonly ghosts: readonly Curve[];
  readonly looks: ReadonlyMap<string, Looks>;
  /** Key of the curve that stands out; null for none. */
  readonly lit: string | null;
  /** The shown run's point that the answer names, and what it is to it; null for none. */
  readonly chosen: { readonly id: string; readonly as: string } | null;
  readonly reference: Estimate | null;
  readonly xAxis: Axis;
  readonly yAxis: Axis;
  readonly x: X;
  readonly y: Y;
  readonly scale: Scale;
}

const margin = { top: 8, right: 16, bottom: 22, left: 8 };

export default memo(function Chart(props: Props) {
  const { curves, ghosts, looks, lit, chosen, reference, xAxis, yAxis, x, y, scale } = props;
  const tip = useRef<TipHandle>(null);
  const focused = useRef<string | null>(null);
  const shared = useMemo(
    () => ({
      tip,
      focused: () => focused.current,
      focus: (key: string | null) => {
        focused.current = key;
      },
    }),
    [],
  );
  const shown = reference && (scale === 'linear' || reference.mean > 0) ? reference : null;
  const points = shownPoints(curves, yAxis.domain, xAxis.domain);
  const behind = shownPoints(ghosts, yAxis.domain, xAxis.domain);
  const first = curves.find((curve) => curve.points.length > 0);
  const isChosen = (curve: Curve, { id }: ShownPoint) => (curve.run === null && id === chosen?.id ? chosen.as : null);
  const drawn = (curve: Curve, of: typeof points, kind: 'own' | 'ghost'): Drawn[] =>
    (of.get(curve.key) ?? []).map((point, i) => ({
      ...point,
      look: looks.get(curve.key),
      said: {
        name: curveName(curve),
        point,
        unit: units[x],
        above: point.above !== null,
        chosen: isChosen(curve, point),
      },
      own: kind === 'own',
      first: curve === first && i === 0,
    }));
  return (
    <div
      className="chart-drawing"
      role="group"
      aria-label={`${yTitle(y)} over ${xTitles[x]}. ${chartSummary(curves, shown, units[x])}`}
      onKeyDown={toNextPoint}
    >
      <TipContext value={shared}>
        <ResponsiveContainer width="100%" height="100%">
          <ScatterChart
            accessibilityLayer={false}
            margin={margin}
            title={`${yTitle(y)} over ${xTitles[x]}`}
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
              label={{ value: yTitle(y), angle: -90, position: 'insideLeft', offset: 2, ...labelStyle, style: middle }}
            />
            {shown && shown.high > shown.low && (
              <ReferenceArea y1={shown.low} y2={shown.high} fill="var(--ink)" fillOpacity={0.05} ifOverflow="hidden" />
            )}
            {shown && <ReferenceLine y={shown.mean} stroke="var(--ink)" strokeDasharray="1 3" strokeWidth={1.5} />}
            {ghosts.map((curve) => {
              const look = looks.get(curve.key);
              return (
                look && (
                  <Scatter
                    key={`shared ${curve.key}`}
                    className="ghost"
                    data={drawn(curve, behind, 'ghost')}
                    shape={PointShape}
                    isAnimationActive={false}
                  />
                )
              );
            })}
            {curves.map((curve) => {
              const look = looks.get(curve.key);
              return (
                look && (
                  <Scatter
                    key={curve.key}
                    className={lit !== null && lit !== curve.key ? 'faded' : ''}
                    name={curveName(curve)}
                    data={drawn(curve, points, 'own')}
                    line={
                      look.line === 'drawn' && {
                        stroke: look.colour,
                        strokeWidth: lit === curve.key ? 3 : 2,
                        strokeDasharray: look.dash,
                      }
                    }
                    shape={PointShape}
                    isAnimationActive={false}
                  >
                    {/* Over calibration texts: a broad pale bar behind the slender one over evaluation windows. */}
                    <ErrorBar
                      dataKey="redrawnError"
                      direction="y"
                      width={0}
                      stroke={look.colour}
                      strokeWidth={7}
                      strokeOpacity={lit !== null && lit !== curve.key ? 0.08 : 0.3}
                      isAnimationActive={false}
                    />
                    <ErrorBar
                      dataKey="error"
                      direction="y"
                      width={4}
                      stroke={look.colour}
                      strokeWidth={1.25}
                      strokeOpacity={lit !== null && lit !== curve.key ? 0.2 : 1}
                      isAnimationActive={false}
                    />
                  </Scatter>
                )
              );
            })}
          </ScatterChart>
        </ResponsiveContainer>
      </TipContext>
      <ChartTip ref={tip} />
    </div>
  );
});

/** A point with all that its drawing needs. */
interface Drawn extends ShownPoint {
  readonly look: Looks | undefined;
  readonly said: Said;
  /** Whether it is of the shown run; one of a shared run behind it says nothing. */
  readonly own: boolean;
  /** Whether it is the chart's stop in the order of the page. */
  readonly first: boolean;
}

/** One function for all points and all time: with another one, the chart library would draw each anew and the focus would be lost. */
function PointShape({ cx = 0, cy = 0, payload }: { cx?: number; cy?: number; payload?: unknown }) {
  return <Point cx={cx} cy={cy} drawn={payload as Drawn} />;
}

/**
 * Where points say what they are, and which of them has the focus: the chart library draws them anew as it likes, and the new one takes
 * the focus over. A context, because that library freezes all that it is given as data.
 */
const TipContext = createContext<{
  readonly tip: RefObject<TipHandle | null>;
  readonly focused: () => string | null;
  readonly focus: (key: string | null) => void;
} | null>(null);

function Point({ cx, cy, drawn }: { readonly cx: number; readonly cy: number; readonly drawn: Drawn }) {
  const shared = useContext(TipContext);
  const element = useRef<SVGGElement>(null);
  const { above, finished, look, said, own, first, id } = drawn;
  const key = `${said.name} ${id}`;
  // Before anything else can happen: a key that is pressed meanwhile would go to the page.
  useLayoutEffect(() => {
    if (shared?.focused() === key && document.activeElement === document.body) {
      element.current?.focus({ preventScroll: true });
    }
  }, [shared, key]);
  if (!look) return <g />;
  const at = above === null ? cy : margin.top + 9 + 14 * above;
  const mark =
    above === null ? (
      <Marker looks={look} x={cx} y={cy} fill={own && finished ? 'solid' : 'hollow'} />
    ) : (
      <Arrow looks={look} x={cx} y={at} />
    );
  if (!own) return mark;
  const show = () => shared?.tip.current?.show(said, cx, at);
  const hide = () => shared?.tip.current?.hide();
  return (
    <g
      ref={element}
      className="point"
      role="img"
      aria-label={pointWords(said)}
      // One stop in the order of the page; arrow keys go from point to point.
      tabIndex={first ? 0 : -1}
      onMouseEnter={show}
      onMouseLeave={hide}
      onFocus={() => {
        shared?.focus(key);
        show();
      }}
      onBlur={({ currentTarget }) => {
        hide();
        // One that was drawn anew is gone by then, and has not given up the focus.
        queueMicrotask(() => {
          if (currentTarget.isConnected && shared?.focused() === key) shared.focus(null);
        });
      }}
    >
      {/* A target that fingers hit. */}
      <circle className="target" cx={cx} cy={at} r={11} fill="transparent" />
      {said.chosen !== null && <circle className="chosen-ring" cx={cx} cy={at} r={10} fill="none" />}
      {mark}
    </g>
  );
}

const tickStyle = { fill: 'var(--muted)', fontSize: 12 };
const labelStyle = { fill: 'var(--muted)', fontSize: 12 };
const middle = { textAnchor: 'middle' } as const;

/** Arrow keys, Home and End move the focus along the points, curve by curve. */
function toNextPoint(event: KeyboardEvent<HTMLElement>): void {
  const points = [...event.currentTarget.querySelectorAll<SVGGElement>('.point')];
  const at = points.indexOf(document.activeElement as SVGGElement);
  if (at < 0) return;
  const steps: Readonly<Record<string, number>> = {
    ArrowRight: at + 1,
    ArrowDown: at + 1,
    ArrowLeft: at - 1,
    ArrowUp: at - 1,
    Home: 0,
    End: points.length - 1,
  };
  const next = steps[event.key];
  if (next === undefined) return;
  event.preventDefault();
  points[Math.min(points.length - 1, Math.max(0, next))]?.focus();
}

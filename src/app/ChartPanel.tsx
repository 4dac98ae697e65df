/** The chart with its axes to choose and its legend. The drawing itself is a chunk of its own, loaded when the page is up. */
import { lazy, Suspense, useCallback, useMemo, useRef, useState } from 'react';
import { waysOf } from '../log/ways';
import { valueMetas } from '../measures/catalog';
import {
  curves,
  naturalScale,
  referencePerplexity,
  referenceValue,
  type Scale,
  type XAxis,
  type YAxis,
} from '../store/curves';
import { columnsOf } from '../store/columns';
import type { PointView } from '../store/runView';
import { besideAbouts, besideCurves, highestReference, marksOf, whatDiffers } from '../store/beside';
import { withInterval } from '../store/format';
import { xFrame, yFrame } from '../store/frame';
import { partingCeiling, type Range } from '../store/range';
import { obstacle } from '../store/ready';
import { Answer, useAnswer } from './Answer';
import { ChartEmpty } from './ChartEmpty';
import { ChartExports } from './ChartExports';
import { useLab, useLabState } from './context';
import { Segmented } from './controls';
import { Legend } from './Legend';
import { RangeNote } from './RangeNote';
import { labelOf, looksOf } from './series';
import { useBeside } from './useBeside';
import { useThrottled } from './useThrottled';

const Chart = lazy(() => import('./Chart'));

/** Axes of the values that every run has, of those that some point has, and the chosen one. */
const yAxesFor = (points: readonly PointView[], chosen: YAxis) => {
  const there = columnsOf(points);
  return valueMetas.flatMap((meta) => {
    const { name, help, axis } = meta;
    return axis && (there.includes(meta) || name === chosen) ? [{ value: name, label: axis.label, title: help }] : [];
  });
};
const xAxes: readonly { readonly value: XAxis; readonly label: string; readonly title: string }[] = [
  { value: 'bits', label: 'bits/weight', title: 'Storage per quantized weight, scales and zeros included' },
  {
    value: 'bits-all',
    label: 'all weights',
    title: 'Storage per weight of the whole model, embeddings and head included',
  },
  { value: 'megabytes', label: 'MB', title: 'Size of the whole model, 10⁶ bytes' },
];
const scales: readonly { readonly value: Scale; readonly label: string }[] = [
  { value: 'log', label: 'log' },
  { value: 'linear', label: 'linear' },
];

/** Milliseconds between redraws: a chart of six curves with error bars takes about 40 ms (5 Hz leaves the page quick). */
const redraw = 200;

export function ChartPanel() {
  const lab = useLab();
  const state = useLabState((state) => ({
    run: state.run,
    running: state.activity !== 'idle',
    axes: state.axes,
    ghost: state.source === 'live' ? (state.shared?.run.points ?? null) : null,
    widths: state.setup.widths,
    card: state.checkpoint.card,
    why: obstacle(state, lab.methods),
  }));
  const { x, y } = state.axes;
  const scale = state.axes.scale ?? naturalScale(y);
  const beside = useBeside();
  const points = useThrottled(state.run.points, redraw);
  const planned = state.run.about?.settings.points ?? null;
  const model = state.run.model ?? state.card;

  const [picked, setPicked] = useState<readonly string[]>([]);
  const [lit, setLit] = useState<string | null>(null);
  const [range, setRange] = useState<Range>('near');
  const { chosen, within, goal } = useAnswer();
  const nearest = goal.kind === 'loss' ? 'the least loss' : 'the smallest';
  const as = within ? 'the point to take' : nearest;
  const chosenId = chosen?.id ?? null;
  const named = useMemo(() => (chosenId === null ? null : { id: chosenId, as }), [chosenId, as]);
  const drawing = useRef<HTMLDivElement>(null);
  const label = useCallback((method: string) => labelOf(method, lab.methods), [lab.methods]);

  const all = useMemo(
    () => [...curves(points, x, y, scale, { label }), ...besideCurves(beside, x, y, scale, label)],
    [points, beside, x, y, scale, label],
  );
  const drawn = useMemo(() => {
    const alone = picked.filter((key) => all.some((curve) => curve.key === key));
    const wanted = (curve: { readonly key: string }) => alone.length === 0 || alone.includes(curve.key);
    const ghosts = state.ghost ? curves(state.ghost, x, y, scale, { label }).filter(wanted) : [];
    const found = all.filter(wanted);
    const measured = referenceValue(points, y);
    // A log axis has no place for zero: then nothing is drawn, and the legend does not name it.
    const reference = measured && (scale === 'linear' || measured.mean > 0) ? measured : null;
    const bits = planned ? planned.filter(({ assignment }) => assignment).map((point) => point.bits) : state.widths;
    const ceiling = partingCeiling([...found, ...ghosts], y, highestReference(measured, beside, y));
    return {
      curves: found,
      ghosts,
      // Those of the whole chart: a curve keeps its looks when others are hidden.
      looks: looksOf(all),
      reference,
      ceiling,
      xAxis: xFrame([...found, ...ghosts], x, bits, model),
      yAxis: yFrame([...found, ...ghosts], reference, y, scale, range === 'near' ? (ceiling ?? undefined) : undefined),
    };
  }, [all, picked, points, beside, x, y, scale, range, label, state.ghost, planned, state.widths, model]);

  const marks = useMemo(
    () => marksOf([{ name: null, about: state.run.about }, ...besideAbouts(beside)]),
    [state.run.about, beside],
  );
  const differs = useMemo(() => whatDiffers(state.run.about, beside), [state.run.about, beside]);
  const full = referencePerplexity(points);
  const empty = !drawn.reference && [...drawn.curves, ...drawn.ghosts].every((curve) => curve.points.length === 0);
  return (
    <section className="panel chart-panel" aria-label="Chart">
      <header className="panel-head">
        <div>
          <h2>{state.run.about ? state.run.about.model.name : 'The curve'}</h2>
          <p className="hint">{subtitle(state.run.about, full)}</p>
        </div>
        <div className="chart-controls">
          <Segmented
            legend="Vertical axis"
            legendStyle="hidden"
            value={y}
            options={yAxesFor([...points, ...beside.flatMap(({ view }) => view?.points ?? [])], y)}
            onChange={(next) => lab.look({ y: next, scale: null })}
          />
          <Segmented
            legend="Scale"
            legendStyle="hidden"
            value={scale}
            options={scales}
            onChange={(next) => lab.look({ scale: next })}
          />
          <Segmented
            legend="Horizontal axis"
            legendStyle="hidden"
            value={x}
            options={xAxes}
            onChange={(next) => lab.look({ x: next })}
          />
        </div>
      </header>
      <Legend
        curves={all}
        looks={drawn.looks}
        picked={picked}
        onPick={setPicked}
        onLight={setLit}
        reference={drawn.reference !== null}
        marks={marks}
        y={y}
      />
      <div className="chart" ref={drawing}>
        <Suspense fallback={null}>
          <Chart
            curves={drawn.curves}
            ghosts={drawn.ghosts}
            looks={drawn.looks}
            lit={lit}
            chosen={named}
            reference={drawn.reference}
            xAxis={drawn.xAxis}
            yAxis={drawn.yAxis}
            x={x}
            y={y}
            scale={scale}
          />
        </Suspense>
        {empty && <ChartEmpty running={state.running} why={state.why} />}
      </div>
      {differs && <p className="answer-warning">{differs}</p>}
      <div className="chart-foot">
        {drawn.ceiling !== null && (
          <RangeNote
            curves={drawn.curves}
            ceiling={drawn.ceiling}
            y={y}
            several={beside.length > 0}
            range={range}
            onChange={setRange}
          />
        )}
        {!empty && (
          <ChartExports
            drawing={drawing}
            name={state.run.about?.model.name ?? 'Bitcurve'}
            line={subtitle(state.run.about, full)}
            curves={drawn.curves}
            looks={drawn.looks}
            reference={drawn.reference !== null}
          />
        )}
      </div>
      <Answer />
    </section>
  );
}

type About = ReturnType<ReturnType<typeof useLab>['store']['getState']>['run']['about'];

function subtitle(
  about: About,
  full: { readonly mean: number; readonly low: number; readonly high: number } | null | undefined,
) {
  if (!about) return 'Quality against size, one curve per method.';
  const { settings, evaluation } = about;
  const reference = full ? ` · full precision ${withInterval(full.mean, full.low, full.high)}` : '';
  return `${evaluation} · protocol ${settings.protocol}, context ${settings.context}${reference}${waysOf(settings)
    .map((way) => ` · ${way}`)
    .join('')}`;
}

/** The numbers of the chart as a table, and the ways to take them along. */
import { memo, useMemo, useState } from 'react';
import type { Estimate } from '../log/events';
import { valueMetas } from '../measures/catalog';
import type { ValueMeta } from '../measures/measure';
import { variantWords } from '../log/variants';
import { exceptionsOf } from '../quant/recipe/recipes';
import { overCalibrations } from '../log/verdict/supply';
import { comparePoint, type Verdict } from '../store/compare';
import { curveKey, curveKeys, pairedPerplexity, referencePerplexity } from '../store/curves';
import { listed, magnitude, operationsWords } from '../util/words';
import { columnsOf } from '../store/columns';
import { duration, groupName, lossPercent, number, progressWord, valueText, withInterval } from '../store/format';
import { meaningOf } from '../store/glossary';
import { fullPrecision, type PointView } from '../store/runView';
import { runName, type ShelfRun } from '../store/runRecord';
import { useAnswer } from './Answer';
import { useLab, useLabState } from './context';
import { ResultExports } from './ResultExports';
import { labelOf, looksOf, Swatch, type Looks } from './series';
import { Explained, Term } from './Term';
import { useBeside } from './useBeside';

const verdicts: Record<Verdict, string> = { match: 'match', close: 'close', differs: 'differs' };
const verdictTitles: Record<Verdict, string> = {
  match: 'The same codes and the same perplexity',
  close: 'The perplexity lies within the interval of the shared run',
  differs: 'The perplexity lies outside the interval of the shared run',
};

/** Columns beside those of values. */
const otherColumns = 7;

const operationsTitle =
  'what runs beside the layers, rotations, factors and thin matrices, each an addition, a multiplication, or the two in one';

/** Rows that are shown without a box of their own. */
const mostRows = 24;

const bestTitle =
  'The lowest perplexity of its width and size: against each other the 95 % interval of the difference is on its side';

export function ResultsPanel() {
  const { points, shared, name, except, ways } = useLabState(({ run, source, shared, shelf, shown }) => ({
    except: exceptionsOf(run.about?.settings.points ?? []),
    ways: listed(variantWords(run.about?.settings.variants)),
    name: nameOf(shelf.find(({ id }) => id === shown)),
    points: run.points,
    shared: source === 'live' ? (shared?.run.points ?? null) : null,
  }));
  const reference = referencePerplexity(points);
  const { best, chosen, within, goal } = useAnswer();
  const mark = within ? 'take' : goal.kind === 'loss' ? 'least loss' : 'smallest';
  const [byBits, setByBits] = useState(false);
  const rows = byBits
    ? [...points].sort((a, b) => (b.size?.bitsPerWeight ?? 0) - (a.size?.bitsPerWeight ?? 0))
    : points;
  const beside = useBeside();
  const looks = useTableLooks(points, beside);
  const columns = useColumns([points, ...beside.map(({ view }) => view?.points ?? [])]);
  return (
    <section className="panel results-panel" aria-label="Results">
      <header className="panel-head">
        <div>
          <h2 aria-hidden="true">Results</h2>
          {except !== null && <p className="hint">Apart from the others: {except}.</p>}
          {ways && <p className="hint">Not as usual: {ways}.</p>}
        </div>
        <ResultExports />
      </header>
      {/* Wide tables scroll by themselves; the focus makes that possible by keyboard. */}
      <div
        className={`table-scroll ${points.length > mostRows ? 'tall' : ''}`}
        id="results"
        tabIndex={0}
        role="region"
        aria-label="Results table, scrollable"
      >
        <table>
          <caption className="unseen">Results</caption>
          <thead>
            <tr>
              <th scope="col">Method</th>
              <th scope="col">
                <Term name="bits" />
              </th>
              {columns.map((meta) => (
                <th scope="col" key={meta.name}>
                  <Explained of={meaningOf(meta)} />
                </th>
              ))}
              <th scope="col">
                <Term name="group" />
              </th>
              <th scope="col" aria-sort={byBits ? 'descending' : undefined}>
                <button
                  type="button"
                  className="sort"
                  title={byBits ? 'Back to the order of the run' : 'Sort by what is stored per weight, scales included'}
                  onClick={() => setByBits(!byBits)}
                >
                  bits/weight
                </button>
              </th>
              {/* A comparison needs the room. */}
              {!shared && (
                <th scope="col" title="Storage per weight of the whole model">
                  all weights
                </th>
              )}
              <th scope="col">MB</th>
              <th scope="col">Time</th>
              {shared && <th scope="col">Shared run</th>}
            </tr>
          </thead>
          <tbody>
            {beside.length > 0 && <RunHead name={name} columns={columns.length} />}
            {rows.map((point) => (
              <Row
                key={point.id}
                point={point}
                reference={reference}
                shared={shared}
                best={best.has(point.id)}
                chosen={chosen?.id === point.id ? mark : null}
                looks={looks.get(curveKey(point)) ?? null}
                columns={columns}
              />
            ))}
            {points.length === 0 && (
              <tr className="empty">
                <td colSpan={otherColumns + columns.length}>Points appear here as they are measured.</td>
              </tr>
            )}
          </tbody>
          {beside.map((run) => (
            <tbody key={run.id}>
              <RunHead name={runName(run)} columns={columns.length} />
              {run.view?.points.map((point) => (
                <Row
                  key={point.id}
                  point={point}
                  reference={referencePerplexity(run.view?.points ?? [])}
                  shared={shared && []}
                  best={false}
                  chosen={null}
                  looks={looks.get(`${run.id}/${curveKey(point)}`) ?? null}
                  columns={columns}
                />
              ))}
            </tbody>
          ))}
        </table>
      </div>
    </section>
  );
}

/** The looks that the chart gives: the shown run's curves first, then those of the runs beside it, in the same order. */
function useTableLooks(points: readonly PointView[], beside: readonly ShelfRun[]): ReadonlyMap<string, Looks> {
  const own = curveKeys(points).map((key) => ({ key, of: key, run: null }));
  const others = beside.flatMap((run) =>
    curveKeys(run.view?.points ?? []).map((key) => ({ key: `${run.id}/${key}`, of: key, run: runName(run) })),
  );
  const text = JSON.stringify([...own, ...others]);
  return useMemo(() => {
    const keys = JSON.parse(text) as typeof others;
    return looksOf(keys.map(({ key, of, run }) => ({ key, method: of.slice(0, of.lastIndexOf('/')), run })));
  }, [text]);
}

/** Values that have a column; the same list as long as it is. */
function useColumns(runs: readonly (readonly PointView[])[]): readonly ValueMeta[] {
  const names = columnsOf(runs.flat())
    .map(({ name }) => name)
    .join();
  return useMemo(() => valueMetas.filter(({ name }) => names.split(',').includes(name)), [names]);
}

/** Says of which run the rows below are, where the table holds several. */
function RunHead({ name, columns }: { readonly name: string; readonly columns: number }) {
  return (
    <tr className="run-head">
      <th scope="rowgroup" colSpan={otherColumns + columns}>
        {name}
      </th>
    </tr>
  );
}

const nameOf = (run: ShelfRun | undefined) => (run ? runName(run) : '');

const none = <span className="none">–</span>;

interface RowProps {
  readonly point: PointView;
  readonly reference: Estimate | null;
  readonly shared: readonly PointView[] | null;
  readonly best: boolean;
  /** What it is to the answer that names it; null for all others. */
  readonly chosen: string | null;
  /** As its curve in the chart. */
  readonly looks: Looks | null;
  /** Values that have a column. */
  readonly columns: readonly ValueMeta[];
}

/** A row is drawn again only when its point changes: a run of forty has thousands of events. */
const Row = memo(function Row({ point, reference, shared, best, chosen, looks, columns }: RowProps) {
  const lab = useLab();
  const isReference = point.id === fullPrecision;
  const { size } = point;
  const ownGroups = lab.methods.find(({ name }) => name === point.method)?.groups === 'own';
  const verdict =
    shared &&
    comparePoint(
      shared.find(({ id }) => id === point.id),
      point,
    );
  return (
    <tr className={point.state}>
      <th scope="row">
        {isReference ? (
          'Full precision'
        ) : (
          <>
            {looks && <Swatch looks={looks} />}
            {point.method === 'rtn' ? (
              <Term name="rtn">{labelOf(point.method, lab.methods)}</Term>
            ) : (
              <span title={lab.methods.find(({ name }) => name === point.method)?.line}>
                {labelOf(point.method, lab.methods)}
              </span>
            )}
            {best && (
              <span className="rank best" title={bestTitle}>
                best
              </span>
            )}
            {chosen !== null && (
              <span className="rank chosen" title="The point that the answer above names">
                {chosen}
              </span>
            )}
          </>
        )}
      </th>
      <td>{isReference ? none : point.bits}</td>
      {columns.map((meta) => (
        <ValueCell key={meta.name} meta={meta} point={point} reference={reference} />
      ))}
      <td>{isReference ? none : ownGroups && point.group === null ? 'own' : groupName(point.group)}</td>
      <td>
        {size === null ? none : number(size.bitsPerWeight)}
        {size?.operations !== undefined && (
          <span className="sub" title={`${operationsWords(size.operations)}: ${operationsTitle}`}>
            + {magnitude(size.operations)} op.
          </span>
        )}
      </td>
      {!shared && <td>{size === null ? none : number(size.bitsPerWeightAll)}</td>}
      <td>{size === null ? none : number(size.megabytes)}</td>
      <td>{point.seconds === null ? none : duration(point.seconds)}</td>
      {shared && (
        <td className={`verdict ${verdict ?? ''}`} title={verdict ? verdictTitles[verdict] : undefined}>
          {verdict ? verdicts[verdict] : none}
        </td>
      )}
    </tr>
  );
});

interface ValueProps {
  readonly meta: ValueMeta;
  readonly point: PointView;
  readonly reference: Estimate | null;
}

/** A value of a point. Perplexity and ln ratio say more than their number: how far the point is, and what the loss means. */
function ValueCell({ meta, point, reference }: ValueProps) {
  const value = point.values[meta.name];
  if (meta.name === 'perplexity') {
    return (
      <td className="strong" title={value ? intervalText(value) : undefined}>
        {value ? perplexityText(point, reference) : <State point={point} />}
        {value && point.state === 'evaluating' && (
          <span className="sub">
            {point.windows}/{point.windowsTotal}
          </span>
        )}
      </td>
    );
  }
  if (!value) return <td>{none}</td>;
  if (meta.name === 'lnRatio') return <LossCell point={point} lnRatio={value} />;
  return <td title={value.low < value.high ? intervalText(value) : undefined}>{valueText(meta, value)}</td>;
}

function LossCell({ point, lnRatio }: { readonly point: PointView; readonly lnRatio: Estimate }) {
  const { mean, low, high } = lnRatio;
  const calibrations = overCalibrations(point);
  return (
    <td title={intervalText(lnRatio)}>
      {withInterval(mean, low, high)}
      <span className="sub">±{number((high - low) / 2, 2)}</span>
      {calibrations && (
        <span className="sub" title="Mean over the calibration texts, with its 95 % interval">
          {point.redrawn.length + 1} texts: {number(calibrations.mean, 2)} ±
          {number((calibrations.high - calibrations.low) / 2, 2)}
        </span>
      )}
      <span className="loss" title="Perplexity against full precision">
        {lossPercent(mean)}
      </span>
    </td>
  );
}

const intervalText = ({ low, high }: Estimate) => `95 % interval: ${number(low)} to ${number(high)}`;

/** As many digits as the paired interval carries: that is what tells the rows of this table apart. */
function perplexityText(point: PointView, reference: Estimate | null): string {
  const paired = point.id === fullPrecision ? null : pairedPerplexity(point, reference);
  return paired ? withInterval(paired.mean, paired.low, paired.high) : number(point.values['perplexity']?.mean ?? NaN);
}

function State({ point }: { readonly point: PointView }) {
  const running = useLabState(({ activity }) => activity !== 'idle');
  return (
    <span className="none" title={point.failure ?? undefined}>
      {progressWord(point.state, running)}
    </span>
  );
}

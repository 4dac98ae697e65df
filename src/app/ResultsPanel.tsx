/** The numbers of the chart as a table, and the ways to take them along. */
import { comparePoint, type Verdict } from '../store/compare';
import { duration, groupName, number, withInterval } from '../store/format';
import { fullPrecision, type PointView } from '../store/runView';
import { useLab, useLabState } from './context';
import { labelOf, looksOf, Swatch } from './series';

const verdicts: Record<Verdict, string> = { match: 'match', close: 'within interval', differs: 'differs' };

export function ResultsPanel() {
  const lab = useLab();
  const { points, source, shared } = useLabState(({ run, source, shared }) => ({
    points: run.points,
    source,
    shared: source === 'live' ? (shared?.run.points ?? null) : null,
  }));
  const measured = points.some(({ state }) => state === 'finished');
  return (
    <section className="panel" aria-label="Results">
      <header className="panel-head">
        <h2 aria-hidden="true">Results</h2>
        <div className="actions">
          <button type="button" disabled={!measured} onClick={() => void lab.copyLink()}>
            Copy link
          </button>
          <button type="button" disabled={points.length === 0 || source === 'link'} onClick={() => lab.downloadLog()}>
            Download log
          </button>
          <button type="button" disabled={!measured} onClick={() => lab.downloadTable('csv')}>
            CSV
          </button>
          <button type="button" disabled={!measured} onClick={() => lab.downloadTable('json')}>
            JSON
          </button>
        </div>
      </header>
      {/* Wide tables scroll by themselves; the focus makes that possible by keyboard. */}
      <div className="table-scroll" tabIndex={0} role="region" aria-label="Results table, scrollable">
        <table>
          <caption className="unseen">Results</caption>
          <thead>
            <tr>
              <th scope="col">Method</th>
              <th scope="col">Bits</th>
              <th scope="col">Group</th>
              <th scope="col" title="Storage per quantized weight, parameters included">
                bits/weight
              </th>
              <th scope="col" title="Storage per weight of the whole model">
                all weights
              </th>
              <th scope="col">MB</th>
              <th scope="col">Perplexity</th>
              <th scope="col" title="ln of perplexity over that of full precision, with its 95 % interval">
                ln ratio
              </th>
              <th scope="col" title="Mean KL divergence from full precision, nats per token">
                KLD
              </th>
              <th scope="col" title="Share of tokens with the same most likely next token as full precision">
                Top-1
              </th>
              <th scope="col">Time</th>
              {shared && <th scope="col">Shared run</th>}
            </tr>
          </thead>
          <tbody>
            {points.map((point) => (
              <Row key={point.id} point={point} shared={shared} />
            ))}
            {points.length === 0 && (
              <tr className="empty">
                <td colSpan={11}>Points appear here as they are measured.</td>
              </tr>
            )}
          </tbody>
        </table>
      </div>
    </section>
  );
}

const none = <span className="none">–</span>;

function Row({ point, shared }: { readonly point: PointView; readonly shared: readonly PointView[] | null }) {
  const lab = useLab();
  const reference = point.id === fullPrecision;
  const { perplexity, lnRatio, kld, top1 } = point;
  const verdict =
    shared &&
    comparePoint(
      shared.find(({ id }) => id === point.id),
      point,
    );
  return (
    <tr className={point.state}>
      <th scope="row">
        {reference ? (
          'Full precision'
        ) : (
          <>
            <Swatch looks={looksOf(point.method, lab.methods)} />
            {labelOf(point.method, lab.methods)}
          </>
        )}
      </th>
      <td>{reference ? none : point.bits}</td>
      <td>{reference ? none : groupName(point.group)}</td>
      <td>{point.bitsPerWeight === null ? none : number(point.bitsPerWeight)}</td>
      <td>{point.bitsPerWeightAll === null ? none : number(point.bitsPerWeightAll)}</td>
      <td>{point.megabytes === null ? none : number(point.megabytes)}</td>
      <td className="strong">
        {perplexity ? withInterval(perplexity.mean, perplexity.low, perplexity.high) : <State point={point} />}
        {perplexity && point.state === 'evaluating' && (
          <span className="sub">
            {point.windows}/{point.windowsTotal}
          </span>
        )}
      </td>
      <td title={lnRatio ? `${number(lnRatio.low)} to ${number(lnRatio.high)}` : undefined}>
        {lnRatio ? withInterval(lnRatio.mean, lnRatio.low, lnRatio.high) : none}
        {lnRatio && <span className="sub">±{number((lnRatio.high - lnRatio.low) / 2, 2)}</span>}
      </td>
      <td>{kld ? number(kld.mean, 3) : none}</td>
      <td>{top1 ? `${(top1.mean * 100).toFixed(1)} %` : none}</td>
      <td>{point.seconds === null ? none : duration(point.seconds)}</td>
      {shared && <td className={`verdict ${verdict ?? ''}`}>{verdict ? verdicts[verdict] : none}</td>}
    </tr>
  );
}

function State({ point }: { readonly point: PointView }) {
  return <span className="none">{point.state === 'planned' ? 'waiting' : `${point.state}…`}</span>;
}

/** The figures: every structure with every method at a width and grouping, and how alike structures put methods in order. */
import { useState } from 'react';
import { lossPercent } from '../store/format';
import type { PaperReport, ReportCell } from '../store/paperReport';
import { placesOf, rankAt, shadeOf, tableAt, type PaperRow, type TablePlace } from '../store/paperView';
import { useLab, useLabState } from './context';
import { Segmented } from './controls';
import { signed } from './paperNumbers';
import { useLabAddress } from './useLabAddress';

const groupLabel = (group: number | null) => (group === null ? 'Whole rows' : `Groups of ${group}`);

export function PaperFigures({ report }: { readonly report: PaperReport }) {
  const { widths, groups } = placesOf(report);
  const [bits, setBits] = useState(widths.includes(3) ? 3 : (widths[0] ?? 3));
  const [group, setGroup] = useState<number | null>(null);
  const place = { bits, group };
  if (widths.length === 0) return null;
  return (
    <>
      <section className="panel" aria-label="Structure by method">
        <header className="panel-head">
          <div className="matrix-title">
            <h2>Structure by method</h2>
            <p className="hint">
              ln (perplexity / full precision) with half of its 95 % interval, and bits stored per weight. “best” stands
              only where the differences to all others of its size are no chance.
            </p>
          </div>
          <div className="actions">
            <Segmented
              legend="Width"
              value={String(bits)}
              options={widths.map((value) => ({ value: String(value), label: `${value} bits` }))}
              onChange={(value) => setBits(Number(value))}
            />
            <Segmented
              legend="Grouping"
              value={String(group)}
              options={groups.map((value) => ({ value: String(value), label: groupLabel(value) }))}
              onChange={(value) => setGroup(value === 'null' ? null : Number(value))}
            />
          </div>
        </header>
        <MethodTable report={report} place={place} />
        <p className="matrix-key">▲ stores more than the others, and is compared with none of them.</p>
      </section>
      <Ranks report={report} place={place} />
    </>
  );
}

function MethodTable({ report, place }: { readonly report: PaperReport; readonly place: TablePlace }) {
  const { columns, rows } = tableAt(report, place);
  return (
    <div className="table-scroll" tabIndex={0} role="region" aria-label="Structure by method, scrollable">
      <table className="matrix">
        <caption className="unseen">
          Structure by method at {place.bits} bits, {groupLabel(place.group).toLowerCase()}
        </caption>
        <thead>
          <tr>
            <th scope="col">Structure</th>
            {columns.map(({ name, label }) => (
              <th key={name} scope="col">
                {label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.name}>
              <th scope="row">
                {row.label}
                <OpenButton row={row} place={place} report={report} />
              </th>
              {row.cells === null ? (
                <td className="open" colSpan={columns.length}>
                  no model yet
                </td>
              ) : (
                row.cells.map((cell, at) => <Cell key={columns[at]?.name} cell={cell} />)
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Cell({ cell }: { readonly cell: ReportCell | null }) {
  if (!cell) return <td className="open">–</td>;
  const { value, failure, stored, mark } = cell;
  if (!value) return <td className="open">{failure ?? 'not measured'}</td>;
  const [mean, low, high] = value;
  return (
    <td
      data-shade={shadeOf(mean)}
      title={`95 % interval: ${signed(low)} to ${signed(high)}; ${lossPercent(mean)} perplexity`}
    >
      <span className="matrix-value">{signed(mean)}</span>
      {mark === 'best' && <span className="rank best">best</span>}
      <span className="sub">±{((high - low) / 2).toFixed(3)}</span>
      <span className="sub">
        {stored.toFixed(2)} bits
        {mark === 'wide' && (
          <>
            {' ▲'}
            <span className="unseen"> more than the others</span>
          </>
        )}
      </span>
    </td>
  );
}

/** Opens the bundled model with these methods, measured as here. */
function OpenButton({
  row: { model, label },
  place,
  report,
}: {
  readonly row: PaperRow;
  readonly place: TablePlace;
  readonly report: PaperReport;
}) {
  const lab = useLab();
  const address = useLabAddress();
  const { here, busy } = useLabState(({ demos, activity }) => ({
    here: demos.models.some(({ id }) => id === model),
    busy: activity !== 'idle',
  }));
  if (model === null || !here) return null;
  const open = async () => {
    const { context, windows, calibrationTokens } = report.measured;
    lab.configure({
      methods: tableAt(report, place).columns.map(({ name }) => name),
      widths: placesOf(report).widths,
      group: place.group,
      ...{ protocol: 'gptq', context, maxTokens: windows * context, calibrationTokens, mode: 'shared', seed: 0 },
    });
    location.hash = address;
    scrollTo(0, 0);
    await lab.chooseDemo(model);
  };
  return (
    <button
      type="button"
      className="open-model"
      aria-label={`Open in the lab: ${label}`}
      disabled={busy}
      title={busy ? 'A run is under way' : 'Opens the bundled model with these methods'}
      onClick={() => void open()}
    >
      Open in the lab
    </button>
  );
}

function Ranks({ report, place }: { readonly report: PaperReport; readonly place: TablePlace }) {
  const there = report.structures.filter(({ perplexity }) => perplexity !== null);
  if (there.length < 2) return null;
  return (
    <section className="panel" aria-label="Order of methods">
      <header className="panel-head">
        <div>
          <h2>Do structures put methods in the same order?</h2>
          <p className="hint">
            Kendall’s τ of the methods that both have, at {place.bits} bits, {groupLabel(place.group).toLowerCase()}: 1
            is the same order, 0 none in common, −1 the opposite. With its 95 % interval over windows of text.
          </p>
        </div>
      </header>
      <div className="table-scroll" tabIndex={0} role="region" aria-label="Rank correlations, scrollable">
        <table className="matrix ranks">
          <caption className="unseen">Rank correlation of methods between structures</caption>
          <thead>
            <tr>
              <th scope="col">Structure</th>
              {there.slice(1).map(({ name, label }) => (
                <th key={name} scope="col">
                  {label}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {there.slice(0, -1).map(({ name, label }, row) => (
              <tr key={name}>
                <th scope="row">{label}</th>
                {there.slice(1).map((other, column) => {
                  const rank = column >= row ? rankAt(report, place, name, other.name) : null;
                  return (
                    <td key={other.name}>
                      {rank ? (
                        <>
                          <span className="matrix-value">{rank.tau[0].toFixed(2)}</span>
                          <span className="sub">
                            {rank.tau[1].toFixed(2)} to {rank.tau[2].toFixed(2)}
                          </span>
                        </>
                      ) : (
                        <span className="unseen">as above</span>
                      )}
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

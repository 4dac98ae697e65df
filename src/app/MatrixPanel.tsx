/** The combination matrix: one button that runs every transform with every rounding and correction, and the heatmap that it fills. */
import { memo, useMemo, useState } from 'react';
import {
  matrixView,
  matrixWidth,
  shades,
  type CellRank,
  type MatrixCellView,
  type MatrixView,
} from '../store/combinations';
import { groupName, number, progressWord, withInterval } from '../store/format';
import { isMatrixMethod } from '../quant/recipe/combinations';
import { widths } from '../store/plan';
import { unready } from '../store/ready';
import { emptyRun } from '../store/runView';
import { useLab, useLabState } from './context';
import { Switch } from './controls';
import { useThrottled } from './useThrottled';

/** Milliseconds between redraws, as the chart's. */
const redraw = 200;

const rankTitles: Record<CellRank, string> = {
  best: 'The least loss: against every other cell the 95 % interval of the difference is on its side',
  lowest: 'The least loss; the cells marked ≈ cannot be told apart from it',
  tied: 'Cannot be told apart from the least: the 95 % interval of the difference holds 0',
};

export function MatrixPanel() {
  const lab = useLab();
  const { bits, group, symmetric, mode, run, running, why } = useLabState((state) => ({
    bits: matrixWidth(state),
    group: state.setup.group,
    symmetric: state.setup.symmetric,
    mode: state.setup.mode,
    run: state.run,
    running: state.activity !== 'idle',
    why: unready(state),
  }));
  const latest = useThrottled(run, redraw);
  // A sweep has no cells: nothing of it is drawn here, however it grows.
  const shown = latest.points.some(({ method }) => isMatrixMethod(method)) ? latest : emptyRun;
  const [alike, setAlike] = useState(false);
  const view = useMemo(
    () => matrixView(bits, { group, symmetric, mode }, shown, alike ? 'same-size' : 'all'),
    [bits, group, symmetric, mode, shown, alike],
  );
  const sizes = view.cells.flat().some(({ extraBits }) => extraBits !== null);
  return (
    <section className="panel matrix-panel" aria-label="Combinations">
      <header className="panel-head">
        <div className="matrix-title">
          <h2>Combinations</h2>
          <p className="hint">
            Every transform with every rounding{view.columns.some(({ correction }) => correction) && ' and correction'}:
            ln (perplexity / full precision), with its 95 % interval and the bits stored per weight.
          </p>
        </div>
        <div className="actions">
          {sizes && (
            <Switch
              label="Same size only"
              title="Compare only cells that store about as much per weight as most"
              checked={alike}
              onChange={setAlike}
            />
          )}
          <label className="inline-field">
            <span>at</span>
            <select
              aria-label="Width of the matrix"
              value={bits}
              onChange={({ target }) => lab.chooseMatrixWidth(Number(target.value))}
            >
              {widths.map((width) => (
                <option key={width} value={width}>
                  {width} bits
                </option>
              ))}
            </select>
          </label>
          <button
            type="button"
            disabled={!running && why !== null}
            aria-disabled={running}
            title={why ?? undefined}
            onClick={() => {
              if (!running) void lab.runMatrix();
            }}
          >
            Run the matrix
          </button>
          {view.finished === 0 && <span className="hint matrix-count">{view.possible} cells</span>}
        </div>
      </header>
      <div className="table-scroll" tabIndex={0} role="region" aria-label="Combinations table, scrollable">
        <MatrixTable view={view} />
      </div>
      <Key view={view} compared={comparedLine(sizes, alike)} />
    </section>
  );
}

/** A cell, or several beside or below one another that are impossible for one reason: it is said once. */
interface Drawn {
  readonly cell: MatrixCellView;
  readonly colSpan: number;
  readonly rowSpan: number;
}

/** Per row the cells to draw. A column that is impossible throughout, for one reason, is one cell from top to bottom. */
function drawn(cells: MatrixView['cells']): readonly (readonly Drawn[])[] {
  const blocked = (cells[0] ?? []).map(({ reason }, column) =>
    cells.every((row) => row[column]?.reason === reason) ? reason : null,
  );
  return cells.map((row, i) => {
    const found: Drawn[] = [];
    row.forEach((cell, column) => {
      const whole = blocked[column] !== null;
      if (whole && i > 0) return;
      const rowSpan = whole ? cells.length : 1;
      const last = found.at(-1);
      const joins = cell.reason !== null && column > 0 && row[column - 1]?.reason === cell.reason;
      if (last && joins && last.rowSpan === rowSpan) found[found.length - 1] = { ...last, colSpan: last.colSpan + 1 };
      else found.push({ cell, colSpan: 1, rowSpan });
    });
    return found;
  });
}

/** Drawn again when its view is another: not for every event of a run. */
const MatrixTable = memo(function MatrixTable({
  view: { bits, group, rows, columns, cells },
}: {
  readonly view: MatrixView;
}) {
  const body = drawn(cells);
  const corrected = columns.some(({ correction }) => correction !== null);
  const roundings = [...new Set(columns.map(({ rounding }) => rounding))];
  return (
    <table className="matrix">
      <caption className="unseen">
        Combinations at {bits} bits, {group === null ? 'whole rows' : `groups of ${group}`}
      </caption>
      <thead>
        <tr>
          <th scope="col" rowSpan={corrected ? 2 : 1}>
            Transform
          </th>
          {corrected
            ? roundings.map((rounding) => (
                <th
                  key={rounding}
                  scope="colgroup"
                  colSpan={columns.filter((column) => column.rounding === rounding).length}
                >
                  {rounding}
                </th>
              ))
            : columns.map(({ key, label, line }) => (
                <th key={key} scope="col" title={line}>
                  {label}
                </th>
              ))}
        </tr>
        {corrected && (
          <tr>
            {columns.map(({ key, correction, line }) => (
              <th key={key} scope="col" title={line}>
                {correction === null ? 'alone' : `+ ${correction}`}
              </th>
            ))}
          </tr>
        )}
      </thead>
      <tbody>
        {rows.map(({ key, label, known, line }, i) => (
          <tr key={key}>
            <th scope="row" title={known === label ? line : `${label}. ${line}`}>
              {known}
            </th>
            {body[i]?.map((one) => (
              <Cell key={one.cell.id} {...one} />
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
});

function Cell({ cell, colSpan, rowSpan }: Drawn) {
  const { state, reason, lnRatio, bitsPerWeight, extraBits, shade, rank, windows, windowsTotal } = cell;
  const running = useLabState(({ activity }) => activity !== 'idle');
  if (state === 'impossible') {
    return (
      <td className="impossible" colSpan={colSpan} rowSpan={rowSpan}>
        <span className="matrix-reason">{reason}</span>
      </td>
    );
  }
  if (!lnRatio) return <td className="open">{state === 'open' ? '–' : progressWord(state, running)}</td>;
  const { mean, low, high } = lnRatio;
  return (
    <td data-shade={shade ?? undefined} title={`95 % interval: ${number(low)} to ${number(high)}`}>
      <span className="matrix-value">{withInterval(mean, low, high)}</span>
      {rank && (
        <span className={`rank ${rank}`} title={rankTitles[rank]}>
          {rank === 'tied' ? '≈' : rank}
          {rank === 'tied' && <span className="unseen"> lowest</span>}
        </span>
      )}
      <span className="sub">
        ±{number((high - low) / 2, 2)}
        {state === 'evaluating' && ` · ${windows}/${windowsTotal}`}
      </span>
      {bitsPerWeight !== null && (
        <span className="sub" title="Storage per quantized weight: scales and corrections included">
          {number(bitsPerWeight, 3)} bits
          {extraBits !== null && (
            <span title={`${number(Math.abs(extraBits), 2)} bits ${extraBits > 0 ? 'more' : 'less'} than most cells`}>
              {extraBits > 0 ? ' ▲' : ' ▼'}
              <span className="unseen"> {extraBits > 0 ? 'more' : 'less'} than most</span>
            </span>
          )}
        </span>
      )}
    </td>
  );
}

/** Which cells are set against each other. */
function comparedLine(sizes: boolean, alike: boolean): string {
  if (!sizes) return 'All cells store about the same.';
  return alike
    ? 'Only cells of the same size are compared; ▲ and ▼ stand apart.'
    : 'Cells of every size are compared; ▲ stores more than most, ▼ less.';
}

/** What the shades mean, and how far the run is. */
function Key({
  view: { group, possible, finished, range, cells },
  compared,
}: {
  readonly view: MatrixView;
  readonly compared: string;
}) {
  const impossible = cells.flat().length - possible;
  const tied = cells.flat().some(({ rank }) => rank === 'tied');
  return (
    <div className="matrix-key">
      {range && (
        <p>
          <span className="figure">{number(range[0], 2)}</span>
          <span className="shades" aria-hidden="true">
            {Array.from({ length: shades }, (_, i) => (
              <span key={i} data-shade={i} />
            ))}
          </span>
          <span className="figure">{number(range[1], 2)}</span> from the least loss to the most
          {tied && '; ≈ cannot be told apart from the lowest'}. A stronger colour loses more. {compared}
        </p>
      )}
      <p>
        {finished > 0 ? `${finished} of ${possible} cells measured` : `${possible} cells to run`}
        {impossible > 0 && `, ${impossible} not possible`}; uniform grid,{' '}
        {group === null ? 'whole rows share a scale' : `${groupName(group)} columns share a scale`}.
      </p>
    </div>
  );
}

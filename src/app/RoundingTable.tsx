/** What is lost of every matrix, at the widths of one method; all of them together stand first. */
import { Fragment, memo, useState } from 'react';
import type { RoundingTotal } from '../log/rounding';
import { number } from '../store/format';
import { shadeOf, sortedMatrices, type Family } from '../store/roundingTable';
import type { MatrixView } from '../store/roundingView';
import { grouped } from '../util/words';
import { Select } from './controls';

/** Rows that are drawn: of a large mixture of experts nobody reads twenty thousand. */
const mostRows = 200;
/** Rows that are shown without a box of their own. */
const boxedRows = 24;

interface Props {
  readonly families: readonly Family[];
  readonly matrices: readonly MatrixView[];
  readonly totals: readonly RoundingTotal[];
  /** Whether every matrix had its turn: before, the file has no size. */
  readonly complete: boolean;
}

export function RoundingTable({ families, matrices, totals, complete }: Props) {
  const [chosen, setChosen] = useState<string | null>(null);
  const [sort, setSort] = useState<string | null>(null);
  const family = families.find(({ key }) => key === chosen) ?? families[0];
  if (!family) return null;
  const { columns } = family;
  const sorted = columns.some(({ point }) => point === sort) ? sort : null;
  const rows = sortedMatrices(matrices, sorted).slice(0, mostRows);
  const total = (point: string) => totals.find((one) => one.point === point);
  const sums = [
    ['bits/weight', (one: RoundingTotal) => number(one.bitsPerWeight)],
    ['MB of the file', (one: RoundingTotal) => (complete ? number(one.megabytes) : null)],
  ] as const;
  return (
    <>
      {families.length > 1 && (
        <div className="rounding-family">
          <Select
            label="Table of"
            value={family.key}
            options={families.map(({ key, label }) => ({ value: key, label }))}
            onChange={setChosen}
          />
        </div>
      )}
      <div
        className={`table-scroll ${rows.length > boxedRows ? 'tall' : ''}`}
        tabIndex={0}
        role="region"
        aria-label="Rounding errors table, scrollable"
      >
        <table className="rounding">
          <caption className="unseen">Rounding errors of {family.label}</caption>
          <thead>
            <tr>
              <th scope="col">
                <button
                  type="button"
                  className="sort"
                  title="The order of the checkpoint"
                  onClick={() => setSort(null)}
                >
                  Matrix
                </button>
              </th>
              {columns.map(({ point, label }) => (
                <th key={point} scope="col" aria-sort={sorted === point ? 'descending' : undefined}>
                  <button
                    type="button"
                    className="sort"
                    title="Those that lose most first"
                    onClick={() => setSort(point)}
                  >
                    {label}
                  </button>
                </th>
              ))}
              <th scope="col">Shape</th>
            </tr>
          </thead>
          <tbody className="sums">
            <tr>
              <th scope="row">All matrices</th>
              {columns.map(({ point }) => (
                <td key={point} className="strong">
                  {percentOr(total(point)?.error)}
                </td>
              ))}
              <td />
            </tr>
            {sums.map(([name, text]) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                {columns.map(({ point }) => {
                  const one = total(point);
                  return <td key={point}>{(one && text(one)) ?? none}</td>;
                })}
                <td />
              </tr>
            ))}
          </tbody>
          <tbody>
            {rows.map((matrix) => (
              <Row
                key={matrix.tensor}
                matrix={matrix}
                points={columns.map(({ point }) => point).join(' ')}
                // As text, so that a row is drawn again only when a number of it changes.
                all={columns.map(({ point }) => total(point)?.error ?? 0).join(' ')}
              />
            ))}
          </tbody>
        </table>
      </div>
      {matrices.length > rows.length && (
        <p className="hint">
          {grouped(rows.length)} of {grouped(matrices.length)} matrices. Press a width to see those first that lose
          most.
        </p>
      )}
    </>
  );
}

const Row = memo(function Row(props: { readonly matrix: MatrixView; readonly points: string; readonly all: string }) {
  const { tensor, rows, cols, at } = props.matrix;
  const all = props.all.split(' ').map(Number);
  return (
    <tr>
      <th scope="row">{breakable(tensor)}</th>
      {props.points.split(' ').map((point, i) => {
        const cell = at.get(point);
        return (
          <td key={point} data-shade={(cell && shadeOf(cell.error, all[i] ?? 0)) || undefined}>
            {percentOr(cell?.error)}
            {cell?.used && (
              <span
                className="sub"
                title="The columns are not whole blocks of the format, and this one takes its place"
              >
                {cell.used}
              </span>
            )}
          </td>
        );
      })}
      <td>
        {rows} × {cols}
      </td>
    </tr>
  );
});

/** A long name breaks behind a dot rather than within a word. */
const breakable = (name: string) =>
  name.split('.').map((part, i) => (
    <Fragment key={i}>
      {i > 0 && (
        <>
          .<wbr />
        </>
      )}
      {part}
    </Fragment>
  ));

const none = <span className="none">–</span>;
const percentOr = (error: number | undefined) => (error === undefined ? none : `${number(error * 100, 3)} %`);

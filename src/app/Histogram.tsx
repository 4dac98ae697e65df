/** Two histograms over one another, before (filled) and after (line), on a logarithmic height; the counts stand in a table beside. */
interface Props {
  readonly title: string;
  readonly unit: string;
  /** The bins are equal from −reach to reach. */
  readonly reach: number;
  readonly counts: { readonly before: readonly number[]; readonly after: readonly number[] };
  readonly note: string;
}

const width = 320;
const height = 90;

export function Histogram({ title, unit, reach, counts: { before, after }, note }: Props) {
  const most = Math.max(...before, ...after, 1);
  // The tails are what matters, and they hold a few weights of many thousands.
  const top = (count: number) => height - (Math.log1p(count) / Math.log1p(most)) * (height - 4);
  const step = width / Math.max(before.length, 1);
  const outline = (counts: readonly number[]) =>
    counts.map((count, i) => `${i ? 'L' : 'M'}${i * step} ${top(count)}H${(i + 1) * step}`).join('');
  const changed = before.some((count, i) => count !== after[i]);
  const edge = (i: number) => ((2 * i) / before.length - 1) * reach;
  return (
    <figure className="histogram">
      <figcaption>
        <strong>{title}</strong>
        <span className="histogram-legend">
          <span className="before">before</span>
          {changed ? (
            <span className="after">after the transforms</span>
          ) : (
            <span>the same after: no transform acts</span>
          )}
        </span>
      </figcaption>
      <svg viewBox={`0 0 ${width} ${height + 16}`} role="img" aria-label={`${title}, ${unit}. ${note}`}>
        <path className="before" d={`M0 ${height}${outline(before).replace('M', 'L')}V${height}Z`} />
        {changed && <path className="after" d={outline(after)} />}
        <line x1="0" x2={width} y1={height} y2={height} />
        <text x="0" y={height + 13}>
          −{reach}
        </text>
        <text x={width / 2} y={height + 13} textAnchor="middle">
          0 {unit}
        </text>
        <text x={width} y={height + 13} textAnchor="end">
          {reach}
        </text>
      </svg>
      <p className="hint">{note}</p>
      <details>
        <summary>Counts</summary>
        <div className="table-scroll histogram-table" tabIndex={0} role="region" aria-label={`${title}, counts`}>
          <table>
            <caption className="unseen">
              {title}: counts per bin, {unit}
            </caption>
            <thead>
              <tr>
                <th scope="col">From</th>
                <th scope="col">to</th>
                <th scope="col">before</th>
                <th scope="col">after</th>
              </tr>
            </thead>
            <tbody>
              {before.map((count, i) => (
                <tr key={i}>
                  <th scope="row">{edge(i).toFixed(2).replace('-', '−')}</th>
                  <td>
                    {edge(i + 1)
                      .toFixed(2)
                      .replace('-', '−')}
                  </td>
                  <td>{count}</td>
                  <td>{after[i] ?? 0}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </details>
    </figure>
  );
}

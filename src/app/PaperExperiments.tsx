/** The experiments beside the table, each closed until it is asked for. */
import { number } from '../store/format';
import type { PaperReport, ReportExperiment, ReportRow } from '../store/paperReport';
import { signedInterval } from './paperNumbers';

export function PaperExperiments({ report }: { readonly report: PaperReport }) {
  if (report.experiments.length === 0) return null;
  return (
    <section className="panel" aria-label="Experiments">
      <header className="panel-head">
        <div>
          <h2>Experiments</h2>
          <p className="hint">What was set against what, beyond the table: ln ratios with their 95 % intervals.</p>
        </div>
      </header>
      {report.experiments.map((experiment) => (
        <details key={experiment.title} className="paper-experiment">
          <summary>{experiment.title}</summary>
          <p className="hint">{experiment.line}</p>
          <Rows experiment={experiment} report={report} />
        </details>
      ))}
    </section>
  );
}

interface Column {
  readonly head: string;
  readonly text: (row: ReportRow) => string | null;
}

const share = (value: number | null) => (value === null ? null : `${(100 * value).toFixed(1)} %`);

const columns: readonly Column[] = [
  { head: 'ln ratio', text: ({ value }) => value && signedInterval(value) },
  { head: 'Difference to what it is against', text: ({ difference }) => difference && signedInterval(difference) },
  { head: 'Bits/weight', text: ({ stored }) => stored?.toFixed(2) ?? null },
  { head: 'Operations a token', text: ({ operations }) => (operations === null ? null : number(operations)) },
  { head: 'Rerouted', text: ({ rerouted }) => share(rerouted) },
  { head: 'From the picture', text: ({ sight }) => sight?.toFixed(3) ?? null },
  { head: 'Right answers', text: ({ accuracy }) => share(accuracy) },
];

function Rows({ experiment: { title, rows }, report }: { experiment: ReportExperiment; report: PaperReport }) {
  const shown = columns.filter(({ text }) => rows.some((row) => text(row) !== null));
  const label = (name: string) => report.structures.find((s) => s.name === name)?.label ?? name;
  return (
    <div className="table-scroll tall" tabIndex={0} role="region" aria-label={`${title}, scrollable`}>
      <table>
        <caption className="unseen">{title}</caption>
        <thead>
          <tr>
            <th scope="col">Structure</th>
            <th scope="col">What</th>
            {shown.map(({ head }) => (
              <th key={head} scope="col">
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={`${row.structure} ${row.label}`}>
              <th scope="row">{label(row.structure)}</th>
              <td>{row.label}</td>
              {shown.map(({ head, text }) => (
                <td key={head}>{text(row)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

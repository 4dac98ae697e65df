/** The experiments beside the table, each closed until it is asked for. */
import { useEffect, useState } from 'react';
import { fetchOwnJson } from '../store/fetching';
import { errorWords, number } from '../store/format';
import type { PaperReport, ReportExperiment, ReportRow } from '../store/paperReport';
import { signedInterval } from './paperNumbers';

export function PaperExperiments({ report }: { readonly report: PaperReport }) {
  const [experiments, setExperiments] = useState<readonly ReportExperiment[]>([]);
  const [trouble, setTrouble] = useState<string | null>(null);
  useEffect(() => {
    let left = false;
    fetchOwnJson<readonly ReportExperiment[]>('reports/experiments.json').then(
      (found) => left || setExperiments(found),
      (error: unknown) => left || setTrouble(errorWords(error)),
    );
    return () => {
      left = true;
    };
  }, []);
  if (trouble === null && experiments.length === 0) return null;
  return (
    <section className="panel" aria-label="Experiments">
      <header className="panel-head">
        <div>
          <h2>Experiments</h2>
          <p className="hint">What was set against what, beyond the table: ln ratios with their 95 % intervals.</p>
        </div>
      </header>
      {trouble && <p role="alert">{trouble}</p>}
      {experiments.map((experiment) => (
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
  readonly text: (row: ReportRow) => string | undefined;
}

const share = (value: number | undefined) => (value === undefined ? undefined : `${(100 * value).toFixed(1)} %`);

const columns: readonly Column[] = [
  { head: 'ln ratio', text: ({ value }) => value && signedInterval(value) },
  { head: 'Difference to what it is against', text: ({ difference }) => difference && signedInterval(difference) },
  { head: 'Bits/weight', text: ({ stored }) => stored?.toFixed(2) },
  { head: 'Operations a token', text: ({ operations }) => (operations === undefined ? undefined : number(operations)) },
  { head: 'Rerouted', text: ({ rerouted }) => share(rerouted) },
  { head: 'From the picture', text: ({ sight }) => sight?.toFixed(3) },
  { head: 'Right answers', text: ({ accuracy }) => share(accuracy) },
];

function Rows({ experiment: { title, rows }, report }: { experiment: ReportExperiment; report: PaperReport }) {
  const shown = columns.filter(({ text }) => rows.some((row) => text(row) !== undefined));
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

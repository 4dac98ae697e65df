/** One claim: its sentence, what our figures say of it, and behind it what decides and every difference that was looked at. */
import type { Interval, ReportAnswer, ReportClaim, ReportStructure } from '../store/paperReport';
import { outcomeWords, verdictWords } from '../store/paperView';
import { signedInterval } from './paperNumbers';

interface Props {
  readonly claim: ReportClaim;
  readonly structures: readonly ReportStructure[];
}

export function PaperClaim({ claim, structures }: Props) {
  const { id, source, statement, verdict, criterion, why, beyond, answers } = claim;
  const label = (name: string) => structures.find((s) => s.name === name)?.label ?? 'All together';
  const notes = answers.filter(({ note }) => note !== null);
  const checked = answers.filter(({ checks }) => checks.length > 0);
  return (
    <li className={`claim claim-${verdict}`} id={`claim-${id}`}>
      <p className="claim-sentence">
        <span className={`pill claim-${verdict}`}>{verdictWords[source][verdict]}</span>
        <strong>{source === 'paper' ? `“${statement}”` : statement}</strong>
      </p>
      {answers.length > 0 && (
        <ul className="claim-answers" aria-label="By structure">
          {answers.map(({ structure, outcome }) => (
            <li key={structure} className={`answer answer-${outcome}`}>
              {label(structure)}: {outcomeWords[outcome]}
            </li>
          ))}
        </ul>
      )}
      {beyond && <p>{beyond}</p>}
      {verdict === 'refuted' && why && (
        <p>
          <strong>Why.</strong> {why}
        </p>
      )}
      {notes.map(({ structure, note }) => (
        <p key={structure} className="hint">
          {label(structure)}: {note}
        </p>
      ))}
      <details>
        <summary>What decides{checked.length > 0 && ', and the figures'}</summary>
        <p className="hint">{criterion}</p>
        {checked.length > 0 && <Checks answers={checked} label={label} statement={statement} />}
      </details>
    </li>
  );
}

function Checks({
  answers,
  label,
  statement,
}: {
  readonly answers: readonly ReportAnswer[];
  readonly label: (structure: string) => string;
  readonly statement: string;
}) {
  return (
    <div className="table-scroll" tabIndex={0} role="region" aria-label={`Figures on: ${statement}`}>
      <table className="claim-checks">
        <caption className="unseen">Differences of ln perplexities</caption>
        <thead>
          <tr>
            <th scope="col">Structure</th>
            <th scope="col">The claim says</th>
            <th scope="col">Difference, below 0 where it is right (95 %)</th>
            <th scope="col">Decided</th>
          </tr>
        </thead>
        <tbody>
          {answers.flatMap(({ structure, checks }) =>
            checks.map(({ label: what, difference, outcome }) => (
              <tr key={`${structure} ${what}`}>
                <th scope="row">{label(structure)}</th>
                <td>{what}</td>
                <td>{difference ? <Difference of={difference} /> : 'not measured'}</td>
                <td className={`answer-${outcome}`}>{outcomeWords[outcome]}</td>
              </tr>
            )),
          )}
        </tbody>
      </table>
    </div>
  );
}

const Difference = ({ of }: { readonly of: Interval }) => <>{signedInterval(of)}</>;

/** Experts, block by block: how often tokens go to others than in full precision, and what calibration knows of each. */
import { useMemo } from 'react';
import type { Estimate } from '../log/events';
import { expertBlocks, type Ranks } from '../log/experts';
import { findValue } from '../measures/catalog';
import { number } from '../store/format';
import { meaningOf } from '../store/glossary';
import type { RunView } from '../store/runView';
import { grouped } from '../util/words';
import { Term } from './Term';

const routing = findValue('rerouted');

interface Props {
  readonly point: string;
  readonly run: RunView;
}

export function ExpertsTable({ point, run: { calibrated, layers, points } }: Props) {
  const rerouted = points.find(({ id }) => id === point)?.byBlock?.['rerouted'];
  const blocks = useMemo(
    () => expertBlocks(point, { calibrated, layers, rerouted: rerouted ?? [] }),
    [point, calibrated, layers, rerouted],
  );
  if (blocks.length === 0) return null;
  const most = Math.max(...blocks.map((block) => block.rerouted?.high ?? 0), Number.MIN_VALUE);
  return (
    <div className="experts-box">
      <p className="hint">
        <strong>Experts, block by block.</strong> {routing && meaningOf(routing).text}
      </p>
      <div className="table-scroll" tabIndex={0} role="region" aria-label="Experts table, scrollable">
        <table>
          <caption className="unseen">Experts of {point}</caption>
          <thead>
            <tr>
              <th scope="col">Block</th>
              <th scope="col">{routing?.label}</th>
              <th scope="col">Tokens of each expert</th>
              <th scope="col">
                <Term name="effective-rank" />
              </th>
            </tr>
          </thead>
          <tbody>
            {blocks.map((block) => (
              <tr key={block.block}>
                <th scope="row">{block.block}</th>
                <td className="bar-cell">
                  <Rerouted value={block.rerouted} most={most} />
                </td>
                <td>
                  <Tokens counts={block.tokens} />
                </td>
                <td>{ranksWords(block.ranks)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </div>
  );
}

function Rerouted({ value, most }: { readonly value: Estimate | null; readonly most: number }) {
  if (!value) return <span className="none">not measured</span>;
  const half = (value.high - value.low) / 2;
  return (
    <>
      <meter min={0} max={most} value={value.mean} aria-hidden="true" />
      <span className="bar-figure" title={`95 % interval: ${percent(value.low)} to ${percent(value.high)}`}>
        {percent(value.mean)} <span className="hint">± {number(100 * half, 2)}</span>
      </span>
    </>
  );
}

/** A bar for every expert, in the order of their numbers, and the fewest and the most in words. */
function Tokens({ counts }: { readonly counts: readonly number[] }) {
  if (counts.length === 0) return <span className="none">not calibrated</span>;
  const most = Math.max(...counts, 1);
  const all = counts.map((count, expert) => `${expert}: ${grouped(count)}`).join(', ');
  return (
    <span className="expert-tokens" title={all}>
      <span className="expert-bars" role="img" aria-label={`Tokens by expert: ${all}`}>
        {counts.map((count, expert) => (
          <span key={expert} style={{ height: `${(100 * count) / most}%` }} />
        ))}
      </span>
      {grouped(Math.min(...counts))} to {grouped(Math.max(...counts))}
    </span>
  );
}

function ranksWords(ranks: Ranks | null) {
  if (!ranks) return <span className="none">–</span>;
  const { least, most, inputs } = ranks;
  const [low, high] = [grouped(Math.round(least)), grouped(Math.round(most))];
  return `${low === high ? low : `${low} to ${high}`} of ${grouped(inputs)}`;
}

const percent = (share: number) => `${number(100 * share, 2)} %`;

/** The card of a checkpoint that is no model here: what its headers tell, why it cannot run, and what can be done all the same. */
import type { TensorsCard as Card } from '../model/card';
import { bytes, count, sentence } from '../store/format';
import { counted, grouped } from '../util/words';
import { Blocks } from './Blocks';

/** Parts that are listed: a file of strangers may name as many as it likes. */
const mostParts = 200;

export function TensorsCard({ card }: { readonly card: Card }) {
  const { matrices, parts, undecoded } = card;
  const facts: readonly (readonly [string, string])[] = [
    ['Parameters', `${count(card.parameters)} in ${counted(card.tensors, 'tensor')}`],
    ['Stored as', `${card.dtypes.join(', ')} · ${bytes(card.bytes)}`],
    ...undecoded.map(({ type, tensors }) => ['Not decoded', `${counted(tensors, 'tensor')} of ${type}`] as const),
    [
      'Matrices',
      `${grouped(matrices.tensors)}, ${Math.round((100 * matrices.parameters) / card.parameters)} % of the parameters`,
    ],
  ];
  return (
    <>
      <p className="card-name">
        <strong>{card.name}</strong> <span>{card.architecture ?? 'no architecture is named'}</span>
      </p>
      <p className="card-remark">{card.missing} Perplexity cannot be measured.</p>
      <p className="hint">
        {matrices.tensors > 0
          ? 'What rounding loses of its matrices can be computed all the same: see Rounding errors.'
          : 'None of its tensors is a matrix of at least 32 × 32, so there is nothing to round either.'}
      </p>
      {card.notes?.map((note) => (
        <p key={note} className="hint">
          {sentence(note)}
        </p>
      ))}
      <dl className="facts">
        {facts.map(([name, value]) => (
          <div key={name + value}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <details>
        <summary>Sizes by part</summary>
        <Blocks blocks={parts.slice(0, mostParts)} />
        {parts.length > mostParts && <p className="hint">and {counted(parts.length - mostParts, 'more part')}</p>}
        <p className="hint">
          Fingerprint <code>{card.fingerprint}</code>
        </p>
      </details>
    </>
  );
}

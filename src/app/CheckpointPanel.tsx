/** The checkpoint: the bundled ones to choose from, and the card of the open one, made from its headers alone. */
import { lazy, Suspense } from 'react';
import { structureFacts } from '../log/structureFacts';
import type { Verdict } from '../model/card';
import { bytes, count, sentence } from '../store/format';
import type { ShownCard } from '../store/state';
import { Blocks } from './Blocks';
import { useLabState } from './context';
import { Section } from './controls';
import { Term } from './Term';

const Bundled = lazy(() => import('./Bundled'));
const TensorsCard = lazy(() => import('./Below').then((below) => ({ default: below.TensorsCard })));

const verdicts: Record<Verdict['kind'], string> = { fits: 'fits', streamed: 'fits, streamed', 'too-big': 'too big' };

export function CheckpointPanel() {
  const { demos, checkpoint, blind } = useLabState((state) => ({
    demos: state.demos.models,
    checkpoint: state.checkpoint,
    // Without a GPU nothing is known of what fits it.
    blind: state.engine.status === 'missing',
  }));
  const { status, demo, card, tensors } = checkpoint;
  const bundled = demos.find(({ id }) => id === demo);
  const note = status !== 'opening' && bundled && `Trained on ${count(bundled.tokensSeen)} tokens. ${bundled.note}`;
  return (
    <Section title="Checkpoint" aside={card && !blind && <VerdictPill verdict={card.verdict} />}>
      {demos.length > 0 && (
        <Suspense>
          <Bundled />
        </Suspense>
      )}
      <div className="card" aria-busy={status === 'opening'}>
        {card ? (
          <Card card={card} note={note} blind={blind} />
        ) : tensors ? (
          <Suspense>
            <TensorsCard card={tensors} />
          </Suspense>
        ) : (
          <Nothing opening={status === 'opening'} />
        )}
      </div>
    </Section>
  );
}

function Nothing({ opening }: { readonly opening: boolean }) {
  return (
    <p className="empty">
      {opening
        ? 'Reading the headers…'
        : 'Drop a Hugging Face folder anywhere on this page, or choose Open checkpoint.'}
    </p>
  );
}

function VerdictPill({ verdict }: { readonly verdict: Verdict }) {
  return (
    <span className={`pill ${verdict.kind}`} title={verdict.reason}>
      <Term name="fits">{verdicts[verdict.kind]}</Term>
    </span>
  );
}

interface CardProps {
  readonly card: ShownCard;
  readonly note: string | false | undefined;
  readonly blind: boolean;
}

function Card({ card, note, blind }: CardProps) {
  const facts: readonly (readonly [string, string])[] = [
    [
      'Parameters',
      `${count(card.parameters)}, ${percent((card.linearParameters - (card.stayingParameters ?? 0)) / card.parameters)} quantizable`,
    ],
    ['Stored as', `${card.dtypes.join(', ')} · ${bytes(card.bytes)}`],
    ['Shape', `${card.layers} × ${card.hidden} wide${headsOf(card)}`],
    ...structureFacts(card, count),
    ['Vocabulary', `${card.vocabulary}${card.tiedEmbeddings ? ', tied' : ''}`],
    ['Context', card.states && card.heads === 0 ? 'any length' : String(card.maxContext)],
  ];
  return (
    <>
      <p className="card-name">
        <strong>{card.name}</strong> <span>{card.architecture}</span>
      </p>
      {card.remarks?.map((remark) => (
        <p key={remark} className="card-remark">
          {sentence(remark)} Nothing can run until the mended folder is opened.
        </p>
      ))}
      {card.notes?.map((known) => (
        <p key={known} className="hint">
          {sentence(known)}
        </p>
      ))}
      {note && <p className="hint">{note}</p>}
      <dl className="facts">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {!blind && card.verdict.kind !== 'fits' && <p className="hint">{card.verdict.reason}</p>}
      <details>
        <summary>Sizes by block</summary>
        <Blocks blocks={card.blocks} />
        <p className="hint">Fingerprint {card.fingerprint ? <code>{card.fingerprint}</code> : 'is being read…'}</p>
      </details>
    </>
  );
}

const headsOf = ({ heads, keyValueHeads }: ShownCard) => {
  if (heads === 0) return '';
  return `, ${heads} heads${heads === keyValueHeads ? '' : ` (${keyValueHeads} key-value)`}`;
};

const percent = (share: number) => `${Math.round(share * 100)} %`;

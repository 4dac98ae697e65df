/** Says that the chart came by link, and how to reproduce it; afterwards, how the two runs compare. */
import { tally } from '../store/compare';
import type { ShownCard } from '../store/state';
import { useLab, useLabState } from './context';

export default function SharedBanner() {
  const lab = useLab();
  const { shared, source, run, card, demos, running } = useLabState((state) => ({
    shared: state.shared,
    source: state.source,
    run: state.run,
    card: state.checkpoint.card,
    demos: state.demos,
    running: state.activity !== 'idle',
  }));
  if (!shared || source === 'log') return null;
  const { model, adapter, app } = shared.share;
  const same = card?.fingerprint === model.fingerprint;
  const bundled = demos.models.find(({ fingerprint }) => fingerprint === model.fingerprint);
  return (
    <section className="banner" aria-label="Shared run">
      <div>
        <h2>
          Shared run of <strong>{model.label}</strong>
        </h2>
        <p>
          {model.architecture}, fingerprint <code>{model.fingerprint}</code>; measured on {adapter} with Bitcurve {app}.
        </p>
        <p>
          {source === 'live' ? (
            <Comparison mine={run.points} shared={shared.run.points} same={same} />
          ) : (
            advice(same, card)
          )}
        </p>
      </div>
      {same && !running && !card.remarks?.length && (
        <button type="button" onClick={() => void lab.reproduce()}>
          Reproduce
        </button>
      )}
      {!card && bundled && (
        <button type="button" onClick={() => void lab.chooseDemo(bundled.id)}>
          Open {bundled.label} and reproduce
        </button>
      )}
    </section>
  );
}

function advice(same: boolean, card: ShownCard | null): string {
  if (card && !card.fingerprint) return `${card.name} is being read.`;
  if (same && card?.remarks?.length) return 'The same checkpoint is open, but it cannot run yet: see Checkpoint.';
  if (same) return 'The same checkpoint is open: Reproduce runs it with the same settings and compares point by point.';
  if (card) return `${card.name} is open, and it is a different checkpoint: its numbers will differ.`;
  return 'To reproduce it, drop the same checkpoint: it is run with the same settings and compared point by point.';
}

type Points = Parameters<typeof tally>[0];

function Comparison({
  mine,
  shared,
  same,
}: {
  readonly mine: Points;
  readonly shared: Points;
  readonly same: boolean;
}) {
  const { match, close, differs, open } = tally(shared, mine);
  return (
    <>
      {!same && 'A different checkpoint. '}
      Compared with the shared run: {match} match{close > 0 && `, ${close} within the interval`}
      {differs > 0 && `, ${differs} differ`}
      {open > 0 && `, ${open} to come`}.
    </>
  );
}

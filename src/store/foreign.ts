/** Whether the shown results are of another checkpoint than the open one. Pure. */
import type { LabState } from './state';

/** Names of the two; null where they are the same, or one of them is missing. A shared run says in its banner what it is of. */
export function foreignResults({
  run,
  source,
  checkpoint,
  activity,
}: Pick<LabState, 'run' | 'source' | 'checkpoint' | 'activity'>): {
  readonly of: string;
  readonly open: string;
} | null {
  const { card, status } = checkpoint;
  if (!run.about || !card || status !== 'open' || source === 'link' || activity !== 'idle') return null;
  return run.about.model.fingerprint === card.fingerprint ? null : { of: run.about.model.name, open: card.name };
}

/** Says that the run which the shown one took the place of is kept, and what it was; one button changes the two. */
import { describeRun } from '../store/otherRun';
import { useLab, useLabState } from './context';

export function OtherRun() {
  const lab = useLab();
  const { other, running } = useLabState(({ otherRun, source, activity }) => ({
    // A shared run is left by Back.
    other: source === 'link' ? null : otherRun,
    running: activity !== 'idle',
  }));
  if (!other) return null;
  return (
    <section className="banner slim" aria-label="Kept run">
      <p>
        {other.newer ? 'An earlier run is shown; the newer one is kept:' : 'The run before is kept:'}{' '}
        <strong>{describeRun(other.run, lab.methods)}</strong>
        {running && '. It can be shown when this run has ended'}
      </p>
      <button type="button" disabled={running} onClick={() => lab.showOther()}>
        {other.newer ? 'Show the newer run' : 'Show the run before'}
      </button>
    </section>
  );
}

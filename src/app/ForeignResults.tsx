/** Says of which checkpoint the shown results are, where another one is open. */
import { foreignResults } from '../store/foreign';
import { useLabState } from './context';

export function ForeignResults() {
  const { of, open } = useLabState((state) => foreignResults(state) ?? { of: null, open: null });
  if (of === null) return null;
  return (
    <section className="banner slim" aria-label="Another checkpoint">
      <p>
        These results are of <strong>{of}</strong>; press Run for <strong>{open}</strong>.
      </p>
    </section>
  );
}

/** Says how many points lie above the shown range, and switches to all of them. */
import { compares, type Curve, type YAxis } from '../store/curves';
import { number } from '../store/format';
import { nearTimes, type Range } from '../store/range';

interface Props {
  readonly curves: readonly Curve[];
  readonly ceiling: number;
  readonly y: YAxis;
  /** Whether the chart holds several runs. */
  readonly several: boolean;
  readonly range: Range;
  readonly onChange: (range: Range) => void;
}

export function RangeNote({ curves, ceiling, y, several, range, onChange }: Props) {
  const above = curves.flatMap(({ points }) => points).filter((point) => point.y > ceiling).length;
  const limit = compares(y) ? number(ceiling, 2) : `${nearTimes} × ${several ? 'the highest ' : ''}full precision`;
  const points = above === 1 ? '1 point lies' : `${above} points lie`;
  return (
    <p className="range-note">
      <span className="hint">
        {range === 'near' ? `↑ ${points} above (beyond ${limit}).` : `Every point is shown; ${points} beyond ${limit}.`}
      </span>
      <button type="button" className="quiet" onClick={() => onChange(range === 'near' ? 'all' : 'near')}>
        {range === 'near' ? 'Show all points' : 'Show the range up to there'}
      </button>
    </p>
  );
}

/** The legend that acts: under the pointer or the focus a curve stands out, pressed ones are shown alone. */
import { compares, type Curve, type YAxis } from '../store/curves';
import { curveName } from '../store/summary';
import { Swatch, type Looks } from './series';

interface Props {
  readonly curves: readonly Curve[];
  readonly looks: ReadonlyMap<string, Looks>;
  /** Keys of the curves that are shown alone; empty shows all. */
  readonly picked: readonly string[];
  readonly onPick: (picked: readonly string[]) => void;
  readonly onLight: (change: (lit: string | null) => string | null) => void;
  /** Whether the chart has the line of full precision. */
  readonly reference: boolean;
  /** Which runs are not as usual, and in what. */
  readonly marks: readonly string[];
  readonly y: YAxis;
}

export function Legend({ curves, looks, picked, onPick, onLight, reference, marks, y }: Props) {
  const toggle = (key: string) => {
    const next = picked.includes(key) ? picked.filter((other) => other !== key) : [...picked, key];
    // All of them one by one is all.
    onPick(next.length === curves.length ? [] : next);
  };
  return (
    <ul className="legend" aria-label="Curves of the chart">
      {curves.map((curve) => {
        const look = looks.get(curve.key);
        const on = picked.includes(curve.key);
        return (
          <li key={curve.key}>
            <button
              type="button"
              className={`legend-entry ${picked.length > 0 && !on ? 'off' : ''}`}
              aria-pressed={on}
              title={on ? 'Show it no longer alone' : 'Show this curve alone, or with the others that are pressed'}
              onClick={() => toggle(curve.key)}
              onMouseEnter={() => onLight(() => curve.key)}
              onMouseLeave={() => onLight(() => null)}
              onFocus={() => onLight(() => curve.key)}
              // Later: the chart is drawn anew then, and the focus may be on its way to a point of it.
              onBlur={() => setTimeout(() => onLight((lit) => (lit === curve.key ? null : lit)))}
            >
              {look && <Swatch looks={look} />}
              {curveName(curve)}
            </button>
          </li>
        );
      })}
      {picked.length > 0 && (
        <li>
          <button type="button" className="quiet" onClick={() => onPick([])}>
            Show all curves
          </button>
        </li>
      )}
      {reference && (
        <li className="legend-reference">
          <svg className="swatch" width="30" height="14" aria-hidden="true">
            <line x1="1" x2="29" y1="7" y2="7" className="reference-line" />
          </svg>
          Full precision{!compares(y) && ' and its 95 % interval'}
        </li>
      )}
      {marks.map((mark) => (
        <li key={mark} className="legend-reference">
          {mark}
        </li>
      ))}
      {curves.some(({ points }) => points.some(({ redrawn }) => redrawn !== null)) && (
        <li className="legend-reference">
          <svg className="swatch" width="30" height="14" aria-hidden="true">
            <line x1="15" x2="15" y1="0" y2="14" className="redrawn-bar" />
            <line x1="15" x2="15" y1="3" y2="11" className="interval-bar" />
          </svg>
          Broad: 95 % over calibration texts. Slender: over the evaluation’s windows
        </li>
      )}
    </ul>
  );
}

/** What a point of the chart says on hover and focus. It draws itself: the chart need not for that. */
import { useImperativeHandle, useState, type Ref } from 'react';
import type { CurvePoint } from '../store/curves';
import { number, withInterval } from '../store/format';

export interface Said {
  /** Of the curve. */
  readonly name: string;
  readonly point: Pick<CurvePoint, 'bits' | 'x' | 'value' | 'redrawn' | 'finished'>;
  /** Of the horizontal axis. */
  readonly unit: string;
  /** Whether the point lies above what the chart shows. */
  readonly above: boolean;
  /** What it is to the answer that names it; null where none does. */
  readonly chosen: string | null;
}

export interface TipHandle {
  /** At a place of the drawing, in pixels. */
  show(said: Said, x: number, y: number): void;
  hide(): void;
}

/** "GPTQ, 3 bits: 1.62 (1.58 to 1.66) at 3.25 bits/weight". */
export function pointWords({ name, point, unit, above, chosen }: Said): string {
  const { bits, x, value, redrawn, finished } = point;
  const interval = `${withInterval(value.mean, value.low, value.high)} (${number(value.low)} to ${number(value.high)})`;
  const others = redrawn ? `, over calibration texts ${number(redrawn.low)} to ${number(redrawn.high)}` : '';
  const notes = `${others}${above ? ', above the shown range' : ''}${finished ? '' : ', still measuring'}${chosen === null ? '' : `, ${chosen}`}`;
  return `${name}, ${bits} bits: ${interval} at ${number(x)} ${unit}${notes}`;
}

interface Place {
  readonly said: Said;
  readonly x: number;
  readonly y: number;
}

export function ChartTip({ ref }: { readonly ref: Ref<TipHandle> }) {
  const [place, setPlace] = useState<Place | null>(null);
  useImperativeHandle(ref, () => ({
    show: (said, x, y) => setPlace({ said, x, y }),
    hide: () => setPlace(null),
  }));
  if (!place) return null;
  const { said, x, y } = place;
  const [head, body = ''] = split(pointWords(said));
  const [first, second = ''] = body.split(' at ');
  return (
    // The point carries the same words as its name.
    <div className={`tip ${x > 360 ? 'left' : ''}`} aria-hidden="true" style={{ left: x, top: y }}>
      <strong>{head}</strong>
      <span>{first}</span>
      <span>at {second}</span>
    </div>
  );
}

const split = (words: string): readonly string[] => {
  const cut = words.indexOf(': ');
  return [words.slice(0, cut), words.slice(cut + 2)];
};

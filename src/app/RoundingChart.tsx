/** The error of all matrices together over what they take to store, a curve a method. Its numbers are those of the table. */
import { useEffect, useRef, useState, type RefObject } from 'react';
import { number, tick } from '../store/format';
import type { TotalCurve } from '../store/roundingTable';
import { linearAxis, logAxis } from '../store/ticks';
import { looksAt, Marker, Swatch } from './series';

const height = 260;
const margin = { top: 10, right: 16, bottom: 40, left: 70 };

export function RoundingChart({ curves }: { readonly curves: readonly TotalCurve[] }) {
  const box = useRef<HTMLDivElement>(null);
  const width = useWidth(box);
  const all = curves.flatMap(({ points }) => points);
  if (all.length === 0) return null;
  const of = (axis: 'x' | 'y') => all.map((point) => point[axis]);
  const xAxis = linearAxis(Math.min(...of('x')), Math.max(...of('x')), width < 480 ? 4 : 8);
  const yAxis = logAxis(Math.min(...of('y')), Math.max(...of('y')));
  const [left, right, top, bottom] = [margin.left, width - margin.right, margin.top, height - margin.bottom];
  const share = (value: number, [low, high]: readonly [number, number]) => (value - low) / (high - low);
  const x = (value: number) => left + share(value, xAxis.domain) * (right - left);
  const [low, high] = yAxis.domain;
  const y = (value: number) => bottom - share(Math.log(value), [Math.log(low), Math.log(high)]) * (bottom - top);
  return (
    <>
      <ul className="legend" aria-label="Methods of the chart">
        {curves.map(({ method, label, points }, place) => (
          <li key={method} className="legend-reference">
            <Swatch looks={{ ...looksAt(place), line: points.length > 1 ? 'drawn' : 'none' }} />
            {label}
          </li>
        ))}
      </ul>
      <div className="rounding-chart" ref={box}>
        <svg
          width={width}
          height={height}
          role="img"
          aria-label={`Error of all matrices over bits per weight. ${summary(curves)}`}
        >
          {yAxis.ticks.map((value) => (
            <g key={value}>
              <line className="grid" x1={left} x2={right} y1={y(value)} y2={y(value)} />
              <text x={left - 8} y={y(value) + 4} textAnchor="end">
                {tick(value)}
              </text>
            </g>
          ))}
          <path className="axis" d={`M${left} ${top}V${bottom}H${right}`} />
          {xAxis.ticks.map((value) => (
            <text key={value} x={x(value)} y={bottom + 17} textAnchor="middle">
              {tick(value)}
            </text>
          ))}
          <text x={(left + right) / 2} y={height - 5} textAnchor="middle">
            bits per weight, scales included
          </text>
          <text transform={`translate(13 ${(top + bottom) / 2}) rotate(-90)`} textAnchor="middle">
            ‖W − Ŵ‖² / ‖W‖²
          </text>
          {curves.map(({ method, label, points }, place) => {
            const looks = looksAt(place);
            const line = points.map((point, i) => `${i ? 'L' : 'M'}${x(point.x)} ${y(point.y)}`).join('');
            return (
              <g key={method}>
                <path d={line} fill="none" stroke={looks.colour} strokeWidth={2} strokeDasharray={looks.dash} />
                {points.map((point) => (
                  <g key={point.bits}>
                    <title>{`${label}, ${point.bits} bits: ${number(point.y, 3)} at ${number(point.x, 3)} bits per weight`}</title>
                    <Marker looks={looks} x={x(point.x)} y={y(point.y)} />
                  </g>
                ))}
              </g>
            );
          })}
        </svg>
      </div>
    </>
  );
}

/** For those who do not see it; the table has every number. */
const summary = (curves: readonly TotalCurve[]): string =>
  curves
    .flatMap(({ label, points }) => {
      const [least, most] = [points[0], points.at(-1)];
      return least && most
        ? [`${label}: ${number(least.y, 2)} at ${number(least.x, 3)} to ${number(most.y, 2)} at ${number(most.x, 3)}.`]
        : [];
    })
    .join(' ');

/** Pixels, which text needs to stay readable on narrow screens. */
function useWidth(box: RefObject<HTMLElement | null>): number {
  const [width, setWidth] = useState(640);
  useEffect(() => {
    if (!box.current) return;
    const observer = new ResizeObserver(([entry]) => {
      if (entry && entry.contentRect.width > 0) setWidth(entry.contentRect.width);
    });
    observer.observe(box.current);
    return () => observer.disconnect();
  }, [box]);
  return width;
}

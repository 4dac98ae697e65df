/**
 * How a curve looks, everywhere: colour, marker and dash together, so that none of them has to be seen alone. Looks are given by the
 * place of a curve in its chart, not by its method: those that stand together are told apart.
 */
import { isMatrixMethod, matrixLabel } from '../quant/recipe/combinations';
import type { MethodMeta } from '../quant/recipe/recipe';
import { combinations, type Curve } from '../store/curves';
import type { PointView } from '../store/runView';

const markers = ['circle', 'square', 'triangle', 'diamond', 'cross', 'wedge'] as const;
type MarkerKind = (typeof markers)[number];

/** By run: the first drawn through. */
const dashes = [undefined, '7 4', '2 3', '9 3 2 3', '4 2', '12 4'] as const;

/** How many colours styles/tokens.css has. */
const colours = 8;

export interface Looks {
  readonly colour: string;
  readonly marker: MarkerKind;
  readonly dash: string | undefined;
  /** Whether its points are joined. */
  readonly line: 'drawn' | 'none';
}

/** Points of a combination matrix: many methods at one width. */
const cloud: Looks = { colour: 'var(--muted)', marker: 'diamond', dash: undefined, line: 'none' };

/** Looks of the curve at a place of the chart; `run` counts the runs in it. Colour and marker repeat together after 24. */
export function looksAt(place: number, run = 0): Looks {
  return {
    colour: `var(--series-${(place % colours) + 1})`,
    marker: markers[place % markers.length] as MarkerKind,
    dash: dashes[run % dashes.length],
    line: 'drawn',
  };
}

/** Looks by key, for curves in the order of their chart. */
export function looksOf(curves: readonly Pick<Curve, 'key' | 'method' | 'run'>[]): ReadonlyMap<string, Looks> {
  const runs = [...new Set(curves.map(({ run }) => run))];
  return new Map(
    curves.map(({ key, method, run }, place) => [
      key,
      method === combinations ? cloud : looksAt(place, runs.indexOf(run)),
    ]),
  );
}

export function labelOf(method: string, methods: readonly MethodMeta[]): string {
  if (method === combinations) return 'Combinations';
  if (isMatrixMethod(method)) return matrixLabel(method);
  return methods.find(({ name }) => name === method)?.label ?? method;
}

/** A point in words, "GPTQ, 3 bits"; one that nothing is known of keeps its id. */
export function pointLabel(
  id: string,
  points: readonly Pick<PointView, 'id' | 'method' | 'bits'>[],
  methods: readonly MethodMeta[],
): string {
  const point = points.find((one) => one.id === id);
  return point ? `${labelOf(point.method, methods)}, ${point.bits} bits` : id;
}

interface MarkerProps {
  readonly looks: Looks;
  readonly x: number;
  readonly y: number;
  readonly size?: number;
  /** A point whose windows are still coming in, or a shared one, is hollow. */
  readonly fill?: 'solid' | 'hollow';
}

export function Marker({ looks, x, y, size = 5, fill = 'solid' }: MarkerProps) {
  return (
    <path
      d={outline(looks.marker, size)}
      transform={`translate(${x} ${y})`}
      fill={fill === 'solid' ? looks.colour : 'var(--surface)'}
      stroke={looks.colour}
      strokeWidth={1.75}
      strokeLinejoin="round"
    />
  );
}

/** Where a point lies above the chart: an arrow that says so. */
export function Arrow({ looks, x, y }: MarkerProps) {
  return (
    <path
      d="M0 -7L5.5 0H2V7H-2V0H-5.5Z"
      transform={`translate(${x} ${y})`}
      fill={looks.colour}
      stroke="var(--surface)"
      strokeWidth={1}
      strokeLinejoin="round"
    />
  );
}

/** A marker on its line, as legends show it. */
export function Swatch({ looks }: { readonly looks: Looks }) {
  return (
    <svg className="swatch" width="30" height="14" aria-hidden="true">
      {looks.line === 'drawn' && (
        <line x1="1" x2="29" y1="7" y2="7" stroke={looks.colour} strokeWidth="2" strokeDasharray={looks.dash} />
      )}
      <Marker looks={looks} x={15} y={7} size={4} />
    </svg>
  );
}

/** Outlines of about equal area around the origin. */
export function outline(kind: MarkerKind, r: number): string {
  switch (kind) {
    case 'circle':
      return `M${-r} 0a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0Z`;
    case 'square':
      return `M${-r * 0.9} ${-r * 0.9}h${r * 1.8}v${r * 1.8}h${-r * 1.8}Z`;
    case 'triangle':
      return `M0 ${-r * 1.2}L${r * 1.15} ${r * 0.85}H${-r * 1.15}Z`;
    case 'diamond':
      return `M0 ${-r * 1.3}L${r * 1.3} 0L0 ${r * 1.3}L${-r * 1.3} 0Z`;
    case 'cross': {
      const [a, b] = [r * 0.4, r * 1.15];
      return `M${-a} ${-b}h${2 * a}v${b - a}h${b - a}v${2 * a}h${a - b}v${b - a}h${-2 * a}v${a - b}h${a - b}v${-2 * a}h${b - a}Z`;
    }
    case 'wedge':
      return `M0 ${r * 1.2}L${r * 1.15} ${-r * 0.85}H${-r * 1.15}Z`;
  }
}

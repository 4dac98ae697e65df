/**
 * How a method looks, everywhere: colour, marker and dash together, so that none of them has to be seen alone. A method keeps its
 * looks by its place in the list of methods.
 */
import { isMatrixMethod, matrixLabel } from '../quant/matrix';
import type { MethodMeta } from '../quant/recipe';
import { combinations } from '../store/curves';
import type { PointView } from '../store/runView';

const markers = ['circle', 'square', 'triangle', 'diamond', 'cross', 'wedge'] as const;
type MarkerKind = (typeof markers)[number];

const dashes = [undefined, '7 3', '2 3', '9 3 2 3', '4 2', '12 4'] as const;

export interface Looks {
  readonly colour: string;
  readonly marker: MarkerKind;
  readonly dash: string | undefined;
  /** Whether its points are joined. */
  readonly line: 'drawn' | 'none';
}

/** Points of a combination matrix: many methods at one width. */
const cloud: Looks = { colour: 'var(--muted)', marker: 'diamond', dash: undefined, line: 'none' };

/** Looks of a method; one that this build does not know (an old link) takes the next free place. */
export function looksOf(method: string, methods: readonly MethodMeta[]): Looks {
  if (method === combinations || isMatrixMethod(method)) return cloud;
  const found = methods.findIndex(({ name }) => name === method);
  const place = found < 0 ? methods.length : found;
  return {
    // Eight colours in styles/tokens.css and six markers repeat together every 24 methods: then the markers move on by one.
    colour: `var(--series-${(place % 8) + 1})`,
    marker: markers[(place + Math.floor(place / 24)) % markers.length] as MarkerKind,
    dash: dashes[place % dashes.length],
    line: 'drawn',
  };
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
function outline(kind: MarkerKind, r: number): string {
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

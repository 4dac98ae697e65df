/**
 * Which method is best at each width: the page's question, answered in words. A method beats another where the whole 95 % interval of
 * their difference, window by window, lies on its side. A link does not hold windows: there the two intervals of the ln ratio to
 * full precision must lie apart, which takes a larger difference. Pure.
 */
import { compare } from '../lab/statistics';
import { listed, number } from './format';
import { fullPrecision, type PointView } from './runView';

export interface Ranking {
  readonly bits: number;
  /** Finished points of this width, two or more: the lowest perplexity and those like it, then the others, each lowest first. */
  readonly points: readonly PointView[];
  /** How many cannot be told apart from the best, itself included. */
  readonly leaders: number;
}

/** Whether `best` is better than `other` beyond chance. */
function beats(best: PointView, other: PointView): boolean {
  const difference = best.losses && other.losses ? compare(other.losses, best.losses) : null;
  return difference ? difference.low > 0 : (other.lnRatio?.low ?? -Infinity) > (best.lnRatio?.high ?? Infinity);
}

/** The lowest and those that cannot be told apart from it, and the others; each from the lowest up. */
export function split(points: readonly PointView[]): Readonly<Record<'leaders' | 'beaten', readonly PointView[]>> {
  const sorted = [...points].sort((a, b) => mean(a) - mean(b));
  const [first] = sorted;
  const beaten = new Set(sorted.filter((other) => first && other !== first && beats(first, other)));
  return { leaders: sorted.filter((point) => !beaten.has(point)), beaten: [...beaten] };
}

/** Bits per weight by which points of one width may differ and still be compared as equals: zeros of groups, parameters of transforms. */
const equalBits = 0.1;

/** Sizes one after another, each within `equalBits` of the one before: points that cost about the same. */
function bySize(points: readonly PointView[]): PointView[][] {
  const size = ({ bitsPerWeight, bits }: PointView) => bitsPerWeight ?? bits;
  const classes: PointView[][] = [];
  for (const point of [...points].sort((a, b) => size(a) - size(b))) {
    const last = classes.at(-1)?.at(-1);
    if (last && size(point) - size(last) <= equalBits) classes.at(-1)?.push(point);
    else classes.push([point]);
  }
  return classes;
}

/**
 * One ranking per width at which two or more methods are finished, widest first: of the points that cost about the same per weight, where
 * most of them do, and of smaller ones that are better still. Half a bit more for groups or a low-rank part is another point of the
 * curve, not a better method.
 */
export function rankings(points: readonly PointView[]): Ranking[] {
  const finished = points.filter(
    ({ id, state, lnRatio }) => id !== fullPrecision && state === 'finished' && lnRatio && !Number.isNaN(lnRatio.mean),
  );
  return [...new Set(finished.map(({ bits }) => bits))]
    .map((bits) => {
      const classes = bySize(finished.filter((point) => point.bits === bits));
      const withBetter = classes.map((of, i) => {
        const least = Math.min(...of.map(mean));
        const smaller = classes.slice(0, i).flat();
        return [...of, ...smaller.filter((point) => mean(point) < least)];
      });
      return withBetter.reduce((most, of) => (of.length > most.length ? of : most));
    })
    .filter((of) => of.length > 1)
    .map((of) => {
      const { leaders, beaten } = split(of);
      return { bits: of[0]?.bits ?? 0, points: [...leaders, ...beaten], leaders: leaders.length };
    })
    .sort((a, b) => b.bits - a.bits);
}

/** "At 3 bits GPTQ beats RTN (ln ratio 0.25 against 0.44); at 8 and 6 bits they cannot be told apart." Null without two methods. */
export function verdictLine(points: readonly PointView[], label: (method: string) => string): string | null {
  const found = rankings(points);
  if (found.length === 0) return null;
  const clauses = new Map<string, Ranking[]>();
  for (const ranking of found) {
    const key = clauseKey(ranking);
    clauses.set(key, [...(clauses.get(key) ?? []), ranking]);
  }
  // What is decided comes first.
  const parts = [...clauses.values()].sort(
    (a, b) => Number((a[0]?.leaders ?? 0) > 1) - Number((b[0]?.leaders ?? 0) > 1),
  );
  const line = parts.map((part) => clause(part, label)).join('; ');
  return `${line[0]?.toUpperCase()}${line.slice(1)}.`;
}

const mean = ({ lnRatio }: PointView) => lnRatio?.mean ?? Infinity;

/** So many names are read in a sentence. */
const mostNames = 4;
const few = (names: readonly string[]) =>
  listed(names.length > mostNames + 1 ? [...names.slice(0, mostNames), `${names.length - mostNames} others`] : names);

/** Widths with the same leaders and the same number of others are said together. */
function clauseKey({ points, leaders }: Ranking): string {
  const names = points.slice(0, leaders).map(({ method }) => method);
  return `${names.sort().join()} of ${points.length}`;
}

function clause(part: readonly Ranking[], label: (method: string) => string): string {
  const bits = `at ${listed(part.map((ranking) => String(ranking.bits)))} bits`;
  // The narrowest width has the largest difference: it stands for the others.
  const { points, leaders, bits: narrowest } = part.at(-1) as Ranking;
  const names = points.slice(0, leaders).map(({ method }) => label(method));
  if (leaders > 1) {
    const all = leaders === points.length;
    if (all && leaders === 2) return `${bits} ${listed(names)} cannot be told apart`;
    return all ? `${bits} the methods cannot be told apart` : `${bits} ${few(names)} lead and cannot be told apart`;
  }
  const [best, next] = points as [PointView, PointView];
  const others = points.length === 2 ? label(next.method) : 'the others';
  const of = part.length > 1 ? `at ${narrowest} bits: ` : '';
  const against = points.length === 2 ? '' : ` of ${label(next.method)}`;
  return `${bits} ${names[0]} beats ${others} (${of}ln ratio ${number(mean(best), 2)} against ${number(mean(next), 2)}${against})`;
}

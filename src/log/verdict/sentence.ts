/**
 * The answer in words: which point to take, what lies below it, which method is best at each width, and what stands against believing
 * it. Page and command line print the same sentences. Pure.
 */
import { change, grouped, listed, number, percentDigits } from '../../util/words';
import type { Candidate, Finished } from './candidate';
import { choose, type Goal } from './choose';
import { rankings, type Ranking } from './rank';
import { enoughTokens, judged, supplyOf } from './supply';

export interface Answer {
  /** The point that `take` names; null where none was measured, or none can be judged. */
  readonly chosen: Candidate | null;
  /** Whether it keeps to the goal: is to be taken, not only the nearest. */
  readonly within: boolean;
  /** "Take GPTQ at 4 bits: 0.31 of 1.02 MB, perplexity +1.4 % (± 0.6). At 3 bits +27 %. Below, it breaks." Null without a point. */
  readonly take: string | null;
  /** "At 3 bits GPTQ beats RTN (perplexity +28 % against +55 %); at 8 and 6 bits they cannot be told apart." Null without two methods. */
  readonly comparison: string | null;
  /** Ids of points that beat all others of their width and size. */
  readonly best: ReadonlySet<string>;
  /** What must be known before any of it is believed. */
  readonly warnings: readonly string[];
}

/** How methods are called. */
export type Label = (method: string) => string;

/** A perplexity more than twice that of the model: what is left is not used. */
const broken = Math.log(2);

export function answer(finished: Finished, goal: Goal, label: Label): Answer {
  const { candidates, calibration, megabytes, doubts, pending } = finished;
  const { point, within, narrower } = choose(candidates, goal, calibration);
  const unjudged = new Set(
    [...new Set(candidates.map(({ bits }) => bits))].flatMap(
      (bits) =>
        judged(
          candidates.filter((candidate) => candidate.bits === bits),
          calibration,
        ).unjudged,
    ),
  );
  const ranked = rankings(candidates, calibration);
  const withheld = point !== null && [...unjudged].some(({ bits }) => bits <= point.bits);
  const seen = point !== null && unjudged.has(point) && supplyOf(calibration) === 'leaked';
  const standing = seen ? 'seen' : pending > 0 ? 'early' : withheld ? 'withheld' : 'final';
  return {
    chosen: seen ? null : point,
    within,
    take: point && takeLine(point, { within, goal, narrower, whole: megabytes, standing, label }),
    comparison: comparisonLine(ranked, label),
    best: new Set(ranked.flatMap(({ points, leaders }) => (leaders === 1 ? (points[0]?.id ?? []) : []))),
    warnings: [...shortage([...unjudged, ...undecided(ranked)], calibration, label), ...doubts],
  };
}

interface Around {
  readonly within: boolean;
  readonly goal: Goal;
  readonly narrower: readonly Candidate[];
  readonly whole: number | null;
  /**
   * early: points are still to come; withheld: something that cannot be judged might take its place; seen: it was calibrated on what it was
   * measured on.
   */
  readonly standing: 'final' | 'early' | 'withheld' | 'seen';
  readonly label: Label;
}

function takeLine(point: Candidate, { within, goal, narrower, whole, standing, label }: Around): string {
  const named = `${label(point.method)} at ${point.bits} bits${point.group === null ? '' : ` in groups of ${point.group}`}`;
  const cost = `${megabytesOf(point, whole)}, ${lossOf(point)}`;
  const below = belowLine(narrower, point, label);
  if (standing === 'seen') return `No answer: ${named} was calibrated on text that it is measured on. There ${cost}.`;
  if (within) return `${opening[standing]} ${named}: ${cost}.${below}`;
  return goal.kind === 'loss'
    ? `Nothing measured stays within +${Number((100 * goal.most).toPrecision(3))} %; the least loss is that of ${named}: ${cost}.${below}`
    : `Nothing measured fits into ${number(goal.most, 3)} MB; the smallest is ${named}: ${cost}.${below}`;
}

const opening = { final: 'Take', early: 'So far,', withheld: 'Of what can be judged, take' } as const;

const megabytesOf = ({ size }: Candidate, whole: number | null) =>
  `${number(size?.megabytes ?? NaN, 3)}${whole === null ? '' : ` of ${number(whole, 3)}`} MB`;

/** "perplexity +1.4 % (± 0.6)"; a loss that cannot be told from none is said to be that. */
function lossOf({ values: { lnRatio } }: Candidate): string {
  if (!lnRatio) return 'perplexity not compared';
  const { mean, low, high } = lnRatio;
  if (mean > broken) return `it breaks: perplexity ${change(mean)}`;
  const half = (100 * (Math.exp(high) - Math.exp(low))) / 2;
  const interval = Number.isFinite(half) ? ` (± ${percentDigits(half)})` : '';
  const seen = low > 0 ? '' : ', no loss that can be told from none';
  return `perplexity ${change(mean)}${interval}${seen}`;
}

/** " At 3 bits +27 %. Below, it breaks." of the best points at narrower widths; the method is named where it is another one. */
function belowLine(narrower: readonly Candidate[], { method }: Candidate, label: Label): string {
  const breaks = narrower.findIndex(({ values: { lnRatio } }) => (lnRatio?.mean ?? Infinity) > broken);
  const whole = breaks < 0 ? narrower : narrower.slice(0, breaks);
  const said = whole.map((point) => {
    const other = point.method === method ? '' : ` with ${label(point.method)}`;
    return ` At ${point.bits} bits ${change(point.values['lnRatio']?.mean ?? NaN)}${other}.`;
  });
  const [first] = narrower.slice(breaks < 0 ? narrower.length : breaks);
  const end = first
    ? whole.length
      ? ' Below, it breaks.'
      : ` At ${first.bits} bits it breaks (perplexity ${change(first.values['lnRatio']?.mean ?? NaN)}).`
    : '';
  return said.join('') + end;
}

/** Points that lead, and of which only more calibration text could say which is better. */
const undecided = (ranked: readonly Ranking[]): Candidate[] =>
  ranked.flatMap(({ points, leaders, undecided }) =>
    undecided ? points.slice(0, leaders).filter(({ calibrated }) => calibrated) : [],
  );

function shortage(unjudged: readonly Candidate[], calibration: Finished['calibration'], label: Label): string[] {
  if (!unjudged.length || !calibration) return [];
  const methods = [...new Set(unjudged.map(({ method }) => method))].map(label);
  if (calibration.leaked)
    return [
      `${few(methods)} cannot be judged: calibrated on text that ${methods.length > 1 ? 'they are' : 'it is'} measured on.`,
    ];
  const { tokens, inputs } = calibration;
  const widths =
    inputs === null ? 'how wide the layers are is not known here' : `layers have up to ${grouped(inputs)} inputs`;
  return [
    `Where ${few(methods)} ${methods.length > 1 ? 'lose, it' : 'loses, it'} may be for want of text: calibrated on ${grouped(tokens)} tokens, and ${widths}. ` +
      `Calibrate on ${grouped(enoughTokens(inputs))} tokens or more to judge ${methods.length > 1 ? 'them' : 'it'}.`,
  ];
}

/** Null without two methods at one width. */
export function comparisonLine(found: readonly Ranking[], label: Label): string | null {
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

/** So many names are read in a sentence. */
const mostNames = 4;
const few = (names: readonly string[]) =>
  listed(names.length > mostNames + 1 ? [...names.slice(0, mostNames), `${names.length - mostNames} others`] : names);

/** Widths of which the same is said are said together: with the same leaders and, where a single other is named, that one. */
function clauseKey({ points, leaders, undecided }: Ranking): string {
  const told = points.length === 2 ? points : points.slice(0, leaders);
  const names = told.map(({ method, group }) => `${method}/${group}`);
  const lead = names.slice(0, leaders).sort().join();
  return `${lead} of ${points.length}, ${names.slice(leaders).join()}${undecided ? ', undecided' : ''}`;
}

function clause(part: readonly Ranking[], label: Label): string {
  const bits = `at ${listed(part.map((ranking) => String(ranking.bits)))} bits`;
  // The narrowest width has the largest difference: it stands for the others.
  const { points, leaders, undecided, bits: narrowest } = part.at(-1) as Ranking;
  // One method may stand there with several groups.
  const name = ({ method, group }: Candidate) => {
    const several = points.some((other) => other.method === method && other.group !== group);
    return several ? `${label(method)} ${group === null ? 'by rows' : `in groups of ${group}`}` : label(method);
  };
  const names = points.slice(0, leaders).map(name);
  if (leaders > 1) {
    const all = leaders === points.length;
    if (undecided) return `${bits} ${few(names)}${all ? '' : ' lead, and'} need more calibration text to be told apart`;
    if (all && leaders === 2) return `${bits} ${listed(names)} cannot be told apart`;
    return all ? `${bits} the methods cannot be told apart` : `${bits} ${few(names)} lead and cannot be told apart`;
  }
  const [best, next] = points as [Candidate, Candidate];
  const others = points.length === 2 ? name(next) : 'the others';
  const of = part.length > 1 ? `at ${narrowest} bits: ` : '';
  const against = points.length === 2 ? '' : ` of ${name(next)}`;
  const [low, high] = [best, next].map(({ values: { lnRatio } }) => change(lnRatio?.mean ?? NaN));
  return `${bits} ${names[0]} beats ${others} (${of}perplexity ${low} against ${high}${against})`;
}

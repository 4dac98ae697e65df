/** The report: cells, ranks, claims and experiments of what was measured. Pure. */
import type {
  Interval,
  PaperReport,
  ReportCell,
  ReportClaim,
  ReportRank,
  ReportStructure,
} from '../../../src/store/paperReport';
import { equalBits } from '../../../src/log/verdict/rank';
import { hash32 } from '../../../src/util/rng';
import { findMethod } from '../../../src/quant/recipe/recipes';
import { judge, type Judged } from './claim';
import { claims } from './claims';
import { decided, differenceOf, type Difference, type Sided } from './differences';
import { structures } from './models';
import { rounded, valueOf } from './numbers';
import { rankCorrelation } from './ranks';
import { groupings, measurement, narrow, nameOf, offers, tableMethods, widths, type Grouping } from './sets';
import type { Study } from './study';

interface Placed {
  readonly method: string;
  readonly side: Sided;
}

const loss = ({ side }: Placed) => side.measured.result?.values['lnRatio']?.mean ?? Infinity;

/** The one that loses less than every other, and no chance; null where there is none. */
export function bestOf(placed: readonly Placed[]): string | null {
  const [first, ...others] = [...placed].sort((a, b) => loss(a) - loss(b));
  if (!first || others.length === 0) return null;
  const sure = decided(others.map(({ side }) => differenceOf(first.side, side)));
  return sure.every(Boolean) ? first.method : null;
}

function cellsOf(study: Study, structure: string, bits: number, group: Grouping): ReportCell[] {
  const placed = tableMethods
    .filter((method) => offers(method, bits, group))
    .flatMap((method): Placed[] => {
      const side = study.side(structure, nameOf(method, bits, group));
      return side ? [{ method, side }] : [];
    });
  const stored = ({ side }: Placed) => side.measured.result?.size.bitsPerWeight ?? NaN;
  const plain = placed.find(({ method }) => method === 'rtn');
  const wide = (one: Placed) => plain !== undefined && stored(one) > stored(plain) + equalBits;
  const best = bestOf(placed.filter((one) => one.side.measured.result && !wide(one)));
  return placed.map((one): ReportCell => {
    const { result, failure } = one.side.measured;
    const mark = one.method === best ? 'best' : wide(one) ? 'wide' : null;
    return {
      ...{ structure, method: one.method, bits, group },
      value: result && valueOf(result, 'lnRatio'),
      ...(failure !== null && { failure }),
      stored: rounded(stored(one), 3),
      ...(mark && { mark }),
    };
  });
}

/** Of two structures, over the methods that both have. */
function rankOf(study: Study, a: string, b: string, bits: number, group: Grouping): ReportRank[] {
  const both = tableMethods.flatMap((method) => {
    const sides = [a, b].map((structure) => study.side(structure, nameOf(method, bits, group))?.measured);
    return offers(method, bits, group) && sides.every((side) => side?.result)
      ? [sides.map((side) => side?.losses ?? [])]
      : [];
  });
  const seed = hash32([a, b, bits, group].join(' '));
  const tau = rankCorrelation(
    both.map(([mine]) => mine ?? []),
    both.map(([, theirs]) => theirs ?? []),
    seed,
  );
  return tau ? [{ bits, group, of: [a, b], methods: both.length, tau: interval(tau) }] : [];
}

const interval = ({ mean, low, high }: Pick<Difference, 'mean' | 'low' | 'high'>): Interval => [
  rounded(mean),
  rounded(low),
  rounded(high),
];

const claimOf = ({ claim, verdict, answers }: Judged): ReportClaim => ({
  ...{ id: claim.id, source: claim.source, statement: claim.statement, verdict, criterion: claim.criterion },
  ...{ why: claim.why ?? null, beyond: claim.beyond ?? null },
  answers: answers.map(({ structure, outcome, note, checks }) => ({
    ...{ structure, outcome, note },
    checks: checks.map(({ label, difference, outcome }) => ({
      label,
      difference: difference && interval(difference),
      outcome,
    })),
  })),
});

const structureOf =
  (study: Study) =>
  ({ name, label }: (typeof structures)[number]): ReportStructure => {
    const model = study.model(name);
    const perplexity = model?.full.result ? valueOf(model.full.result, 'perplexity') : null;
    return { name, label, model: model?.bundled ?? null, parameters: model?.facts?.parameters ?? 0, perplexity };
  };

/** `calibrationTokens`: of the table. */
export function reportOf(study: Study, engine: string, calibrationTokens: number): PaperReport {
  const names = study.present.map(({ name }) => name);
  const grid = widths.flatMap((bits) => groupings.map((group) => [bits, group] as const));
  const pairs = names.flatMap((a, at) => names.slice(at + 1).map((b) => [a, b] as const));
  const first = names[0] === undefined ? undefined : study.model(names[0]);
  return {
    engine,
    measured: {
      context: measurement.context,
      windows: first?.full.losses.length ?? 0,
      calibrationTokens,
      narrow: narrow.calibrationTokens,
    },
    structures: structures.map(structureOf(study)),
    methods: tableMethods.map((name) => ({ name, label: findMethod(name)?.label ?? name })),
    cells: names.flatMap((name) => grid.flatMap(([bits, group]) => cellsOf(study, name, bits, group))),
    ranks: grid.flatMap(([bits, group]) => pairs.flatMap(([a, b]) => rankOf(study, a, b, bits, group))),
    claims: claims.map((claim) => claimOf(judge(claim, study))),
  };
}

/** What the page on the paper's claims draws: counts, groups of claims, cells of a table, shades. Pure. */
import type { PaperReport, ReportCell, ReportClaim, ReportOutcome, ReportRank } from './paperReport';

export const verdictWords: Readonly<Record<ReportClaim['source'], Readonly<Record<ReportClaim['verdict'], string>>>> = {
  paper: { refuted: 'Refuted here', reproduced: 'Reproduced', undecided: 'Undecided' },
  gain: { refuted: 'Not so here', reproduced: 'So here', undecided: 'Undecided' },
  code: { refuted: 'Not so here', reproduced: 'Shown', undecided: 'Undecided' },
};

export const outcomeWords: Readonly<Record<ReportOutcome | 'missing', string>> = {
  for: 'for it',
  against: 'against it',
  open: 'open',
  missing: 'no model yet',
};

export interface ClaimGroup {
  readonly title: string;
  readonly line: string;
  readonly claims: readonly ReportClaim[];
}

/** Contradictions first. A group without claims is left out. */
export function claimGroups({ claims }: PaperReport): readonly ClaimGroup[] {
  const of = (source: ReportClaim['source'], ...verdicts: ReportClaim['verdict'][]) =>
    claims.filter((claim) => claim.source === source && verdicts.includes(claim.verdict));
  return [
    {
      title: 'Our figures contradict the paper',
      line: 'At least one structure is decidedly against the sentence.',
      claims: of('paper', 'refuted'),
    },
    {
      title: 'Where it can be applied, does it help?',
      line: 'Not sentences of the paper, which has no figures here: the same grid and rounding, with it and without.',
      claims: [...of('gain', 'refuted'), ...of('gain', 'reproduced'), ...of('gain', 'undecided')],
    },
    {
      title: 'Our figures agree with the paper',
      line: 'Every structure that the sentence is about is decidedly for it.',
      claims: of('paper', 'reproduced'),
    },
    {
      title: 'Our figures decide nothing',
      line: 'The intervals do not decide, a model is missing, or nothing here can test it.',
      claims: of('paper', 'undecided'),
    },
    {
      title: 'What the released code does',
      line: 'Not sentences of the paper: what is known of the code behind its tables, and what comes of it.',
      claims: [...of('code', 'reproduced'), ...of('code', 'refuted'), ...of('code', 'undecided')],
    },
  ].filter(({ claims }) => claims.length > 0);
}

export interface TablePlace {
  readonly bits: number;
  readonly group: number | null;
}

/** Widths and groupings that were measured, each once, in the report's order. */
export function placesOf({ cells }: PaperReport): {
  readonly widths: readonly number[];
  readonly groups: readonly (number | null)[];
} {
  return { widths: [...new Set(cells.map(({ bits }) => bits))], groups: [...new Set(cells.map(({ group }) => group))] };
}

export interface PaperRow {
  readonly name: string;
  readonly label: string;
  readonly model: string | null;
  /** One for each column; null for the whole row where there is no model yet. */
  readonly cells: readonly (ReportCell | null)[] | null;
}

export interface PaperTable {
  readonly columns: readonly { readonly name: string; readonly label: string }[];
  readonly rows: readonly PaperRow[];
}

/** Structure × method at a width and grouping: methods that have it, every structure. */
export function tableAt({ structures, methods, cells }: PaperReport, { bits, group }: TablePlace): PaperTable {
  const here = cells.filter((cell) => cell.bits === bits && cell.group === group);
  const columns = methods.filter(({ name }) => here.some(({ method }) => method === name));
  return {
    columns,
    rows: structures.map(({ name, label, model, perplexity }) => ({
      ...{ name, label, model },
      cells:
        perplexity === null
          ? null
          : columns.map(
              (column) => here.find(({ structure, method }) => structure === name && method === column.name) ?? null,
            ),
    })),
  };
}

/** τ of two structures at a width and grouping, whichever is named first. */
export const rankAt = ({ ranks }: PaperReport, { bits, group }: TablePlace, a: string, b: string): ReportRank | null =>
  ranks.find((rank) => rank.bits === bits && rank.group === group && rank.of.includes(a) && rank.of.includes(b)) ??
  null;

/** Shades from nothing lost to everything: equal factors of the loss are equal steps, the same in all tables. */
const steps = { least: 0.003, most: 3, shades: 7 } as const;

export function shadeOf(lnRatio: number): number {
  const { least, most, shades } = steps;
  const share = Math.log(Math.max(lnRatio, least) / least) / Math.log(most / least);
  return Math.min(shades, Math.round(shades * share));
}

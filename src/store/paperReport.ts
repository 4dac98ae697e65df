/**
 * What the page shows of the paper's claims: made by `npm run table -- --structures`, read from public/reports/structures.json, and the
 * experiments beside the table from public/reports/experiments.json. Numbers are ln
 * ratios: ln(perplexity / full precision), unless something else is said. Types alone.
 */

/** A mean and the ends of its 95 % interval. */
export type Interval = readonly [mean: number, low: number, high: number];

export interface ReportStructure {
  readonly name: string;
  readonly label: string;
  /** Id of the bundled model; null where the page has none. */
  readonly model: string | null;
  readonly parameters: number;
  /** Of full precision, on stories; null: there is no such model yet, and nothing is said of it. */
  readonly perplexity: Interval | null;
}

export interface ReportCell {
  readonly structure: string;
  readonly method: string;
  readonly bits: number;
  /** Null: whole rows. */
  readonly group: number | null;
  /** Null where the method cannot run; then `failure` says why. */
  readonly value: Interval | null;
  readonly failure?: string;
  /** Bits per quantized weight, all counted. */
  readonly stored: number;
  /** best: less than every other of about its size, and no chance. wide: stores more than the others, and is not compared. */
  readonly mark?: 'best' | 'wide';
}

export interface ReportRank {
  readonly bits: number;
  readonly group: number | null;
  readonly of: readonly [string, string];
  readonly methods: number;
  /** Kendall's τ. */
  readonly tau: Interval;
}

export type ReportOutcome = 'for' | 'against' | 'open';

export interface ReportAnswer {
  /** "all": several together. */
  readonly structure: string;
  readonly outcome: ReportOutcome | 'missing';
  readonly note: string | null;
  /** A difference that is below 0 where the claim is right; null: not measured. */
  readonly checks: readonly {
    readonly label: string;
    readonly difference: Interval | null;
    readonly outcome: ReportOutcome;
  }[];
}

export interface ReportClaim {
  readonly id: string;
  /** paper: its own sentence. gain: what it has no figures for, because it holds that nothing can be done there. code: of its released code. */
  readonly source: 'paper' | 'gain' | 'code';
  readonly statement: string;
  readonly verdict: 'reproduced' | 'refuted' | 'undecided';
  readonly criterion: string;
  /** What explains it where it is refuted. */
  readonly why: string | null;
  /** Why nothing here can decide it. */
  readonly beyond: string | null;
  readonly answers: readonly ReportAnswer[];
}

/** What was not measured, or is of no such model, is left out. */
export interface ReportRow {
  readonly structure: string;
  readonly label: string;
  readonly value?: Interval;
  /** ln(perplexity ÷ of what `label` is compared with). */
  readonly difference?: Interval;
  readonly stored?: number;
  /** What runs beside the layers, for each token. */
  readonly operations?: number;
  /** Share of the choices of experts that came out otherwise. */
  readonly rerouted?: number;
  /** Share of questions. */
  readonly accuracy?: number;
  /** Nats per token that the right picture saves against another. */
  readonly sight?: number;
}

export interface ReportExperiment {
  readonly title: string;
  readonly line: string;
  readonly rows: readonly ReportRow[];
}

export interface PaperReport {
  readonly engine: string;
  readonly measured: {
    readonly context: number;
    readonly windows: number;
    readonly calibrationTokens: number;
    /** Tokens of calibration where experts are to stay unreached. */
    readonly narrow: number;
  };
  readonly structures: readonly ReportStructure[];
  readonly methods: readonly { readonly name: string; readonly label: string }[];
  readonly cells: readonly ReportCell[];
  readonly ranks: readonly ReportRank[];
  readonly claims: readonly ReportClaim[];
}

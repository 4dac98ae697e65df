/**
 * How much of a run may stay on the GPU at once. Budgets decide where things wait and in which order work is done, never what comes
 * out of it. Bytes.
 */
export interface Budgets {
  /** Weights of the checkpoint, and of a point, each: half of what small machines have beside the rest. */
  readonly weights: number;
  /** H of calibrated sites, and what is derived from W and H in each basis that some recipe rounds in. */
  readonly moments: number;
  /** Hidden states of one text between two blocks: 16 000 tokens of a model of width 4096. */
  readonly states: number;
}

export const usualBudgets: Budgets = {
  weights: 512 * 2 ** 20,
  moments: 192 * 2 ** 20,
  states: 256 * 2 ** 20,
};

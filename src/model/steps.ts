/**
 * What blocks are made of, over any carrier T: matrices on the GPU (run.ts), facts about a matrix (trace.ts), uses of a value
 * (lifetimes.ts), names in a graph (graph.ts). An architecture describes its block once, as a function over these steps; whoever wants to know something of the block
 * reads it with a carrier of its own.
 */
import type { Rope } from './rotary';

/** Where the values of a matrix or a vector lie: a tensor of the checkpoint, or some of its rows where several layers are stored as one. */
export interface Source {
  readonly tensor: string;
  readonly rows?: Rows;
}

/** Rows [begin, end) of a tensor that has `of`. */
export interface Rows {
  readonly begin: number;
  readonly end: number;
  readonly of: number;
}

/** "model.layers.0.self_attn.qkv_proj.weight[32:48]": the tensor, and which rows. */
export const sourceName = ({ tensor, rows }: Source): string =>
  rows ? `${tensor}[${rows.begin}:${rows.end}]` : tensor;

/** One linear layer of a block: x Wᵀ + b, W [rows, width of x]. */
export interface Linear {
  /** Inside the block, e.g. "self_attn.q_proj". */
  readonly name: string;
  readonly rows: number;
  readonly from: Source;
  readonly bias?: Source;
}

/** Gains of a norm: as wide as what is normed at once, the rows or each of their heads. */
export interface Gains {
  /** Inside the block, e.g. "input_layernorm". */
  readonly name: string;
  readonly width: number;
  readonly from: Source;
}

/** x / √(mean of x² + epsilon), times the gains (Zhang and Sennrich, 2019). */
export interface NormRule {
  readonly epsilon: number;
}

/** Heads of `size` are rotated by their positions (Su et al., 2021). */
export interface RotaryRule {
  readonly rope: Rope;
  readonly size: number;
}

/** Causal attention of `heads` query heads over `keyValueHeads`, each of `size`. */
export interface AttendRule {
  readonly heads: number;
  readonly keyValueHeads: number;
  readonly size: number;
  /** Keys that a query sees, itself included; Infinity for all. */
  readonly window: number;
}

export interface Steps<T> {
  norm(gains: Gains, x: T, rule: NormRule): T;
  /** x Wᵀ + b for each layer of the site: declared where they are used, and nowhere else. */
  linear(site: string, x: T, layers: readonly Linear[]): readonly T[];
  add(residual: T, x: T): T;
  rotate(x: T, rule: RotaryRule): T;
  attend(q: T, k: T, v: T, rule: AttendRule): T;
  /** silu(gate) · up (Shazeer, 2020). */
  gate(gate: T, up: T): T;
}

/** From the residual stream to the residual stream: reads like the figure of its paper. */
export type Block = <T>(b: Steps<T>, h: T) => T | Promise<T>;

/** The one layer of a site that has only one. */
export function one<T>(b: Steps<T>, site: string, x: T, layer: Linear): T {
  const [y] = b.linear(site, x, [layer]) as [T];
  return y;
}

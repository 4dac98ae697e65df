/**
 * What blocks are made of, over any carrier T: matrices on the GPU (run.ts), facts about a matrix (trace.ts), uses of a value
 * (lifetimes.ts), names in a graph (graph.ts). An architecture describes its block once, as a function over these steps; whoever wants to know something of the block
 * reads it with a carrier of its own.
 */
import type { Activation } from '../util/activation';
import type { Rope } from './rotary';

/** Where the values of a matrix or a vector lie: a tensor of the checkpoint, or some of its rows where several layers are stored as one. */
export interface Source {
  readonly tensor: string;
  readonly rows?: Rows;
  /** [in, out], as GPT-2 stores its layers; [out, in] when left out. Rows are those of [out, in] either way. */
  readonly stored?: 'in-out';
  /** Of a tensor of three dimensions, the slab that is meant; rows are rows of it. */
  readonly slab?: Slab;
  /** Where it lies in a checkpoint that has no tensor of that name: releases store the same layers in different ways. */
  readonly or?: Source;
}

/** Number `at` of a tensor that has `of`, along its first dimension. */
export interface Slab {
  readonly at: number;
  readonly of: number;
}

/**
 * Rows of a tensor that has `of`: [begin, end), or where layers lie one by one for each head, those of every run of `every` rows: begin … end
 * of the first run, and as many at the same place in each that follows.
 */
export interface Rows {
  readonly begin: number;
  readonly end: number;
  readonly of: number;
  readonly every?: number;
}

/** "model.layers.0.self_attn.qkv_proj.weight[32:48]": the tensor, and which rows; "….experts.down_proj[3]": which slab. */
export function sourceName({ tensor, rows, slab }: Source): string {
  const place = tensor + (slab ? `[${slab.at}]` : '');
  if (!rows) return place;
  return `${place}[${rows.begin}:${rows.end}${rows.every === undefined ? '' : ` of ${rows.every}`}]`;
}

/** One linear layer of a block: x Wᵀ + b, W [rows, width of x]. */
export interface Linear {
  /** Inside the block, e.g. "self_attn.q_proj". */
  readonly name: string;
  readonly rows: number;
  readonly from: Source;
  readonly bias?: Source;
}

/** What a norm multiplies by and adds: as wide as what is normed at once, the rows or each of their heads. */
export interface Gains {
  /** Inside the block, e.g. "input_layernorm". */
  readonly name: string;
  readonly width: number;
  /** Null where the model has none: ones. */
  readonly from: Source | null;
  /** What is added to the stored values: 1 where w is stored of gains 1 + w (Gemma). */
  readonly above?: number;
  /** Of a layer norm. */
  readonly bias?: Source;
  /** Columns that are normed at once where that is fewer than there are gains: each such run by itself. Of an rms norm. */
  readonly run?: number;
}

/**
 * `rms`: x / √(mean of x² + epsilon), times the gains (Zhang and Sennrich, 2019); `layer`: (x − mean) / √(variance + epsilon), times the
 * gains, plus the bias (Ba et al., 2016).
 */
export interface NormRule {
  readonly kind: 'rms' | 'layer';
  readonly epsilon: number;
}

/** Heads of `size` are rotated by their positions (Su et al., 2021): all of a head, or `width` components of it from `begin` on. */
export interface RotaryRule {
  readonly rope: Rope;
  readonly size: number;
  readonly begin?: number;
}

/** Attention of `heads` query heads over `keyValueHeads`; q and k have heads of `size`. */
export interface AttendRule {
  readonly heads: number;
  readonly keyValueHeads: number;
  readonly size: number;
  /** Of value heads; size when left out. */
  readonly values?: number;
  /** Keys that a query sees, itself included; Infinity for all before it; "all" for those after it too. */
  readonly sees: number | 'all';
  /** What q·k is multiplied by; size^−½ when left out. */
  readonly scale?: number;
  /** Scores are kept within ± cap (Gemma 2, 2024). */
  readonly cap?: number;
}

/** A vector or matrix of the block that is no layer. */
export interface Parameter {
  /** Inside the block, e.g. "mixer.A_log". */
  readonly name: string;
  readonly shape: readonly number[];
  readonly from: Source;
}

/** Filters along the tokens, one for each channel: [channels, 1, taps] as convolutions are stored, the last tap for the token itself. */
export interface Filters {
  /** Inside the block, e.g. "mixer.conv1d". */
  readonly name: string;
  readonly channels: number;
  readonly taps: number;
  readonly from: Source;
  readonly bias?: Source;
}

/** Step sizes of a scan: softplus(x + bias), kept within the limits; `high` is Infinity for none. */
export interface StepRule {
  readonly bias: Parameter;
  readonly low: number;
  readonly high: number;
}

/**
 * Every channel has `states` that decay and take in the channel: S ← exp(Δ A) S + Δ x B, y = C·S + D x, from S = 0 at the start of a window
 * (Gu and Dao, 2023; Dao and Gu, 2024). Channels come in `heads` with a step size Δ each, heads in `groups` that share B and C; in Mamba every
 * channel is a head, and there is one group.
 */
export interface ScanRule {
  readonly heads: number;
  readonly groups: number;
  readonly states: number;
  /** ln(−A): [heads, states], or [heads] where all states of a head decay alike. */
  readonly decays: Parameter;
  /** D, [heads]. */
  readonly through: Parameter;
}

/** What a scan reads of a token: the channels, a step size for each head, and B and C, `groups` · `states` wide. */
export interface Scanned<T> {
  readonly x: T;
  readonly delta: T;
  readonly b: T;
  readonly c: T;
}

/**
 * Each token goes to the `count` of `experts` that a softmax over its router logits thinks the most of (Shazeer et al., 2017), the lowest
 * index first among equals; its weights are theirs, divided by their sum + epsilon where the rule normalises, times the scale.
 */
export interface RouteRule {
  readonly experts: number;
  readonly count: number;
  readonly normalise: boolean;
  readonly scale: number;
  readonly epsilon: number;
  /** Experts in `count` groups of equal size: only the `kept` groups with the best single experts are looked at (DeepSeek-AI, 2024). */
  readonly groups?: { readonly count: number; readonly kept: number };
}

export interface Steps<T> {
  norm(gains: Gains, x: T, rule: NormRule): T;
  /** x Wᵀ + b for each layer of the site: declared where they are used, and nowhere else. `stays`: see Site. */
  linear(site: string, x: T, layers: readonly Linear[], usually?: 'stays'): readonly T[];
  /** residual + factor · x; a factor of 1 when left out. */
  add(residual: T, x: T, factor?: number): T;
  rotate(x: T, rule: RotaryRule): T;
  attend(q: T, k: T, v: T, rule: AttendRule): T;
  /** To each of `heads` its own columns, then the rest, which all of them have in common. */
  joinHeads(own: T, rest: T, heads: number): T;
  activate(act: Activation, x: T): T;
  /** act(gate) · up (Shazeer, 2020). */
  gate(act: Activation, gate: T, up: T): T;
  convolve(filters: Filters, x: T): T;
  softplus(rule: StepRule, x: T): T;
  scan(rule: ScanRule, read: Scanned<T>): T;
  /**
   * Σ weight · expert(e, x) over the experts that a token goes to, by its router logits. An expert sees the rows of its tokens, and makes
   * rows as wide; it reads no other value of the block. Every expert takes the same steps.
   */
  mixture(rule: RouteRule, router: T, x: T, expert: (e: number, x: T) => T | Promise<T>): T | Promise<T>;
  /** sigmoid(gate) · x, one gate for every row. */
  weigh(x: T, gate: T): T;
  /** Values kept within ±limit. */
  clamp(x: T, limit: number): T;
}

/** From the residual stream to the residual stream: reads like the figure of its paper. */
export type Block = <T>(b: Steps<T>, h: T) => T | Promise<T>;

/** `next` of a value that may be yet to come: at once where it is there. */
export const after = <T>(value: T | Promise<T>, next: (value: T) => T | Promise<T>): T | Promise<T> =>
  value instanceof Promise ? value.then(next) : next(value);

/** The one layer of a site that has only one. */
export function one<T>(b: Steps<T>, site: string, x: T, layer: Linear, usually?: 'stays'): T {
  const [y] = b.linear(site, x, [layer], usually) as [T];
  return y;
}

/**
 * What an architecture file returns: the whole model as data and functions, with the names of its tensors. Nobody else reads config.json
 * or knows what a tensor is called.
 */
import type { Fields } from './fields';
import type { Block, Gains, NormRule, Source } from './steps';
import type { TowerPlan } from './towerPlan';

export interface Architecture {
  /** model_type of config.json. */
  readonly name: string;
  /** Whether a config that names no model_type is of this architecture. */
  readonly claims?: (fields: Fields) => boolean;
  /** FormatError names field, found and expected. */
  readonly blueprint: (fields: Fields, inner: Inner) => Blueprint;
  /** Fields that a config inside another leaves out, with the values of its class in transformers. */
  readonly usual?: Readonly<Record<string, unknown>>;
}

/** The blueprint of a config inside another, of the architecture that its own model_type names. */
export type Inner = (fields: Fields) => Blueprint;

export interface Blueprint {
  readonly facts: Facts;
  readonly embed: EmbedPlan;
  /** In the order in which they run. */
  readonly blocks: readonly Block[];
  readonly head: HeadPlan;
  /** Of a model that looks at pictures. */
  readonly tower?: TowerPlan;
}

/** What the card of a model tells beside its sizes. */
export interface Facts {
  readonly vocabulary: number;
  /** Width of the residual stream. */
  readonly hidden: number;
  readonly heads: number;
  readonly keyValueHeads: number;
  readonly maxContext: number;
}

/** A matrix with a row for every token, [vocabulary, width]; width is that of the residual stream but for a projection. */
export interface Table {
  readonly from: Source;
}

export interface EmbedPlan extends Table {
  /** Rows are multiplied by it; 1 when left out. */
  readonly factor?: number;
  /** What is multiplied: the rows, and `all` of them where features of pictures stand in their place too; `rows` when left out. */
  readonly scales?: 'rows' | 'all';
  /** Of rows that are narrower than the residual stream: P [hidden, width] makes them as wide. */
  readonly project?: Projection;
  /** A row for every position, added: [first + maxContext, hidden], position 0 at row `first`. */
  readonly positions?: { readonly from: Source; readonly first: number; readonly rows: number };
}

/** P Wᵀ without a bias, beside the table: [hidden, width] before the blocks, [width, hidden] behind them. */
export interface Projection {
  readonly from: Source;
  /** Width of the table. */
  readonly width: number;
}

export interface HeadPlan extends Table {
  /** Null where the last block ends in a norm of its own. */
  readonly gains: Gains | null;
  readonly rule: NormRule;
  readonly project?: Projection;
  /** Whether the config says that the embedding is the head; a checkpoint may store a head of its own all the same. */
  readonly tied: boolean;
  /** Logits are multiplied by it; 1 when left out. */
  readonly factor?: number;
  /** Logits are kept within ± cap by cap · tanh(logit / cap). */
  readonly cap?: number;
}

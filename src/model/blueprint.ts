/**
 * What an architecture file returns: the whole model as data and functions, with the names of its tensors. Nobody else reads config.json
 * or knows what a tensor is called.
 */
import type { Fields } from './fields';
import type { Block, Gains, NormRule, Source } from './steps';

export interface Architecture {
  /** model_type of config.json. */
  readonly name: string;
  /** FormatError names field, found and expected. */
  readonly blueprint: (fields: Fields) => Blueprint;
}

export interface Blueprint {
  readonly facts: Facts;
  readonly embed: Table;
  /** In the order in which they run. */
  readonly blocks: readonly Block[];
  readonly head: HeadPlan;
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

/** A matrix with a row for every token, [vocabulary, hidden]. */
export interface Table {
  readonly from: Source;
}

export interface HeadPlan extends Table {
  readonly gains: Gains;
  readonly rule: NormRule;
  /** Whether the config says that the embedding is the head; a checkpoint may store a head of its own all the same. */
  readonly tied: boolean;
}

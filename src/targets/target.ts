/**
 * What a target is: a solved model as the files of another program. The law of all of them: what was written, read by our own reader, is Ŵ bit
 * for bit. Types only; no target is built yet.
 */
import type { SourceFile, TensorEntry } from '../formats/checkpoint';
import type { ModelCard } from '../model/card';
import type { Assignment } from '../quant/recipe/assignment';
import type { Recipe } from '../quant/recipe/recipe';
import type { StoredLayer } from '../quant/storedLayer';

/** `<name>.meta.ts`: what page and command line know of a target. */
export interface TargetMeta {
  readonly name: string;
  readonly label: string;
  /** One line: which programs run it. */
  readonly line: string;
  /** Why the format cannot hold this model with these recipes, in a sentence; null where it can. */
  readonly refuses: (assignment: Assignment, card: ModelCard) => string | null;
}

/** What became of a tensor: rows [begin, end) of what was solved for its site, which holds several layers one below the other. */
export interface SolvedRows {
  /** See model/siteId. */
  readonly site: string;
  readonly recipe: Recipe;
  /** Of the whole site; row ranges from top to bottom. */
  readonly parts: readonly StoredLayer[];
  readonly begin: number;
  readonly end: number;
  /** Ŵ of the tensor, row-major float32, restored when asked for and not kept. */
  values(): Promise<Float32Array<ArrayBuffer>>;
}

/** A tensor of the checkpoint; `solved` is null where it stays as stored. */
export interface SolvedTensor {
  readonly entry: TensorEntry;
  readonly solved: SolvedRows | null;
}

export interface SolvedModel {
  readonly card: ModelCard;
  readonly config: Readonly<Record<string, unknown>>;
  readonly assignment: Assignment;
  /** In the order of the checkpoint. */
  readonly tensors: readonly SolvedTensor[];
  /** What goes along as it is: tokenizer.json and its like. */
  readonly files: readonly SourceFile[];
}

/** A file that is written as it is made: a model is more than memory holds. */
export interface OutFile {
  readonly path: string;
  readonly chunks: AsyncIterable<Uint8Array<ArrayBuffer>>;
}

/** `<name>.ts`. Files come one after another, and the next is asked for when one is written. */
export type Target = (model: SolvedModel) => AsyncIterable<OutFile>;

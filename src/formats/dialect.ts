/**
 * What a dialect is: a file of dialects/ that knows how some program names the tensors of a model. Architectures ask for the names that
 * transformers gives in a whole causal model. Names only: what the tensors hold is the reader's.
 */
export interface Dialect {
  /** The name of its file, without ".ts". */
  readonly name: string;
  /** Whether a checkpoint with tensors of these names is in this dialect. One in the names of architectures is in none. */
  match(names: readonly string[]): boolean;
  /** The architecture's name of a tensor. */
  nameOf(stored: string): string;
}

/**
 * What a dialect is: a file of dialects/ that knows how some program names the tensors of a model. Architectures ask for the names that
 * transformers gives in a whole causal model. Names only: what the tensors hold is the reader's.
 */
export interface Dialect {
  /** The name of its file, without ".ts". */
  readonly name: string;
  /**
   * What gives the architecture's name of a stored one in a checkpoint with tensors of these names; null where it is not in this dialect. One in
   * the names of architectures is in none.
   */
  read(names: readonly string[]): ((stored: string) => string) | null;
}

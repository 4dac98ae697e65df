/** What a checkpoint is: what its config and headers tell at once, and what some reading tells later. Types only. */

export interface BlockSize {
  readonly name: string;
  readonly parameters: number;
  readonly bytes: number;
}

/** fits: resident on the GPU; streamed: block by block; too-big: some part cannot be handled, and `reason` says which. */
export interface Verdict {
  readonly kind: 'fits' | 'streamed' | 'too-big';
  readonly reason: string;
}

/** From config and headers alone, before anything else is read. */
export interface HeaderCard {
  readonly name: string;
  /** model_type of config.json, e.g. "llama". */
  readonly architecture: string;
  readonly parameters: number;
  /** Parameters of the linear layers that recipes quantize. */
  readonly linearParameters: number;
  readonly dtypes: readonly string[];
  readonly bytes: number;
  readonly layers: number;
  readonly hidden: number;
  readonly heads: number;
  readonly keyValueHeads: number;
  readonly vocabulary: number;
  readonly maxContext: number;
  /** Inputs of the widest linear layer; absent in logs of earlier versions. */
  readonly widestInputs?: number;
  readonly tiedEmbeddings: boolean;
  readonly blocks: readonly BlockSize[];
  readonly verdict: Verdict;
  /** What is as the reader may not expect, and stands in no one's way, a sentence each; left out when nothing is. */
  readonly notes?: readonly string[];
}

export interface ModelCard extends HeaderCard {
  /** First 16 hex digits of SHA-256 over config, tensor headers and sampled bytes of every tensor. */
  readonly fingerprint: string;
  /** What will stand in the way later though the weights can be opened, a sentence each; left out when nothing does. */
  readonly remarks?: readonly string[];
}

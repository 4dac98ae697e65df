/** What the headers alone tell about a checkpoint; made before any weight is read. Types only. */

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

export interface ModelCard {
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
  /** First 16 hex digits of SHA-256 over config, tensor headers and sampled bytes of every tensor. */
  readonly fingerprint: string;
  /** What will stand in the way later though the weights can be opened, a sentence each; left out when nothing does. */
  readonly remarks?: readonly string[];
}

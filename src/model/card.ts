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
  /** Nothing: so that it is told from a TensorsCard. */
  readonly kind?: undefined;
  readonly name: string;
  /** model_type of config.json, e.g. "llama". */
  readonly architecture: string;
  readonly parameters: number;
  /** Parameters of the linear layers that recipes quantize. */
  readonly linearParameters: number;
  /** Of these, parameters of layers that usually stay as stored (Site.stays); left out where there are none. */
  readonly stayingParameters?: number;
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
  /** Of a mixture of experts; left out where there are none. */
  readonly experts?: ExpertFacts;
  /** Of a state space model; left out where nothing is scanned. */
  readonly states?: StateFacts;
  /** Of a model that looks at pictures; left out where it does not. */
  readonly pictures?: PictureFacts;
  readonly verdict: Verdict;
  /** What is as the reader may not expect, and stands in no one's way, a sentence each; left out when nothing is. */
  readonly notes?: readonly string[];
}

export interface ExpertFacts {
  /** In each block that has some: how many there are, and to how many a token goes. */
  readonly count: number;
  readonly chosen: number;
  /** Whether one more in each of these blocks takes every token. */
  readonly shared: boolean;
  /** Blocks that have experts. */
  readonly blocks: number;
  /** Parameters of the whole model that a token meets: of the experts those alone that it goes to. */
  readonly activeParameters: number;
}

export interface StateFacts {
  /** Numbers that each channel keeps of what was read. */
  readonly states: number;
  readonly channels: number;
  /** Channels come in so many heads with one decay each; as many as there are channels where each has its own. */
  readonly heads: number;
  /** Blocks that have states. */
  readonly blocks: number;
}

export interface PictureFacts {
  /** Pixels of a side. */
  readonly side: number;
  /** Places among the ids that one picture takes. */
  readonly features: number;
  /** The id that stands there. */
  readonly id: number;
}

export interface ModelCard extends HeaderCard {
  /** First 16 hex digits of SHA-256 over config, tensor headers and sampled bytes of every tensor. */
  readonly fingerprint: string;
  /** What will stand in the way later though the weights can be opened, a sentence each; left out when nothing does. */
  readonly remarks?: readonly string[];
}

/** Tensors whose names begin alike, up to the number of their layer. */
export interface TensorPart extends BlockSize {
  readonly tensors: number;
}

/** A checkpoint whose tensors are known and whose model is not: nothing can run it. */
export interface TensorsCard {
  readonly kind: 'tensors';
  readonly name: string;
  /** model_type of config.json, whatever it is; null where there is none. */
  readonly architecture: string | null;
  /** Why it is no model here: the sentence of the error that opening it ended with. */
  readonly missing: string;
  readonly tensors: number;
  readonly parameters: number;
  readonly dtypes: readonly string[];
  readonly bytes: number;
  readonly parts: readonly TensorPart[];
  /** What of it can be rounded without being run (model/matrices). */
  readonly matrices: { readonly tensors: number; readonly parameters: number };
  /** Tensors in types that are not decoded, by type. They are in no other number of the card. */
  readonly undecoded: readonly { readonly type: string; readonly tensors: number }[];
  readonly notes?: readonly string[];
  /** As that of a ModelCard. */
  readonly fingerprint: string;
}

/** What opening a checkpoint tells: of a model that runs, or of its tensors alone. */
export type CheckpointCard = ModelCard | TensorsCard;

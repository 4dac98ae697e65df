/**
 * A decoder-only transformer as the lab sees it: an embedding, blocks with sites, a head. A site is one input of one block; the
 * matrices that read it (q, k, v; gate, up) share it, and so share H. Weights are loaded block by block.
 */
import type { TensorEntry } from '../formats/checkpoint';
import type { Scope } from '../gpu/buffers';
import type { Matrix } from '../tensor/matrix';
import type { ModelCard } from './card';

/** One input of one block and the linear layers that read it, in stacking order. */
export interface Site {
  /** e.g. "attention.qkv", "attention.output", "mlp.gate-up", "mlp.down". */
  readonly name: string;
  readonly layers: readonly LayerRef[];
  /** Width of the input. */
  readonly cols: number;
  /**
   * Where the input comes from, as far as a change of its basis can pass into its source: the residual stream through the named norm;
   * attention heads of `size`, each read by `repeat` query heads; or channels, each linear in one row of the layer before.
   */
  readonly reads:
    | { readonly kind: 'stream'; readonly norm: string }
    | { readonly kind: 'heads'; readonly size: number; readonly repeat: number }
    | { readonly kind: 'channels' };
}

/** One linear layer: its name inside the block ("self_attn.q_proj") and rows. */
export interface LayerRef {
  readonly name: string;
  readonly rows: number;
  /**
   * What becomes of the rows: added to the residual stream, mixed head by head (of `headSize` rows), or scaled channel by channel;
   * `scores`, queries and keys, and `fixed` where a change of basis cannot pass.
   */
  readonly writes: 'stream' | 'heads' | 'channels' | 'scores' | 'fixed';
  readonly headSize?: number;
}

/** Windows stacked one after another: `windows × length` rows. Each window starts at position 0 and attends only to itself. */
export interface Batch {
  readonly windows: number;
  readonly length: number;
}

/** The weights of one block on the GPU. `weights` may be replaced layer by layer (f32, f16 or bf16, [out, in]). */
export interface OpenBlock {
  readonly index: number;
  /** In the order in which they run. */
  readonly sites: readonly Site[];
  readonly weights: Map<string, Matrix>;
  /** Norms, biases: not quantized. */
  readonly others: ReadonlyMap<string, Matrix>;
}

/** Sees the input of a site, [windows × length, cols], while a block runs. The matrix is only valid during the call. */
export type Tap = (site: Site, input: Matrix) => void;

/** Losses of a batch of tokens. Float32 columns of [tokens], on the GPU. */
export interface Scores {
  /** −ln p(target). */
  readonly nll: Matrix;
}
export interface Comparison extends Scores {
  /** KL(reference ‖ this), nats. */
  readonly kld: Matrix;
  /** 1 where both agree on the most likely token. */
  readonly agree: Matrix;
}

export interface Head {
  /** Scores of hidden states [tokens, hidden] (before the final norm) against `targets` [tokens] u32, by vocabulary chunks. */
  score(scope: Scope, hidden: Matrix, targets: Matrix): Scores;
  /**
   * Scores of `hidden` through `own` (this head when left out), compared with the reference model, whose hidden states `reference`
   * go through this head.
   */
  compare(scope: Scope, reference: Matrix, hidden: Matrix, targets: Matrix, own?: Head): Comparison;
  /** Logits [tokens, vocabulary]; for small inputs only. */
  logits(scope: Scope, hidden: Matrix): Matrix;
  /** Head matrix, [vocabulary, hidden]: a layer like others. */
  readonly weight: Matrix;
  /** Gains of the final norm, [1, hidden] f32. */
  readonly gains: Matrix;
  /** The same final norm with another head matrix (quantized), and other gains where they went into it. */
  withWeight(weight: Matrix, gains?: Matrix): Head;
}

export interface Model {
  readonly card: ModelCard;
  readonly blockCount: number;
  /** Stored tensors by the id of their site (siteId.ts): of every site of the blocks, of the embedding, of a head of its own. */
  readonly stored: ReadonlyMap<string, readonly TensorEntry[]>;
  /** Sites of a block, in the order in which they run. */
  sites(block: number): readonly Site[];
  /** Tokens of one `forward` so that no activation exceeds what one binding holds. */
  readonly maxTokens: number;
  /** Reads only the rows that `ids` need, or takes them from `table` [vocabulary, hidden]; returns [ids, hidden] f32. */
  embed(scope: Scope, ids: Uint32Array, table?: Matrix): Promise<Matrix>;
  /** The whole embedding, [vocabulary, hidden]: a layer like others. The head's own matrix where they are tied. */
  openEmbedding(scope: Scope): Promise<Matrix>;
  openBlock(scope: Scope, index: number): Promise<OpenBlock>;
  /** Hidden states after the block; `hidden` keeps its content. `scope` owns the result; temporaries are freed. */
  forward(scope: Scope, block: OpenBlock, hidden: Matrix, batch: Batch, tap?: Tap): Promise<Matrix>;
  openHead(scope: Scope): Promise<Head>;
}

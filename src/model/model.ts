/**
 * A decoder-only transformer as the lab sees it: an embedding, blocks with sites, a head. A site is one input of one block; the
 * matrices that read it (q, k, v; gate, up) share it, and so share H. Weights are loaded block by block.
 */
import type { TensorEntry } from '../formats/checkpoint';
import type { PictureTokens } from '../formats/pictures/prompt';
import type { Scope } from '../gpu/buffers';
import type { Matrix } from '../tensor/matrix';
import type { ModelCard } from './card';
import type { OpenExpert } from './stayingExperts';

/** One input of one block and the linear layers that read it, in stacking order. */
export interface Site {
  /** e.g. "attention.qkv", "attention.output", "mlp.gate-up", "mlp.down". */
  readonly name: string;
  readonly layers: readonly LayerRef[];
  /** Width of the input. */
  readonly cols: number;
  /** As stored unless an exception names it: little to save, and much depends on it (a router decides which experts a token sees). */
  readonly stays?: true;
  /** Of an expert: only the tokens that a router sends to it reach the site. */
  readonly routed?: Routed;
  /**
   * Where the input comes from, as far as a change of its basis can pass into its source: the residual stream through the named norm, or
   * bare; attention heads of `size`, each read by `repeat` query heads; channels, each linear in one row of the layer before; the gains of the
   * named norm, one for each column, behind no stream; or `none`.
   */
  readonly reads:
    | {
        readonly kind: 'stream';
        readonly norm: string | null;
        /** Whether the norm's gains are read by this input alone, so that they can be scaled. */
        readonly scales: boolean;
        /** Every site that reads the norm, where there are several: factors of its gains are common to all. */
        readonly together?: readonly string[];
        /** Whether the stream of the model may be turned; and whether its norms subtract the mean. */
        readonly turns: boolean;
        readonly centred: boolean;
      }
    | { readonly kind: 'heads'; readonly size: number; readonly repeat: number }
    | { readonly kind: 'channels' }
    | { readonly kind: 'gains'; readonly norm: string }
    | { readonly kind: 'none' };
}

/** Where a routed site stands. */
export interface Routed {
  readonly expert: number;
  /** Of the tokens, how many reach it in the mean over all experts. */
  readonly share: number;
  /** A site that reads the same rows at every token; null where there is none, behind the expert's first layers. */
  readonly like: string | null;
}

/** One linear layer: its name inside the block ("self_attn.q_proj") and rows. */
export interface LayerRef {
  readonly name: string;
  readonly rows: number;
  /**
   * What becomes of the rows: added to the residual stream, mixed head by head (of `headSize` rows), or scaled channel by channel;
   * `branch`, added to a stream that cannot be turned or behind a norm; `scores`, queries and keys; `fixed` where a change of basis cannot pass.
   */
  readonly writes: 'stream' | 'branch' | 'heads' | 'channels' | 'scores' | 'fixed';
  readonly headSize?: number;
  /** Of rows that are added to the stream: every norm that reads it subtracts its mean. */
  readonly centred?: boolean;
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
  /** Of a block that is opened expert by expert; left out, `weights` has those of all. */
  readonly expert?: OpenExpert;
  /** Gains of norms as they multiply, biases: not quantized. */
  readonly others: ReadonlyMap<string, Matrix>;
  /** Whether the stream has a mean of zero whatever its basis, so that layer norms need not subtract one. */
  readonly centred?: boolean;
}

/**
 * Sees the input of a site, [windows × length, cols], while a block runs; of a site of an expert the rows of its tokens. Matrices are only valid
 * during the call.
 */
export type Tap = (site: Site, input: Matrix, reach?: Reach) => void;

/** Which tokens the rows of an expert's site are: those that are routed to it, or a sample of all, on which it is run for the tap alone. */
export type Reach =
  | {
      readonly kind: 'routed';
      /** [rows, 1], made when it is asked for: what the router weighs each by. */
      readonly weights: () => Matrix;
    }
  | { readonly kind: 'sample' };

/** What else may be asked of a pass through a block, where it has experts. */
export interface Asked {
  /** Tokens, spread over the batch, on which every expert is run beside its own, for the tap alone. */
  readonly sample?: number;
  /** The experts that are run, where what the block makes is not used: all when left out. */
  readonly experts?: ReadonlySet<number>;
  /** A stop takes effect between two experts: Cancelled. */
  readonly signal?: AbortSignal;
  /** Is told which experts each token went to, [tokens, count] row by row. */
  readonly routed?: (choice: Uint32Array, count: number) => void;
}

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
  /** The same end of the model with another head matrix (quantized). */
  withWeight(weight: Matrix): Head;
}

export interface Tower extends PictureTokens {
  /** Pixels of a side of a picture. */
  readonly side: number;
  /**
   * Features [pictures · features, hidden] f32 of pixels [pictures, 3, side, side], normalised as the model wants them. Fewer where pictures of
   * zeros alone stand for none. FormatError when there are no whole pictures, or values that are not finite; Cancelled soon after the signal.
   */
  look(scope: Scope, pixels: Float32Array, signal?: AbortSignal): Promise<Matrix>;
}

export interface Model {
  readonly card: ModelCard;
  readonly blockCount: number;
  /** Whether the residual stream may be turned into another basis, and whether every norm that reads it subtracts its mean. */
  readonly stream: { readonly turns: boolean; readonly centred: boolean };
  /** Stored tensors by the id of their site (siteId.ts): of every site of the blocks, of the embedding, of a head of its own. */
  readonly stored: ReadonlyMap<string, readonly TensorEntry[]>;
  /** Sites of a block, in the order in which they run. */
  sites(block: number): readonly Site[];
  /** Tokens of one `forward` so that no activation exceeds what one binding holds. */
  readonly maxTokens: number;
  /**
   * Hidden states before the first block, [ids, hidden] f32, of windows of `length` tokens: of one window when left out. Reads only the rows that
   * `ids` need, or takes them from `table`, the whole embedding. Features [features, hidden] of pictures go, in order, where the tower's id
   * stands: as many as there are such places.
   */
  embed(scope: Scope, ids: Uint32Array, length?: number, table?: Matrix, features?: Matrix): Promise<Matrix>;
  /** Of a model that looks at pictures. */
  readonly tower?: Tower;
  /** The whole embedding, [vocabulary, hidden] or narrower where it is projected: a layer like others. The head's own matrix where they are tied. */
  openEmbedding(scope: Scope): Promise<Matrix>;
  /** `room`: bytes of experts that may be on the GPU beside the one at work. Those of a block that has more are opened when they are asked for. */
  openBlock(scope: Scope, index: number, room?: number): Promise<OpenBlock>;
  /** Hidden states after the block; `hidden` keeps its content. `scope` owns the result; temporaries are freed. */
  forward(scope: Scope, block: OpenBlock, hidden: Matrix, batch: Batch, tap?: Tap, asked?: Asked): Promise<Matrix>;
  openHead(scope: Scope): Promise<Head>;
}

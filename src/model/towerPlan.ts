/**
 * How a model looks at pictures, as data and functions: what an architecture file says of its tower beside the blueprint of its language model.
 * A tower has a stream of its own, a row for every patch of a picture, which runs through blocks like those of a decoder; a projector makes
 * rows of the language model's stream of what it has seen. Types only.
 */
import type { PictureTokens } from '../formats/pictures/prompt';
import type { Block, Source } from './steps';

export interface TowerPlan {
  /** Pixels of a side of a picture, and of a side of a patch. */
  readonly picture: number;
  readonly patch: number;
  /** Of the tower's stream. */
  readonly width: number;
  /** A linear layer over the 3 · patch² values of a patch in order channel, row, column: [width, 3, patch, patch], and its bias [width]. */
  readonly patches: { readonly from: Source; readonly bias: Source | null };
  /** A row of its own before those of the patches, [width] (CLIP's class); null where there is none. */
  readonly first: Source | null;
  /** Added to the rows: [rows, width], and which of these each row of the stream takes. */
  readonly positions: { readonly from: Source; readonly rows: number; readonly of: readonly number[] };
  /** In the order in which they run, up to the state that is taken; norms beside the layers are blocks of their own. */
  readonly blocks: readonly Block[];
  readonly features: FeatureRows;
  /** From features, `join` rows of the stream wide, to rows of the language model's stream. */
  readonly projector: Block;
  /** The id in whose places features go. */
  readonly id: number;
  /** What a text has around the places of a picture. */
  readonly frame: PictureTokens['frame'];
  /** What stands for a picture in a text, where the tokenizer has no token of the id. */
  readonly mark?: PictureTokens['mark'];
  /** Whether a picture of zeros alone is seen like any other, or stands for none and has no features while there are others. */
  readonly blank: 'seen' | 'none';
}

/** Which rows of a picture's stream are features, in which order, null for a row of zeros; so many side by side make one. */
export interface FeatureRows {
  readonly order: readonly (number | null)[];
  readonly join: number;
}

/** Features of one picture: places that it takes among the ids. */
export const featuresOf = ({ features: { order, join } }: Pick<TowerPlan, 'features'>): number => order.length / join;

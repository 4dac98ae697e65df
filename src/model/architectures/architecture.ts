/** What a file in this folder says: the name that config.json uses, what it reads in its own way, and the two halves of a block. */
import type { Matrix } from '../../tensor/matrix';
import type { Fields, ModelConfig, Particulars } from '../config';
import type { Steps } from '../steps';

export interface Architecture {
  /** model_type of config.json. */
  readonly name: string;
  /** Head size where the config gives none; hidden size over heads when left out. */
  readonly headSize?: number;
  readonly particulars: (fields: Fields, common: Pick<ModelConfig, 'layers'>) => Particulars;
  /** h += Attention(Norm(h)), in place. */
  readonly attention: (block: Steps, h: Matrix) => void;
  /** h += MLP(Norm(h)), in place. */
  readonly mlp: (block: Steps, h: Matrix) => void;
}

/** The same window in every layer. */
export const everyLayer = (layers: number, window: number): readonly number[] => Array<number>(layers).fill(window);

/** All kinds, in the order of the table. */
import type { Kind } from '../kind';
import { config, safetensors, shards } from './checkpoints';
import { layers, texts } from './files';
import { form, options } from './page';
import { links, logs, recipes } from './runs';
import { tokenizer } from './tokenizers';

export const kinds: readonly Kind[] = [
  ...[safetensors, shards, tokenizer, config],
  ...[links, logs, recipes, texts, form, options, layers],
];

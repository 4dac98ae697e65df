/** Gemma 3 without its tower (Gemma team, 2025), as its 270M and 1B are published. */
import { gemma3Text } from '../parts/gemma3';

const usual = {
  vocab_size: 262_208,
  hidden_size: 2304,
  intermediate_size: 9216,
  num_hidden_layers: 26,
  num_attention_heads: 8,
  num_key_value_heads: 4,
  max_position_embeddings: 131_072,
};

export const architecture = { name: 'gemma3_text', usual, blueprint: gemma3Text };

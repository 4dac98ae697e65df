/** Granite 3 (IBM, 2024): a Llama with four multipliers: of the embedding, of scores, of what is added to the stream, and a divisor of logits. */
import { llamaLike } from '../parts/llama';

const usual = {
  vocab_size: 32_000,
  hidden_size: 4096,
  intermediate_size: 11_008,
  num_hidden_layers: 32,
  num_attention_heads: 32,
};

export const architecture = llamaLike({ name: 'granite', usual }, (fields) => {
  const attention = fields.flag('attention_bias', false);
  const factor = (field: string, fallback = 1) => fields.number(field, { min: 1e-9, max: 1e9, fallback });
  return {
    biases: { qkv: attention, output: attention, mlp: fields.flag('mlp_bias', false) },
    headNorms: 'none',
    window: () => Infinity,
    embedding: factor('embedding_multiplier'),
    embeddingScales: 'all',
    // In place of 1/√(head size), not beside it.
    scores: { scale: factor('attention_multiplier') },
    residual: factor('residual_multiplier'),
    logits: { factor: 1 / factor('logits_scaling') },
  };
});

/** The activations of transformers by name; what they compute is in reference/activation.ts and shaders/lib/activation.wgsl, in this order. */
export const activations = ['silu', 'relu', 'gelu', 'gelu-tanh', 'quick-gelu'] as const;

/** "gelu" is exact, by the error function; "gelu-tanh" approximates it and is what GPT-2 and Gemma were trained with. */
export type Activation = (typeof activations)[number];

/**
 * Named limits on untrusted bytes, each with its reason. A file past a limit is refused by a FormatError that names the limit: reading it
 * would freeze the tab or exhaust its memory, and no real checkpoint comes near.
 */

/** Headers of the largest published files are below 20 MB; one of 32 MB is judged within two seconds. (The reference reader's limit is 100 MB.) */
export const MAX_HEADER_BYTES = 32_000_000;
/** Of one file. The largest published mixtures of experts have some 150 000 in all their files together. */
export const MAX_TENSORS = 200_000;
/** A tensor takes ten: its name, dtype and value, shape, data_offsets. As much again as a fifth is left for `__metadata__`. */
export const MAX_HEADER_QUOTES = 12 * MAX_TENSORS;
/** The largest dimension of a real model is its vocabulary, below 2^20; 2^32 keeps every product of indices exact in a double. */
export const MAX_DIMENSION = 2 ** 32;
/** Weights have at most 4 (convolutions); 8 is the most that other formats allow. */
export const MAX_DIMENSIONS = 8;
/** An index of 150 000 tensors is about 20 MB. */
export const MAX_INDEX_BYTES = 64_000_000;
/** Half of the shards that huggingface.js allows would already be a model of 50 TB. */
export const MAX_SHARDS = 10_000;
/** A config.json is a few kB; lists of per-layer settings reach 1 MB. */
export const MAX_CONFIG_BYTES = 10_000_000;
/** A tokenizer.json of 256 k tokens with merges is 35 MB; parsed it takes about ten times that. */
export const MAX_TOKENIZER_BYTES = 100_000_000;
/** The largest vocabularies in use have 262 144 tokens. */
export const MAX_VOCABULARY = 4_000_000;
/** Characters of one token; the longest in use are runs of some hundred spaces or dashes. */
export const MAX_TOKEN_LENGTH = 4_096;
/** Tokens outside the vocabulary proper; the most seen is about 6 000 (image and reserved tokens). */
export const MAX_ADDED_TOKENS = 100_000;
/** Characters of a regular expression in a tokenizer.json; the longest in use (GPT-4o's) has about 400. */
export const MAX_PATTERN_LENGTH = 8_192;
/** Nesting of JSON. Deeper values exhaust the stack of whoever walks them. */
export { maxJsonDepth as MAX_JSON_DEPTH } from '../util/json';
/** Text for calibration or evaluation. Tokens and their ids take about twenty times its size; WikiText-2 is 1.3 MB, a C4 shard 300 MB. */
export const MAX_TEXT_BYTES = 64_000_000;
/** Below this a text holds no window of any protocol: 32 characters are about 8 tokens. */
export const MIN_TEXT_CHARACTERS = 32;
/** A photograph of 50 megapixels takes 150 MB unpacked; towers look at a quarter of one. */
export const MAX_PICTURE_PIXELS = 50_000_000;
/** Of one picture file: those of 50 megapixels have at most 100 MB. */
export const MAX_PICTURE_BYTES = 100_000_000;

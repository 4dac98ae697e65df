/**
 * Named perplexity protocols: how a text's ids become windows and which ids of a window are scored. Pure.
 *
 *   gptq       the whole text with the tokenizer's own special tokens, cut into non-overlapping windows of `context` ids, the tail
 *              dropped; every id of a window but its first is scored. (Frantar et al., 2022; datautils.py of the published code.)
 *   llama.cpp  BOS + the text without special tokens; windows of `context` ids, the first id of each replaced by BOS; without BOS where
 *              the vocabulary adds none; ids context/2 + 1 … context − 1 are scored. (examples/perplexity of llama.cpp.)
 *
 *   pictures   a picture's places first, then what is told of it, which alone is scored; see sequences.ts
 *   other-pictures   the same with another picture of the set in place of each: what a model tells without having seen
 *
 * Numbers of different protocols, contexts or texts are never comparable.
 */
import type { Tokenizer } from '../formats/checkpoint';
import { FormatError } from '../util/errors';
import { inSlices } from '../util/inSlices';
import type { Protocol } from '../log/events';
import type { Choice, Shown } from './measure';

export interface Windows {
  /** Each of `context` ids. */
  readonly ids: readonly Uint32Array[];
  readonly context: number;
  /** Index within a window of the first id that is scored; all after it are, too, but where `scored` says less. */
  readonly firstScored: number;
  /** Of windows that differ in what is scored. */
  readonly scored?: readonly Span[];
  /** Of windows that are answers among several. */
  readonly choices?: readonly (Choice | null)[];
  /** Of windows that stand behind their own pictures and behind others. */
  readonly shown?: readonly Shown[];
  /** Features of the pictures of each window, [places, hidden] f32, in their order. */
  readonly features?: readonly Float32Array<ArrayBuffer>[];
  /** Ids of the text, or of as much of it as `maxTokens` made it read. */
  readonly tokens: number;
  /** UTF-8 bytes of text per id, over the ids in the windows: turns nats per token into bits per byte. */
  readonly bytesPerToken: number;
}

/** Ids of a window, [first, end). */
export interface Span {
  readonly first: number;
  readonly end: number;
}

/** What is scored of a window. */
export const spanOf = ({ scored, firstScored, context }: Windows, window: number): Span =>
  scored?.[window] ?? { first: firstScored, end: context };

/** Ids scored per window: the mean. */
export function scoredPerWindow({ scored, firstScored, context }: Windows): number {
  if (!scored) return context - firstScored;
  return scored.reduce((sum, { first, end }) => sum + end - first, 0) / scored.length;
}

/** Windows that are measured by: all but wrong answers, and texts behind other pictures. */
export const measuredWindows = ({ ids, choices, shown }: Windows): number =>
  ids.filter((_, i) => choices?.[i]?.right !== false && shown?.[i] !== 'other').length;

/** Smallest context of each protocol: one id to read, one to score (after the half that only gives context). */
export const minContext: Readonly<Record<Protocol, number>> = {
  gptq: 2,
  'llama.cpp': 4,
  pictures: 2,
  'other-pictures': 2,
};

/**
 * Cuts `text` for evaluation. `maxTokens` counts ids fed to the model, in whole windows, at least one: fewer than `context` still
 * mean one window. Page and command line both cut here.
 * A FormatError when the text has fewer ids than one window; Cancelled soon after `signal` is aborted.
 */
export async function evaluationWindows(
  tokenizer: Tokenizer,
  text: string,
  label: string,
  protocol: Protocol,
  context: number,
  maxTokens: number | null,
  signal?: AbortSignal,
): Promise<Windows> {
  const bos = protocol === 'llama.cpp' && tokenizer.addsBos ? tokenizer.bos : null;
  let ids = await encodeStart(
    tokenizer,
    text,
    protocol === 'gptq' ? 'add' : 'none',
    Math.max(maxTokens ?? Infinity, context),
    signal,
  );
  if (bos !== null) {
    const withBos = new Uint32Array(ids.length + 1);
    withBos[0] = bos;
    withBos.set(ids, 1);
    ids = withBos;
  }
  const available = Math.floor(ids.length / context);
  requireTokens(available, ids.length, context, label);
  const count = maxTokens === null ? available : Math.min(available, Math.max(1, Math.floor(maxTokens / context)));
  const windows = Array.from({ length: count }, (_, i) => {
    const window = ids.slice(i * context, (i + 1) * context);
    if (bos !== null) window[0] = bos;
    return window;
  });
  return {
    ids: windows,
    context,
    firstScored: protocol === 'gptq' ? 1 : Math.floor(context / 2) + 1,
    tokens: ids.length,
    bytesPerToken: bytesPerToken(tokenizer, ids.subarray(0, count * context)),
  };
}

/** Windows of `context` ids for calibration, cut as `gptq` cuts, at most `tokens` ids and at least one window. */
export async function calibrationWindows(
  tokenizer: Tokenizer,
  text: string,
  label: string,
  context: number,
  tokens: number,
  signal?: AbortSignal,
): Promise<{ readonly ids: readonly Uint32Array[]; readonly tokens: number }> {
  const ids = await encodeStart(tokenizer, text, 'add', Math.max(tokens, context), signal);
  const available = Math.floor(ids.length / context);
  requireTokens(available, ids.length, context, label);
  const count = Math.min(available, Math.max(1, Math.floor(tokens / context)));
  return {
    ids: Array.from({ length: count }, (_, i) => ids.slice(i * context, (i + 1) * context)),
    tokens: ids.length,
  };
}

/**
 * The windows of `calibrationWindows` for `draws` disjoint parts of the text, one after another; the first part is what one alone takes.
 * @throws FormatError where the text is too short for so many parts.
 */
export async function calibrationParts(
  tokenizer: Tokenizer,
  text: string,
  label: string,
  context: number,
  tokens: number,
  draws: number,
  signal?: AbortSignal,
): Promise<{ readonly parts: readonly (readonly Uint32Array[])[]; readonly tokens: number }> {
  const size = Math.max(1, Math.floor(tokens / context));
  const found = await calibrationWindows(tokenizer, text, label, context, size * context * draws, signal);
  if (draws > 1 && found.ids.length < size * draws) {
    throw new FormatError(
      'text-too-short',
      `${label}: ${found.tokens} tokens, and ${draws} parts of ${size * context} need ${size * context * draws}. Choose fewer parts, fewer calibration tokens or a longer text.`,
      { tokens: found.tokens, needed: size * context * draws },
    );
  }
  const parts = Array.from({ length: draws }, (_, i) => found.ids.slice(i * size, (i + 1) * size));
  return { parts, tokens: found.tokens };
}

/** Ids after the last one needed that are thrown away: where a text is cut, the last words may become other ids than in the whole. */
const spareIds = 256;
/** Characters read at first for each id needed; English has 1.5 (tiny vocabularies) to 5. */
const charactersPerId = 6;

/**
 * At least the first `needed` ids of the text, or all. Tokenizing a megabyte for ten thousand ids would take seconds; an id depends on the
 * text near it only.
 */
async function encodeStart(
  tokenizer: Tokenizer,
  text: string,
  special: 'add' | 'none',
  needed: number,
  signal: AbortSignal | undefined,
): Promise<Uint32Array> {
  for (let length = charactersPerId * (needed + spareIds); length < text.length; length *= 2) {
    // Not between the halves of a surrogate pair.
    const start = text.slice(0, length).replace(/[\uD800-\uDBFF]$/, '');
    const ids = await inSlices(tokenizer.encodeSteps(start, special), signal);
    if (ids.length >= needed + spareIds) return ids.subarray(0, ids.length - spareIds);
  }
  return inSlices(tokenizer.encodeSteps(text, special), signal);
}

/**
 * A FormatError when an id is outside the model's vocabulary: tokenizer and weights are not of one checkpoint. `place`: what stands for a picture,
 * and may be outside.
 */
export function requireVocabulary(
  windows: readonly Uint32Array[],
  vocabulary: number,
  label: string,
  place?: number,
): void {
  for (const window of windows) {
    for (const id of window) {
      if (id >= vocabulary && id !== place) {
        throw new FormatError(
          'tokenizer-mismatch',
          `${label}: the tokenizer gives id ${id}, and the model's embedding has ${vocabulary} rows. Take tokenizer.json from the same checkpoint as the weights.`,
          { id, vocabulary },
        );
      }
    }
  }
}

function requireTokens(windows: number, tokens: number, context: number, label: string): void {
  if (windows > 0) return;
  throw new FormatError(
    'text-too-short',
    `${label}: ${tokens} tokens, and one window needs ${context}. Choose a longer text or a shorter context.`,
    { tokens, needed: context },
  );
}

/** Bytes of the decoded ids over their count; a leading BOS stands for no text. */
function bytesPerToken(tokenizer: Tokenizer, ids: Uint32Array): number {
  const text = ids[0] === tokenizer.bos ? ids.subarray(1) : ids;
  const bytes = new TextEncoder().encode(tokenizer.decode(text)).length;
  return Math.max(1, bytes) / Math.max(1, text.length);
}

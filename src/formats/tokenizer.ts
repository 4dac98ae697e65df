/**
 * A tokenizer from tokenizer.json: judged part by part, rebuilt from what was checked, and run by @huggingface/tokenizers. Whatever the
 * library still throws becomes a FormatError.
 */
import { Tokenizer as Library } from '@huggingface/tokenizers';
import { FormatError } from '../util/errors';
import { type BytePairModel, checkBytePairModel, refuse } from './bytePairModel';
import { joinByteTokens } from './byteFallback';
import { addsBos } from './addsBos';
import type { Tokenizer } from './checkpoint';
import { createCut } from './cutPieces';
import { asTransformersLoads } from './spacePrefix';
import { describe, isObject, type JsonObject } from './strictJson';
import {
  checkDecoder,
  checkNormalizer,
  checkPostProcessor,
  checkPreTokenizer,
  type PreTokenizer,
} from './tokenizerPipeline';

/**
 * A tokenizer from parsed tokenizer.json, tokenizer_config.json (`settings`; {} when there is none) and config.json, which says how many
 * ids the model has. FormatError when one of them is wrong or the ids do not fit the model.
 */
export function openTokenizer(json: JsonObject, settings: JsonObject, config: JsonObject): Tokenizer {
  const model = checkBytePairModel(json);
  refuseMisfit(model.size, config);
  const loaded = asTransformersLoads(json, settings);
  const preTokenizer = checkPreTokenizer(loaded.preTokenizer);
  const postProcessor = checkPostProcessor(json.post_processor, model);
  const library = guarded('built', () => {
    const made = new Library(
      {
        model: model.json,
        added_tokens: json.added_tokens ?? [],
        normalizer: checkNormalizer(loaded.normalizer),
        pre_tokenizer: preTokenizer.json,
        post_processor: postProcessor,
        decoder: checkDecoder(json.decoder),
      },
      // Nothing of tokenizer_config.json may change ids, and decoding must not tidy up.
      { clean_up_tokenization_spaces: false },
    );
    cutLongPieces(made, model, preTokenizer);
    replaceByteFallback(made);
    return made;
  });
  const bos = specialId('bos', model, settings, config);
  return {
    vocabularySize: model.size,
    bos,
    addsBos: addsBos(json, settings, model.ids, bos),
    eos: specialId('eos', model, settings, config),
    encode(text, specialTokens) {
      const ids = guarded(
        'used',
        () => library.encode(text, { add_special_tokens: specialTokens === 'add' }).ids,
      ) as readonly (number | undefined)[];
      const unknown = ids.indexOf(undefined);
      if (unknown >= 0) throw refuse(`it gives a token without an id, the ${unknown + 1}th of a text`);
      return Uint32Array.from(ids as readonly number[]);
    },
    decode(ids) {
      const known = Array.from(ids).filter((id) => library.id_to_token(id) !== undefined);
      return known.length === 0 ? '' : guarded('used', () => library.decode(known));
    },
  };
}

function guarded<T>(verb: 'built' | 'used', call: () => T): T {
  try {
    return call();
  } catch (cause) {
    if (cause instanceof FormatError) throw cause;
    const reason = cause instanceof Error ? cause.message.slice(0, 300) : String(cause);
    throw new FormatError(
      'bad-tokenizer',
      `tokenizer.json: the tokenizer cannot be ${verb} (${reason}). Use the tokenizer.json that was published with the model.`,
      { file: 'tokenizer.json' },
      { cause },
    );
  }
}

/** Pieces up to this length are left whole: the library keeps what it found for words of less than 256 characters. */
const WORD = 64;

/**
 * Puts a cut between the pre-tokenizer and the model: where the file asks for one (Metaspace with split), and where the pieces would
 * otherwise be whole documents. The ids stay the same (cutPieces.ts); `ignore_merges` looks whole pieces up, so there nothing is cut.
 */
function cutLongPieces(library: Library, model: BytePairModel, preTokenizer: PreTokenizer): void {
  const cut = model.json.ignore_merges === true ? (text: string) => [text] : createCut(model.merges);
  const before = preTokenizer.cutBefore;
  const own = library.pre_tokenizer as unknown as ((text: string, options: unknown) => string[]) | null;
  const pieces = (text: string, options: unknown): string[] => {
    const given = own ? own(text, options) : [text];
    const split = before === null ? given : given.flatMap((piece) => cutBefore(piece, before));
    return split.flatMap((piece) => (piece.length > WORD ? cut(piece) : [piece]));
  };
  library.pre_tokenizer = pieces as unknown as Library['pre_tokenizer'];
}

/** The decoder is a sequence of parts with one method each; those for byte tokens become ours. */
function replaceByteFallback(library: Library): void {
  interface Part {
    readonly config?: { readonly type?: string };
    decode_chain(tokens: string[]): string[];
  }
  const { decoders } = library.decoder as unknown as { readonly decoders: Part[] };
  for (const [i, part] of decoders.entries()) {
    if (part.config?.type === 'ByteFallback') decoders[i] = { decode_chain: joinByteTokens };
  }
}

/** "▁a▁▁b" → "▁a", "▁", "▁b": every piece but the first begins with `mark`. */
function cutBefore(text: string, mark: string): string[] {
  return text
    .split(mark)
    .map((part, i) => (i === 0 ? part : mark + part))
    .filter((part) => part !== '');
}

function refuseMisfit(size: number, config: JsonObject): void {
  const { text_config: inner } = config;
  const expected = config.vocab_size ?? (isObject(inner) ? inner.vocab_size : undefined);
  if (expected === undefined) return;
  if (!Number.isInteger(expected) || (expected as number) < 1) {
    throw new FormatError('bad-config', `config.json: vocab_size is ${describe(expected)}, not a positive integer.`, {
      file: 'config.json',
      path: 'vocab_size',
    });
  }
  if (size > (expected as number)) {
    throw new FormatError(
      'vocabulary-mismatch',
      `the tokenizer does not fit the vocabulary: tokenizer.json has ids up to ${size - 1}, so ${size} tokens, and config.json says ` +
        `vocab_size ${expected as number}. Use the tokenizer.json that was published with this model.`,
      { file: 'tokenizer.json', found: size, expected: expected as number },
    );
  }
}

/**
 * Id of the beginning- or end-of-sequence token: as tokenizer_config.json names it; null when it says null there (Qwen2: none); else as
 * config.json numbers it.
 */
function specialId(kind: 'bos' | 'eos', model: BytePairModel, settings: JsonObject, config: JsonObject): number | null {
  const named = settings[`${kind}_token`];
  if (named === null) return null;
  if (named !== undefined) {
    const content = isObject(named) ? named.content : named;
    const id = typeof content === 'string' ? model.ids.get(content) : undefined;
    if (id === undefined) {
      throw new FormatError(
        'bad-tokenizer',
        `tokenizer_config.json: ${kind}_token is ${describe(content)}, which tokenizer.json does not hold. Use both files of the same model.`,
        { file: 'tokenizer_config.json', path: `${kind}_token` },
      );
    }
    return id;
  }
  const given = config[`${kind}_token_id`];
  // A list of several (Llama 3's ends of turn): the first is the one of plain text.
  const id: unknown = Array.isArray(given) ? given[0] : given;
  return Number.isInteger(id) && (id as number) >= 0 && (id as number) < model.size ? (id as number) : null;
}

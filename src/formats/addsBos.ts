/**
 * Whether a vocabulary puts BOS before a text in llama.cpp, as its converter writes it into a GGUF file (gguf, SpecialVocab): what
 * tokenizer_config.json says; else whether the template of tokenizer.json begins with BOS; else llama.cpp's own default, which is yes for
 * vocabularies of SentencePiece (byte tokens) and no for the others. A tokenizer may well name a BOS and add none (SmolLM2, GPT-2).
 */
import { isObject, type JsonObject } from './strictJson';

/** `ids`: of the vocabulary and added tokens, by text; `bos`: the id of BOS. */
export function addsBos(
  json: JsonObject,
  settings: JsonObject,
  ids: ReadonlyMap<string, number>,
  bos: number | null,
): boolean {
  if (bos === null) return false;
  if (typeof settings.add_bos_token === 'boolean') return settings.add_bos_token;
  return templateAdds(json.post_processor, ids, bos) ?? (isObject(json.model) && json.model.byte_fallback === true);
}

/** Null where no template tells. Of several, the last tells, as in the converter. */
function templateAdds(processor: unknown, ids: ReadonlyMap<string, number>, bos: number): boolean | null {
  if (!isObject(processor)) return null;
  const parts: readonly unknown[] = Array.isArray(processor.processors) ? processor.processors : [processor];
  return parts.reduce<boolean | null>((found, part) => {
    if (!isObject(part)) return found;
    if (part.type === 'RobertaProcessing') return true;
    if (part.type !== 'TemplateProcessing' || !Array.isArray(part.single) || part.single.length < 2) return found;
    const [first] = part.single as readonly unknown[];
    const special = isObject(first) && isObject(first.SpecialToken) ? first.SpecialToken.id : undefined;
    return typeof special === 'string' ? ids.get(special) === bos : found;
  }, null);
}

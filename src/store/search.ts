/** What a search for methods means: names of other programs as ours, and widths however they are written. Pure. */
import { widths } from './plan';

export interface Search {
  /** What the card of a method must hold, each of them. */
  readonly words: readonly string[];
  /** Widths that the method must have. */
  readonly bits: readonly number[];
  /** Where what is found is not quite what was asked for: one sentence each. */
  readonly notes: readonly string[];
}

/** A name from elsewhere: the words of ours, and what differs. */
interface Alias {
  readonly words: readonly string[];
  readonly note?: string;
}

const aliases: Readonly<Record<string, Alias>> = {
  gguf: { words: ['llama.cpp'] },
  ggml: { words: ['llama.cpp'] },
  autogptq: { words: ['gptq'] },
  'auto-gptq': { words: ['gptq'] },
  gptqmodel: { words: ['gptq'] },
  desc_act: { words: ['act-order'] },
  exl2: { words: ['gptq'], note: 'EXL2 itself, which mixes widths, is not here; it rounds by the method of GPTQ.' },
};

export function readSearch(search: string): Search {
  const asked = search
    .toLowerCase()
    // "4 bits" is one word.
    .replace(/\b(\d)\s+bits?\b/g, '$1bit')
    .split(/\s+/)
    .filter(Boolean);
  const isWidth = (word: string) => widthOf(word) !== null;
  const found = asked
    .filter((word) => !isWidth(word))
    .map((word) => aliases[word] ?? fileType(word) ?? { words: [word] });
  return {
    words: found.flatMap(({ words }) => words),
    bits: asked.flatMap((word) => widthOf(word) ?? []),
    notes: found.flatMap(({ note }) => note ?? []),
  };
}

/** int4, 4bit, 4-bit, w4, w4a16: the width of the weights, where the form has it. */
function widthOf(word: string): number | null {
  const digit = /^(?:int|w)(\d)(?:a16)?$|^(\d)-?bits?$/.exec(word);
  return widths.find((bits) => String(bits) === (digit?.[1] ?? digit?.[2])) ?? null;
}

/** Q4_K_M, q4_k, q4k: file types of llama.cpp that are named after the blocks most tensors have. */
function fileType(word: string): Alias | null {
  const [, blocks, mix] = /^(q\d)_?k(?:_?(s|m|l|xl))?$/.exec(word) ?? [];
  if (!blocks) return null;
  const name = `${blocks}_k`;
  const mixed = `${name}_${mix}`.toUpperCase();
  return {
    words: [name],
    ...(mix
      ? { note: `${mixed} files may hold some tensors in other types; here every layer is ${name.toUpperCase()}.` }
      : {}),
  };
}

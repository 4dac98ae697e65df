/** What a tokenizer does to a text before it is split: Unicode forms, a prefix, replacements. */
import { drain } from './drain';
import type { Pattern } from './pattern';

export type Normalize = (text: string) => string;

export const unicodeForm =
  (form: 'NFC' | 'NFD' | 'NFKC' | 'NFKD'): Normalize =>
  (text) =>
    text.normalize(form);

/** Puts `prefix` before a text, unless that is empty. */
export const prepend =
  (prefix: string): Normalize =>
  (text) =>
    text === '' ? '' : prefix + text;

/** Every match by `content`, as it stands. */
export function replace(pattern: Pattern, content: string): Normalize {
  if (pattern.kind === 'text') return (text) => text.replaceAll(pattern.text, () => content);
  return (text) => {
    const matches = drain(pattern.matcher.find(text));
    let replaced = '';
    let done = 0;
    for (let i = 0; i < matches.length; i += 2) {
      replaced += text.slice(done, matches[i]) + content;
      done = matches[i + 1] as number;
    }
    return replaced + text.slice(done);
  };
}

/**
 * JSON from outside, before and after the platform parses it. Parsers, printers and walkers of values recurse, and a value that is
 * nested deep enough exhausts the stack of whichever comes first: so the depth of a text is counted before it is parsed.
 */

/** Deepest nesting that is read anywhere. Our own files, config.json and tokenizer.json stay below 12. */
export const maxJsonDepth = 64;

const quote = 0x22;
const backslash = 0x5c;

/** Whether brackets in `text`, which need not be valid JSON, are nested deeper than `maxJsonDepth`. One pass, no recursion. */
export function isTooDeep(text: string): boolean {
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    switch (text.charCodeAt(i)) {
      case 0x5b: // [
      case 0x7b: // {
        if (++depth > maxJsonDepth) return true;
        break;
      case 0x5d: // ]
      case 0x7d: // }
        depth--;
        break;
      case quote:
        // Brackets in a string are letters.
        for (i++; i < text.length && text.charCodeAt(i) !== quote; i++) if (text.charCodeAt(i) === backslash) i++;
        break;
    }
  }
  return false;
}

/**
 * A JSON value in a message: its text, cut after `length` characters with an ellipsis. However large or deep the value is, no more of
 * it is looked at than is shown.
 */
export function shortJson(value: unknown, length: number): string {
  const pieces: string[] = [];
  let written = 0;
  const write = (piece: string) => {
    pieces.push(piece);
    written += piece.length;
  };
  const walk = (item: unknown): void => {
    if (written > length) return;
    if (typeof item === 'string') return write(JSON.stringify(item.slice(0, length + 1)));
    if (typeof item !== 'object' || item === null) return write(JSON.stringify(item) ?? typeof item);
    const list = Array.isArray(item);
    write(list ? '[' : '{');
    let first = true;
    // Every level writes a bracket, so the walk is no deeper than the text is long.
    for (const key in item) {
      if (!Object.hasOwn(item, key)) continue;
      if (written > length) return;
      if (!first) write(',');
      first = false;
      if (!list) write(`${JSON.stringify(key.slice(0, length + 1))}:`);
      walk((item as Record<string, unknown>)[key]);
    }
    write(list ? ']' : '}');
  };
  walk(value);
  const text = pieces.join('');
  return text.length > length ? `${text.slice(0, length)}…` : text;
}

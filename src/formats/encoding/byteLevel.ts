/**
 * Bytes as characters, so that byte-pair encoding can work on text: printable bytes stand for themselves, the others for the characters from
 * U+0100 on, in order. (Radford et al., 2019; the table is part of every byte-level tokenizer.)
 */

const printable = (byte: number) =>
  (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || (byte >= 0xae && byte <= 0xff);

const characterOf: readonly string[] = (() => {
  let further = 0x100;
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(printable(byte) ? byte : further++));
})();

const byteOf: ReadonlyMap<string, number> = new Map(characterOf.map((character, byte) => [character, byte]));

const encoder = new TextEncoder();

/** Characters between two chances to stop. */
const STRIDE = 1 << 15;

/** The UTF-8 bytes of `text`, a character each. */
export function* toByteCharacters(text: string): Generator<undefined, string> {
  if (text.length <= STRIDE) return convert(text);
  const parts: string[] = [];
  for (let begin = 0; begin < text.length;) {
    // Not between the halves of a surrogate pair.
    const split = /[\uD800-\uDBFF]/.test(text.charAt(begin + STRIDE - 1)) ? 1 : 0;
    parts.push(convert(text.slice(begin, begin + STRIDE - split)));
    begin += STRIDE - split;
    yield;
  }
  return parts.join('');
}

function convert(text: string): string {
  let characters = '';
  for (const byte of encoder.encode(text)) characters += characterOf[byte] as string;
  return characters;
}

/** Text of tokens of such characters; a token that holds any other character is taken as text. Bytes that are no UTF-8 become U+FFFD. */
export function fromByteCharacters(tokens: readonly string[]): string {
  const bytes: number[] = [];
  for (const token of tokens) {
    const start = bytes.length;
    for (const character of token) {
      const byte = byteOf.get(character);
      if (byte !== undefined) {
        bytes.push(byte);
        continue;
      }
      bytes.length = start;
      bytes.push(...encoder.encode(token));
      break;
    }
  }
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(Uint8Array.from(bytes));
}

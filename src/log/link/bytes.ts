/**
 * Bytes of a permalink: base64url, deflate, and inflate with a cap, so that a small link cannot unpack into gigabytes. What comes
 * in is untrusted; every failure is a FormatError.
 */
import { FormatError } from '../../util/errors';

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

export function toBase64Url(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i < bytes.length; i += 3) {
    const left = Math.min(3, bytes.length - i);
    const word = ((bytes[i] as number) << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    for (let j = 0; j <= left; j++) text += alphabet[(word >> (18 - 6 * j)) & 63] as string;
  }
  return text;
}

export function fromBase64Url(text: string): Uint8Array<ArrayBuffer> {
  if (text.length % 4 === 1) throw damaged('its length is not that of any link');
  const bytes = new Uint8Array(Math.floor((text.length * 3) / 4));
  let word = 0;
  let bits = 0;
  let at = 0;
  for (const letter of text) {
    const value = alphabet.indexOf(letter);
    if (value < 0) throw damaged(`it holds the character ${JSON.stringify(letter)}`);
    word = ((word << 6) | value) & 0xffff;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes[at++] = (word >> bits) & 255;
    }
  }
  return bytes;
}

/** Compresses UTF-8 text with raw deflate. */
export async function deflate(text: string): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream('deflate-raw'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** The UTF-8 text in raw deflate bytes; stops as soon as it exceeds `limit` bytes. */
export async function inflate(bytes: Uint8Array<ArrayBuffer>, limit: number): Promise<string> {
  const stream = new DecompressionStream('deflate-raw');
  const writer = stream.writable.getWriter();
  // Failures show on the readable side; here they only must not go unheard.
  writer.write(bytes).catch(() => undefined);
  writer.close().catch(() => undefined);
  const reader = stream.readable.getReader();
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let text = '';
  let size = 0;
  for (;;) {
    let step: ReadableStreamReadResult<Uint8Array>;
    try {
      step = await reader.read();
    } catch {
      throw damaged('it does not unpack');
    }
    if (step.done) break;
    size += step.value.length;
    if (size > limit) {
      reader.cancel().catch(() => undefined);
      throw new FormatError(
        'link-too-large',
        `the link unpacks to more than ${limit} bytes, which no link of ours does. It was not opened.`,
        { limit },
      );
    }
    text += decodeText(decoder, step.value, true);
  }
  return text + decodeText(decoder, undefined, false);
}

function decodeText(decoder: TextDecoder, chunk: Uint8Array | undefined, stream: boolean): string {
  try {
    return decoder.decode(chunk, { stream });
  } catch {
    throw damaged('it does not hold text');
  }
}

/** One way to say that a link cannot be read, whatever the cause. */
export function damaged(why: string): FormatError {
  return new FormatError(
    'link-damaged',
    `the link is damaged or cut short: ${why}. Copy the whole link again from where it was shared.`,
    { why },
  );
}

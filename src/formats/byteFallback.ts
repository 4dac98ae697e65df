/**
 * Decoding of byte tokens ("<0xE2>") as the reference implementation does it: a run of them is UTF-8, or else one replacement character per
 * byte. The library's own drops byte order marks and counts replacement characters differently.
 */

const BYTE_TOKEN = /^<0x([0-9A-Fa-f]{2})>$/;

/** Tokens with every run of byte tokens replaced by its text. */
export function joinByteTokens(tokens: readonly string[]): string[] {
  const joined: string[] = [];
  let run: number[] = [];
  const endRun = () => {
    if (run.length > 0) joined.push(...textOf(Uint8Array.from(run)));
    run = [];
  };
  for (const token of tokens) {
    const byte = BYTE_TOKEN.exec(token)?.[1];
    if (byte === undefined) {
      endRun();
      joined.push(token);
    } else {
      run.push(parseInt(byte, 16));
    }
  }
  endRun();
  return joined;
}

function textOf(bytes: Uint8Array): string[] {
  try {
    return [new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)];
  } catch {
    return Array.from(bytes, () => '\uFFFD');
  }
}

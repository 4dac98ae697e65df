/** What PNG packs its parts with: deflated pixels, and a sum behind every part. */

const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let sum = byte;
  for (let bit = 0; bit < 8; bit++) sum = sum & 1 ? (sum >>> 1) ^ 0xedb88320 : sum >>> 1;
  return sum;
});

/** The cyclic redundancy check of ISO 3309. */
export function crc32(bytes: Uint8Array): number {
  let sum = 0xffffffff;
  for (const byte of bytes) sum = (sum >>> 8) ^ (table[(sum ^ byte) & 255] as number);
  return (sum ^ 0xffffffff) >>> 0;
}

/** The parts, joined and unpacked (RFC 1950), where that gives exactly so many bytes; else null. No more than these are held. */
export async function inflated(parts: readonly Uint8Array<ArrayBuffer>[], length: number): Promise<Uint8Array | null> {
  const out = new Uint8Array(length);
  let filled = 0;
  const reader = new Blob([...parts]).stream().pipeThrough(new DecompressionStream('deflate')).getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return filled === length ? out : null;
      if (filled + value.length > length) return null;
      out.set(value, filled);
      filled += value.length;
    }
  } catch {
    // Damaged or cut short.
    return null;
  } finally {
    await reader.cancel().catch(() => {});
  }
}

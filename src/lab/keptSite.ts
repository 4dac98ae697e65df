/**
 * A solved site as the bytes of one record: a line of JSON and the stored parts. Records come back from disks and browsers that may
 * have lost the end of them, and files that were copied may lie under each other's names: a checksum, and the key that the record was
 * made for, decide whether one is believed; what is not is computed again.
 */
import type { QuantEvent } from '../quant/problem';
import { storedBytes, storedFromBytes } from '../quant/stored';
import type { StoredLayer } from '../quant/storedLayer';
import { sha256 } from '../util/hash';
import type { Solved } from './siteProblem';

/** What is kept: the result, and what the solver had to say on the way. */
export interface KeptSite {
  readonly solved: Solved;
  readonly events: readonly QuantEvent[];
}

interface Header {
  /** Names everything that the result depends on (cabinet.ts). */
  readonly key: string;
  readonly summary: Omit<Solved, 'parts'>;
  readonly events: readonly QuantEvent[];
  readonly parts: readonly { readonly rows: number; readonly bytes: number }[];
}

const newline = 10;
/** Hex digits of the checksum in front of a record. */
const checkLength = 64;

export async function packSite(key: string, { solved, events }: KeptSite): Promise<Uint8Array<ArrayBuffer>> {
  const { parts, ...summary } = solved;
  const bytes = parts.map(storedBytes);
  const header: Header = {
    key,
    summary,
    events,
    parts: parts.map(({ rows }, i) => ({ rows, bytes: bytes[i]?.length ?? 0 })),
  };
  const content = concatenate([new TextEncoder().encode(JSON.stringify(header) + '\n'), ...bytes]);
  return concatenate([new TextEncoder().encode(await sha256(content)), content]);
}

/** Null when the record is damaged, or was made for another key. */
export async function unpackSite(key: string, record: Uint8Array<ArrayBuffer>): Promise<KeptSite | null> {
  const content = record.slice(checkLength);
  const check = new TextDecoder().decode(record.subarray(0, checkLength));
  if ((await sha256(content)) !== check) return null;
  const end = content.indexOf(newline);
  const header = JSON.parse(new TextDecoder().decode(content.subarray(0, end))) as Header;
  if (header.key !== key) return null;
  const { cols } = header.summary;
  const parts: StoredLayer[] = [];
  let at = end + 1;
  for (const { rows, bytes } of header.parts) {
    const part = storedFromBytes(content.slice(at, at + bytes), { rows, cols });
    if (!part) return null;
    parts.push(part);
    at += bytes;
  }
  return { solved: { ...header.summary, parts }, events: header.events };
}

function concatenate(parts: readonly Uint8Array<ArrayBuffer>[]): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

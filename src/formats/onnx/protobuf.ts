/**
 * Writes protocol buffers: fields of a message, each a key (field number and wire type) and a value. Large values stay Blobs and are not
 * copied. Source: the encoding of protocol buffers (protobuf.dev, "Encoding"). Nothing is read here.
 */
import { assert } from '../../util/assert';

/** Bytes of fields, in order. */
export type Fields = readonly (Uint8Array<ArrayBuffer> | Blob)[];

/** Wire types. */
const VARINT = 0;
const LENGTH_DELIMITED = 2;
const FIXED_32 = 5;

/** Seven bits a byte, the lowest first, the eighth says that more follow. Negative numbers are 64 bits of two's complement. */
function varint(value: number): Uint8Array<ArrayBuffer> {
  assert(Number.isSafeInteger(value), `${value} as an integer`);
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  return Uint8Array.of(...bytes, Number(rest));
}

const key = (field: number, wire: number) => varint(field * 8 + wire);

/** Bytes of `fields`. */
export const sizeOf = (fields: Fields): number =>
  fields.reduce((sum, piece) => sum + (piece instanceof Blob ? piece.size : piece.byteLength), 0);

/** int32, int64, enum. */
export const integer = (field: number, value: number): Fields => [key(field, VARINT), varint(value)];

export function float(field: number, value: number): Fields {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setFloat32(0, value, true);
  return [key(field, FIXED_32), bytes];
}

/** A nested message, or bytes. */
export const message = (field: number, fields: Fields): Fields => [
  key(field, LENGTH_DELIMITED),
  varint(sizeOf(fields)),
  ...fields,
];

export const text = (field: number, value: string): Fields => message(field, [new TextEncoder().encode(value)]);

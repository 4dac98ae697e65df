/** The smallest ONNX file with one MatMul: c = a·b, b a weight. Protocol buffers by hand; field numbers of onnx.proto 1.16. */

type Bytes = readonly number[] | Uint8Array;

function varint(value: number): number[] {
  const bytes = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  return [...bytes, rest];
}

function join(parts: readonly Bytes[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

const number = (field: number, value: number): Bytes => [...varint(field * 8), ...varint(value)];
const block = (field: number, ...parts: readonly Bytes[]): Uint8Array => {
  const content = join(parts);
  return join([varint(field * 8 + 2), varint(content.length), content]);
};
const text = (field: number, value: string): Bytes => block(field, new TextEncoder().encode(value));

/** ONNX's number for float32. */
const float = 1;

const value = (field: number, name: string, n: number): Bytes => {
  const size = block(1, number(1, n));
  return block(field, text(1, name), block(2, block(1, number(1, float), block(2, size, size))));
};

/** b [n, n] row-major. Input `a` [n, n], output `c` [n, n]. */
export function matmulModel(b: Float32Array<ArrayBuffer>, n: number): Uint8Array {
  const node = block(1, text(1, 'a'), text(1, 'b'), text(2, 'c'), text(4, 'MatMul'));
  const weight = block(
    5,
    number(1, n),
    number(1, n),
    number(2, float),
    text(8, 'b'),
    block(9, new Uint8Array(b.buffer)),
  );
  const graph = block(7, node, text(2, 'matmul'), weight, value(11, 'a', n), value(12, 'c', n));
  return join([number(1, 9), graph, block(8, number(2, 18))]);
}

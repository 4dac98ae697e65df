/** The smallest ONNX file with one MatMul: c = a·b, b a weight. */
import { writeOnnx } from '../../src/formats/onnx/writeOnnx';

/** b [n, n] row-major. Input `a` [n, n], output `c` [n, n]. */
export async function matmulModel(b: Float32Array<ArrayBuffer>, n: number): Promise<Uint8Array> {
  const value = (name: string) => ({ name, type: 'float32', shape: [n, n] }) as const;
  const file = writeOnnx({
    ir: 8,
    operators: { '': 18 },
    producer: { name: 'bitcurve', version: 'benchmark' },
    graph: {
      name: 'matmul',
      nodes: [{ op: 'MatMul', domain: '', inputs: ['a', 'b'], outputs: ['c'], attributes: {} }],
      initializers: [{ ...value('b'), content: new Uint8Array(b.buffer, b.byteOffset, b.byteLength) }],
      inputs: [value('a')],
      outputs: [value('c')],
    },
  });
  return new Uint8Array(await file.arrayBuffer());
}

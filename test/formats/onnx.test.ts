/** What the writer of ONNX files can say beyond the graph of a block (test/model/graph.test.ts), as onnxruntime reads it. */
import { describe, expect, it } from 'vitest';
import type { OnnxGraph, OnnxModel, OnnxNode, OnnxTensor } from '../../src/formats/onnx/onnxModel';
import { float, integer, message, text, type Fields } from '../../src/formats/onnx/protobuf';
import { writeOnnx } from '../../src/formats/onnx/writeOnnx';
import { openSession } from './onnxSession';

const node = (op: string, inputs: string[], output: string, attributes: OnnxNode['attributes'] = {}): OnnxNode => ({
  ...{ op, inputs, attributes },
  domain: '',
  outputs: [output],
});

const modelOf = (change: Partial<OnnxGraph>, operators: OnnxModel['operators'] = { '': 18 }): OnnxModel => ({
  ir: 8,
  operators,
  producer: { name: 'bitcurve', version: 'tests' },
  graph: {
    name: 'small',
    nodes: [],
    initializers: [],
    inputs: [{ name: 'x', type: 'float32', shape: ['rows', 3] }],
    outputs: [{ name: 'y', type: 'float32', shape: ['rows', 'columns'] }],
    ...change,
  },
});

const bytesOf = (values: { readonly buffer: ArrayBuffer }) => new Uint8Array(values.buffer);
const row: OnnxTensor = {
  name: 'row',
  type: 'float32',
  shape: [3],
  content: bytesOf(Float32Array.of(10, 20, 30)),
};

describe('protocol buffers', () => {
  const hex = async (fields: Fields) => Buffer.from(await new Blob([...fields]).arrayBuffer()).toString('hex');

  it('are the bytes of the specification', async () => {
    // Its own examples: field 1 = 150; field 2 = "testing"; field 3 = a message of the first.
    expect(await hex(integer(1, 150))).toBe('089601');
    expect(await hex(text(2, 'testing'))).toBe('120774657374696e67');
    expect(await hex(message(3, integer(1, 150)))).toBe('1a03089601');
    // −2 as ten bytes; a field number of two bytes; an integer beyond 32 bits; a float.
    expect(await hex(integer(1, -2))).toBe('08feffffffffffffffff01');
    expect(await hex(integer(20, 0))).toBe('a00100');
    expect(await hex(integer(1, 2 ** 40))).toBe('08808080808020');
    expect(await hex(float(2, 0.25))).toBe('150000803e');
  });

  it('refuse what is no integer', () => {
    expect(() => integer(1, 0.5)).toThrow('0.5 as an integer');
    expect(() => integer(1, 2 ** 53)).toThrow('as an integer');
  });
});

describe('an ONNX file', () => {
  it('has attributes that are floats, texts, and negative integers', async () => {
    const pads: OnnxTensor = {
      name: 'pads',
      type: 'int64',
      shape: [4],
      content: bytesOf(BigInt64Array.of(0n, 1n, 0n, 0n)),
    };
    const nodes = [
      node('LeakyRelu', ['x'], 'leaky', { alpha: { float: 0.25 } }),
      node('Pad', ['leaky', 'pads'], 'padded', { mode: { text: 'reflect' } }),
      node('Concat', ['padded', 'leaky'], 'y', { axis: { int: -1 } }),
    ];
    const run = await openSession(modelOf({ nodes, initializers: [pads] }));
    expect([...(await run(Float32Array.of(-4, 5, -8), [1, 3]))]).toEqual([5, -1, 5, -2, -1, 5, -2]);
  });

  it('has graphs within operators, which read values around them', async () => {
    const value = (name: string, shape: readonly (number | string)[]) => ({ name, type: 'float32', shape }) as const;
    // Running sums down the rows, each row times 10, 20, 30.
    const body: OnnxGraph = {
      name: 'body',
      nodes: [
        node('Mul', ['token', 'row'], 'times'),
        node('Add', ['before', 'times'], 'after'),
        node('Identity', ['after'], 'told'),
      ],
      initializers: [],
      inputs: [value('before', [3]), value('token', [3])],
      outputs: [value('after', [3]), value('told', [3])],
    };
    const start: OnnxTensor = {
      name: 'start',
      type: 'float32',
      shape: [3],
      content: bytesOf(Float32Array.of(0, 0, 1)),
    };
    const scan = (graph: OnnxGraph): OnnxNode => ({
      ...node('Scan', ['start', 'x'], 'end', { body: { graph }, num_scan_inputs: { int: 1 } }),
      outputs: ['end', 'y'],
    });
    const run = await openSession(modelOf({ nodes: [scan(body)], initializers: [row, start] }));
    expect([...(await run(Float32Array.of(1, 2, 3, 4, 5, 6), [2, 3]))]).toEqual([10, 40, 91, 50, 140, 271]);
    const lost = { ...body, nodes: [node('Mul', ['token', 'nowhere'], 'times'), ...body.nodes.slice(1)] };
    expect(() => writeOnnx(modelOf({ nodes: [scan(lost)], initializers: [row, start] }))).toThrow('reads "nowhere"');
    const twice = { ...body, inputs: [value('row', [3]), value('token', [3])] };
    expect(() => writeOnnx(modelOf({ nodes: [scan(twice)], initializers: [row, start] }))).toThrow(
      'two values named "row"',
    );
  });

  it('leaves optional inputs out, and uses operators of other domains', async () => {
    const clip = node('Clip', ['x', '', 'most'], 'clipped');
    const gelu: OnnxNode = { ...node('QuickGelu', ['clipped'], 'y', { alpha: { float: 0 } }), domain: 'com.microsoft' };
    const most: OnnxTensor = { name: 'most', type: 'float32', shape: [], content: bytesOf(Float32Array.of(6)) };
    const run = await openSession(
      modelOf({ nodes: [clip, gelu], initializers: [most] }, { '': 18, 'com.microsoft': 1 }),
    );
    // x · sigmoid(0 · x) is half of x.
    expect([...(await run(Float32Array.of(-4, 4, 8), [1, 3]))]).toEqual([-2, 2, 3]);
  });

  it('holds tensors as bytes, as a Blob, or in a file beside it', async () => {
    const nodes = [node('Add', ['x', 'row'], 'y')];
    const bytes = row.content as Uint8Array<ArrayBuffer>;
    const external = { location: 'weights.bin', offset: 4, length: 12 };
    const weights = new Uint8Array([0, 0, 0, 0, ...bytes]);
    const contents: [OnnxTensor['content'], object][] = [
      [bytes, {}],
      [new Blob([bytes]), {}],
      [external, { externalData: [{ path: 'weights.bin', data: weights }] }],
    ];
    for (const [content, options] of contents) {
      const run = await openSession(modelOf({ nodes, initializers: [{ ...row, content }] }), options);
      expect([...(await run(Float32Array.of(1, 2, 3, 4, 5, 6), [2, 3]))]).toEqual([11, 22, 33, 14, 25, 36]);
    }
  });

  it('is no longer than its readers can say', () => {
    const large = new Blob(new Array<Blob>(2 ** 7).fill(new Blob([new Uint8Array(2 ** 24)])));
    const tensor: OnnxTensor = { name: 'large', type: 'float32', shape: [2 ** 29], content: large };
    const write = (content: OnnxTensor['content']) =>
      writeOnnx(modelOf({ nodes: [node('Neg', ['x'], 'y')], initializers: [{ ...tensor, content }] }));
    expect(() => write(large)).toThrow('at most 2147483647 can be read');
    expect(write({ location: 'weights.bin', offset: 0, length: 2 ** 31 }).size).toBeLessThan(500);
  });

  it('is not written of a graph that is none', () => {
    const write = (change: Partial<OnnxGraph>) => () => writeOnnx(modelOf(change));
    expect(write({})).toThrow('output "y", which nothing gives');
    expect(write({ nodes: [node('Add', ['x', 'z'], 'y')] })).toThrow('Add reads "z", which nothing before it gives');
    expect(write({ nodes: [node('Neg', ['b'], 'y'), node('Neg', ['x'], 'b')] })).toThrow('nothing before it gives');
    expect(write({ nodes: [node('Neg', ['x'], 'y'), node('Abs', ['x'], 'y')] })).toThrow('two values named "y"');
    expect(write({ initializers: [{ ...row, name: 'x' }] })).toThrow('two values named "x"');
    expect(write({ nodes: [node('Neg', ['x'], 'y')], initializers: [{ ...row, shape: [2, 2] }] })).toThrow(
      '12 bytes for row [2, 2] of float32',
    );
  });
});

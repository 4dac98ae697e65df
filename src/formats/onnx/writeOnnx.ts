/**
 * Writes a model as an ONNX file, a protocol buffer. Field numbers are those of onnx.proto of the ONNX project (Apache-2.0), read in
 * release 1.23.2; each message stands beside its function. Contents of tensors are not copied: the Blob refers to them.
 */
import { assert } from '../../util/assert';
import {
  onnxTypes,
  type OnnxAttribute,
  type OnnxElsewhere,
  type OnnxGraph,
  type OnnxModel,
  type OnnxNode,
  type OnnxTensor,
  type OnnxValue,
} from './onnxModel';
import { float, integer, message, sizeOf, text, type Fields } from './protobuf';

/** A protocol buffer's length is a signed 32-bit number in its readers. Larger models keep their tensors in files beside them. */
const MOST_BYTES = 2 ** 31 - 1;

/** A graph that is none (a name that nothing gives, or two give), and sizes that disagree with shapes, are defects of the caller. */
export function writeOnnx(model: OnnxModel): Blob {
  checkNames(model.graph);
  const fields = modelProto(model);
  assert(sizeOf(fields) <= MOST_BYTES, `an ONNX file of ${sizeOf(fields)} bytes; at most ${MOST_BYTES} can be read`);
  return new Blob([...fields]);
}

/** `around`: names of the graph in which this one is run; the empty name is an optional input that is left out. */
function checkNames({ nodes, initializers, inputs, outputs }: OnnxGraph, around: Iterable<string> = ['']): void {
  const known = new Set(around);
  const add = (name: string) => {
    assert(!known.has(name), `two values named "${name}"`);
    known.add(name);
  };
  for (const { name } of [...inputs, ...initializers]) add(name);
  for (const { op, inputs, outputs, attributes } of nodes) {
    for (const name of inputs) assert(known.has(name), `${op} reads "${name}", which nothing before it gives`);
    for (const value of Object.values(attributes)) if ('graph' in value) checkNames(value.graph, known);
    outputs.forEach(add);
  }
  for (const { name } of outputs) assert(name && known.has(name), `output "${name}", which nothing gives`);
}

const many = <T>(items: readonly T[], fields: (item: T) => Fields): Fields => items.flatMap(fields);

/** ModelProto: ir_version 1, producer_name 2, producer_version 3, graph 7, opset_import 8 (OperatorSetIdProto: domain 1, version 2). */
const modelProto = ({ ir, operators, producer, graph }: OnnxModel): Fields => [
  ...integer(1, ir),
  ...text(2, producer.name),
  ...text(3, producer.version),
  ...message(7, graphProto(graph)),
  ...many(Object.entries(operators), ([domain, version]) => message(8, [...text(1, domain), ...integer(2, version)])),
];

/** GraphProto: node 1, name 2, initializer 5, input 11, output 12. */
const graphProto = ({ name, nodes, initializers, inputs, outputs }: OnnxGraph): Fields => [
  ...many(nodes, (node) => message(1, nodeProto(node))),
  ...text(2, name),
  ...many(initializers, (tensor) => message(5, tensorProto(tensor))),
  ...many(inputs, (value) => message(11, valueInfoProto(value))),
  ...many(outputs, (value) => message(12, valueInfoProto(value))),
];

/** NodeProto: input 1, output 2, name 3, op_type 4, attribute 5, domain 7. A node is called as the first value that it makes. */
const nodeProto = ({ op, domain, inputs, outputs, attributes }: OnnxNode): Fields => [
  ...many(inputs, (name) => text(1, name)),
  ...many(outputs, (name) => text(2, name)),
  ...text(3, outputs[0] ?? op),
  ...text(4, op),
  ...many(Object.entries(attributes), ([name, value]) => message(5, [...text(1, name), ...attributeProto(value)])),
  ...(domain ? text(7, domain) : []),
];

/** AttributeProto: name 1, f 2, i 3, s 4, g 6, ints 8, type 20 (AttributeType: FLOAT 1, INT 2, STRING 3, GRAPH 5, INTS 7). */
function attributeProto(value: OnnxAttribute): Fields {
  if ('float' in value) return [...float(2, value.float), ...integer(20, 1)];
  if ('int' in value) return [...integer(3, value.int), ...integer(20, 2)];
  if ('text' in value) return [...text(4, value.text), ...integer(20, 3)];
  if ('graph' in value) return [...message(6, graphProto(value.graph)), ...integer(20, 5)];
  return [...many(value.ints, (int) => integer(8, int)), ...integer(20, 7)];
}

/** TensorProto: dims 1, data_type 2, name 8, raw_data 9, external_data 13, data_location 14 (DataLocation: EXTERNAL 1). */
function tensorProto({ name, type, shape, content }: OnnxTensor): Fields {
  const { code, bytes } = onnxTypes[type];
  const inside = content instanceof Blob || content instanceof Uint8Array;
  const size = inside ? sizeOf([content]) : content.length;
  assert(
    shape.reduce((product, n) => product * n, bytes) === size,
    `${size} bytes for ${name} [${shape.join(', ')}] of ${type}`,
  );
  return [
    ...many(shape, (n) => integer(1, n)),
    ...integer(2, code),
    ...text(8, name),
    ...(inside ? message(9, [content]) : [...externalData(content), ...integer(14, 1)]),
  ];
}

/** external_data is a list of StringStringEntryProto: key 1, value 2; numbers in decimal digits. */
const externalData = ({ location, offset, length }: OnnxElsewhere): Fields =>
  many(Object.entries({ location, offset, length }), ([key, value]) =>
    message(13, [...text(1, key), ...text(2, String(value))]),
  );

/**
 * ValueInfoProto: name 1, type 2; TypeProto: tensor_type 1; its Tensor: elem_type 1, shape 2; TensorShapeProto: dim 1; its Dimension:
 * dim_value 1, dim_param 2.
 */
const valueInfoProto = ({ name, type, shape }: OnnxValue): Fields => {
  const dimensions = many(shape, (n) => message(1, typeof n === 'number' ? integer(1, n) : text(2, n)));
  const tensor = [...integer(1, onnxTypes[type].code), ...message(2, dimensions)];
  return [...text(1, name), ...message(2, message(1, tensor))];
};

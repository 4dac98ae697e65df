/**
 * A model in the terms of ONNX: operators on named values. Only what the lab writes of it. Source: the ONNX intermediate representation
 * (docs/IR.md of the ONNX project) and its onnx.proto, whose numbers stand beside the names here.
 */

/** Element types by their number in TensorProto.DataType, and the bytes of an element. */
export const onnxTypes = {
  float32: { code: 1, bytes: 4 },
  uint8: { code: 2, bytes: 1 },
  int32: { code: 6, bytes: 4 },
  int64: { code: 7, bytes: 8 },
  float16: { code: 10, bytes: 2 },
} as const;
export type OnnxType = keyof typeof onnxTypes;

export type OnnxAttribute =
  | { readonly int: number }
  | { readonly ints: readonly number[] }
  | { readonly float: number }
  | { readonly text: string }
  /** What an operator runs many times; its nodes may read values of the graph around it. */
  | { readonly graph: OnnxGraph };

export interface OnnxNode {
  /** e.g. "MatMul". */
  readonly op: string;
  /** Whose operator it is: "" for ONNX's own, "com.microsoft" for those of onnxruntime. */
  readonly domain: string;
  /** Names of values; "" for an optional input that is left out. */
  readonly inputs: readonly string[];
  /** Each value has one node that makes it, before those that read it. */
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, OnnxAttribute>>;
}

/** Where a file beside the model holds the elements of a tensor, in bytes. */
export interface OnnxElsewhere {
  /** Path from the folder of the model. */
  readonly location: string;
  readonly offset: number;
  readonly length: number;
}

/** A value that the file gives: little-endian, row-major. */
export interface OnnxTensor {
  readonly name: string;
  readonly type: OnnxType;
  readonly shape: readonly number[];
  readonly content: Uint8Array<ArrayBuffer> | Blob | OnnxElsewhere;
}

/** A value that the caller gives or gets. A dimension with a name is known when the model is run. */
export interface OnnxValue {
  readonly name: string;
  readonly type: OnnxType;
  readonly shape: readonly (number | string)[];
}

export interface OnnxGraph {
  readonly name: string;
  readonly nodes: readonly OnnxNode[];
  readonly initializers: readonly OnnxTensor[];
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
}

export interface OnnxModel {
  /** Version of the intermediate representation: 8 for float and integer tensors, 10 where some have 4 bits. */
  readonly ir: number;
  /** Version of the operators of each domain. */
  readonly operators: Readonly<Record<string, number>>;
  /** What made the file, and which version of it. */
  readonly producer: { readonly name: string; readonly version: string };
  readonly graph: OnnxGraph;
}

/** A graph while it is made: nodes in the order in which they run, a name for every value, constants of equal content once. */
import type { OnnxAttribute, OnnxGraph, OnnxNode, OnnxTensor, OnnxType, OnnxValue } from './onnxModel';

type Attributes = Readonly<Record<string, OnnxAttribute>>;

export class GraphDraft {
  #nodes: OnnxNode[] = [];
  readonly constants: OnnxTensor[] = [];
  readonly #names = new Set<string>();
  readonly #made = new Map<string, string>();

  get nodes(): readonly OnnxNode[] {
    return this.#nodes;
  }

  /** `wanted`, or with a number behind it where that is taken: a name for a value. */
  name(wanted: string): string {
    let name = wanted;
    for (let n = 2; this.#names.has(name); n++) name = `${wanted}_${n}`;
    this.#names.add(name);
    return name;
  }

  /** What `make` named for this key, at its first use. */
  once(key: string, make: () => string): string {
    const name = this.#made.get(key) ?? make();
    this.#made.set(key, name);
    return name;
  }

  /** Appends an operator of ONNX's own with one output; returns its name, `wanted` if that is free. */
  node(op: string, inputs: readonly string[], wanted: string, attributes: Attributes = {}): string {
    const [output] = this.split(op, inputs, [wanted], attributes) as [string];
    return output;
  }

  /** The same with as many outputs as are named. */
  split(op: string, inputs: readonly string[], wanted: readonly string[], attributes: Attributes = {}): string[] {
    const outputs = wanted.map((name) => this.name(name));
    this.#nodes.push({ op, domain: '', inputs, outputs, attributes });
    return outputs;
  }

  /**
   * A graph that an operator of this one runs many times: `make` appends its nodes. What it names is named nowhere else; constants go to the
   * graph around it.
   */
  within(wanted: string, inputs: readonly OnnxValue[], make: () => readonly OnnxValue[]): OnnxGraph {
    const around = this.#nodes;
    this.#nodes = [];
    const outputs = make();
    const nodes = this.#nodes;
    this.#nodes = around;
    return { name: this.name(wanted), nodes, initializers: [], inputs, outputs };
  }

  /** A number, as float32. */
  scalar(wanted: string, value: number): string {
    return this.once(`scalar ${value}`, () => this.constant(wanted, 'float32', [], Float32Array.of(value)));
  }

  /** A list of integers, as int64: what operators want for shapes and axes. */
  integers(wanted: string, values: readonly number[]): string {
    const make = () => this.constant(wanted, 'int64', [values.length], BigInt64Array.from(values, BigInt));
    return this.once(`integers ${values.join()}`, make);
  }

  constant(
    wanted: string,
    type: OnnxType,
    shape: readonly number[],
    values: Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer> | BigInt64Array<ArrayBuffer>,
  ): string {
    const name = this.name(wanted);
    this.constants.push({ name, type, shape, content: new Uint8Array(values.buffer) });
    return name;
  }
}

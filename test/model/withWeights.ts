/** Graphs of blocks with the weights of a checkpoint; for tests. */
import type { Checkpoint } from '../../src/formats/checkpoint';
import type { OnnxModel, OnnxTensor } from '../../src/formats/onnx/onnxModel';
import type { Graph } from '../../src/model/graph';
import { located } from '../../src/model/plan';
import { toFloats } from '../../src/formats/toFloats';

/** The graph with the checkpoint's weights in it. */
export async function withWeights(graph: Graph, checkpoint: Checkpoint): Promise<OnnxModel> {
  const { operators, nodes, constants, input, output } = graph;
  const weights = graph.weights.map(async ({ name, from, shape }): Promise<OnnxTensor> => {
    const stored = located(checkpoint, from, shape);
    // A copy: the bytes of a tensor may lie in a larger buffer.
    const floats = toFloats(await stored.read(), stored.type).slice();
    return { name, type: 'float32', shape, content: new Uint8Array(floats.buffer) };
  });
  return {
    ir: 8,
    operators: { '': operators },
    producer: { name: 'bitcurve', version: 'tests' },
    graph: {
      name: 'block',
      nodes,
      initializers: [...(await Promise.all(weights)), ...constants],
      inputs: [input],
      outputs: [output],
    },
  };
}

/** onnxruntime on the CPU (its WebAssembly build, in Node), fed with files that we write; for tests. */
import * as ort from 'onnxruntime-web';
import type { OnnxModel } from '../../src/formats/onnx/onnxModel';
import { writeOnnx } from '../../src/formats/onnx/writeOnnx';

// One thread: sums in one order, and no workers that outlive a test.
ort.env.wasm.numThreads = 1;

export const bytesOf = async (model: OnnxModel) => new Uint8Array(await writeOnnx(model).arrayBuffer());

/** Runs a model with one float32 input and one output. */
export async function openSession(model: OnnxModel, options: ort.InferenceSession.SessionOptions = {}) {
  const session = await ort.InferenceSession.create(await bytesOf(model), { executionProviders: ['wasm'], ...options });
  const { inputs, outputs } = model.graph;
  return async (values: Float32Array, shape: readonly number[]): Promise<Float32Array> => {
    const results = await session.run({ [inputs[0]!.name]: new ort.Tensor('float32', values, shape) });
    return (await results[outputs[0]!.name]!.getData()) as Float32Array;
  };
}

/**
 * The peers of the comparison, each behind the same two questions. Their modules come from outside (Node: main.ts; page:
 * page/main.js), because they are installed only for the benchmark and described here by what is used of them.
 */
import { matmulModel } from './onnxModel';

/** One library on one adapter. Inputs stay on the device where the library allows it; results are read back. */
export interface Peer {
  readonly name: string;
  /** A·B for A, B [n, n]: called once, returns what is timed. */
  matmul(a: Float32Array<ArrayBuffer>, b: Float32Array<ArrayBuffer>, n: number): Promise<Timed>;
  /** A Cholesky factor of h [n, n]. */
  cholesky?(h: Float32Array<ArrayBuffer>, n: number): Promise<Timed>;
}
/** Computes and reads back the whole result. */
export type Timed = () => Promise<ArrayLike<number>>;

interface JaxArray {
  readonly ref: JaxArray;
  data(): Promise<Float32Array>;
}
export interface Jax {
  init(device: string): Promise<unknown>;
  defaultDevice(device: string): unknown;
  readonly numpy: {
    array(values: Float32Array, options: { shape: number[] }): JaxArray;
    matmul(a: JaxArray, b: JaxArray): JaxArray;
  };
  readonly lax: { readonly linalg: { cholesky(a: JaxArray): JaxArray } };
}

/** jax-js. Operands are counted references: `.ref` keeps them for the next call. */
export async function jaxPeer(jax: Jax): Promise<Peer> {
  const { numpy, lax } = jax;
  await jax.init('webgpu');
  jax.defaultDevice('webgpu');
  return {
    name: 'jax-js',
    matmul: (a, b, n) => {
      const A = numpy.array(a, { shape: [n, n] });
      const B = numpy.array(b, { shape: [n, n] });
      return Promise.resolve(() => numpy.matmul(A.ref, B.ref).data());
    },
    cholesky: (h, n) => {
      const H = numpy.array(h, { shape: [n, n] });
      return Promise.resolve(() => lax.linalg.cholesky(H.ref).data());
    },
  };
}

interface TfTensor {
  data(): Promise<ArrayLike<number>>;
  dispose(): void;
}
export interface Tf {
  setBackend(name: string): Promise<boolean>;
  ready(): Promise<void>;
  tensor2d(values: Float32Array, shape: [number, number]): TfTensor;
  matMul(a: TfTensor, b: TfTensor): TfTensor;
}

/** tfjs with its WebGPU back end, which registers itself on import. It has no Cholesky. */
export async function tfPeer(tf: Tf): Promise<Peer> {
  if (!(await tf.setBackend('webgpu'))) throw new Error('tfjs offers no WebGPU here');
  await tf.ready();
  return {
    name: 'tfjs-webgpu',
    matmul: (a, b, n) => {
      const A = tf.tensor2d(a, [n, n]);
      const B = tf.tensor2d(b, [n, n]);
      return Promise.resolve(async () => {
        const C = tf.matMul(A, B);
        const values = await C.data();
        C.dispose();
        return values;
      });
    },
  };
}

export interface Ort {
  readonly Tensor: new (type: 'float32', values: Float32Array, shape: number[]) => unknown;
  readonly InferenceSession: {
    create(
      model: Uint8Array,
      options: { executionProviders: string[]; logSeverityLevel?: number },
    ): Promise<{ run(feeds: Record<string, unknown>): Promise<Record<string, { data: ArrayLike<number> }>> }>;
  };
}

/** onnxruntime with its WebGPU provider: B is a weight of the model, A is uploaded by every run (ours does the same). No Cholesky. */
export function ortPeer(ort: Ort, name: string): Peer {
  return {
    name,
    matmul: async (a, b, n) => {
      const session = await ort.InferenceSession.create(await matmulModel(b, n), {
        executionProviders: ['webgpu'],
        logSeverityLevel: 3,
      });
      const A = new ort.Tensor('float32', a, [n, n]);
      return async () => (await session.run({ a: A })).c?.data ?? [];
    },
  };
}

/** Tensors of a block on the GPU: weights of its layers, gains and biases. */
import type { Checkpoint } from '../formats/checkpoint';
import type { Scope } from '../gpu/buffers';
import type { Gpu } from '../gpu/gpu';
import type { Matrix } from '../tensor/matrix';
import { present } from '../util/assert';
import type { OpenBlock } from './model';
import { located } from './plan';
import type { BlockTensor } from './trace';
import { filledVector, matrixBytes, uploadTensor, uploadVector } from './weights';

/** Memory is the scope's. FormatError where a tensor is missing or holds what is not finite. */
export async function openTensors(
  gpu: Gpu,
  scope: Scope,
  checkpoint: Checkpoint,
  tensors: readonly BlockTensor[],
): Promise<Pick<OpenBlock, 'weights' | 'others'>> {
  const weights = new Map<string, Matrix>();
  const others = new Map<string, Matrix>();
  for (const { key, from, shape, role, above } of tensors) {
    if (role === 'linear')
      weights.set(key, await uploadTensor(gpu, scope, located(checkpoint, present(from, key), shape)));
    else others.set(key, await vectorOf(scope, checkpoint, { from, shape, role, above }));
  }
  return { weights, others };
}

/** What weights of layers take on the GPU. */
export function tensorBytes(checkpoint: Checkpoint, layers: readonly BlockTensor[]): number {
  return layers.reduce(
    (sum, { key, from, shape }) => sum + matrixBytes(located(checkpoint, present(from, key), shape)),
    0,
  );
}

/** A norm's gains as they multiply, or a bias, [1, n] f32. */
export function vectorOf(
  scope: Scope,
  checkpoint: Checkpoint,
  { from, shape, role, above = 0 }: Omit<BlockTensor, 'key'>,
): Promise<Matrix> {
  const [width = 1] = shape;
  if (!from) return Promise.resolve(filledVector(scope, width, role === 'norm' ? 1 : 0));
  return uploadVector(scope, located(checkpoint, from, shape), above);
}

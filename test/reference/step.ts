/** A step and its adjoint, as the tests of adjoints hold one against the other. */
import { expect } from 'vitest';
import { createRng } from '../../src/util/rng';
import { differenceBound, differences, farthest } from '../difference';
import { normals } from '../opCase';

export interface Step {
  readonly name: string;
  /** Sizes of what the step reads. */
  readonly reads: readonly number[];
  readonly forward: (...read: Float64Array[]) => Float64Array;
  readonly back: (dy: Float64Array, ...read: Float64Array[]) => readonly Float64Array[];
}

/** Each gradient of dy·f against differences of f. */
export async function expectAdjoint({ reads, forward, back }: Step): Promise<void> {
  const rng = createRng(11);
  const read = reads.map((size) => Float64Array.from(normals(rng, size)));
  const dy = Float64Array.from(normals(rng, forward(...read).length));
  const loss = () => forward(...read).reduce((sum, y, i) => sum + y * (dy[i] as number), 0);
  const gradients = back(dy, ...read);
  expect(gradients.length).toBe(reads.length);
  const want = await differences(
    loss,
    read.map((values, n) => [`${n}`, values] as const),
  );
  for (const [n, values] of [...want.values()].entries()) {
    const error = farthest(gradients[n] as Float64Array, values);
    expect(error).toBeLessThanOrEqual(differenceBound);
  }
}

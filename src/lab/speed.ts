/** How fast the adapter multiplies matrices with our kernel: what the adapter card says, and what estimates may start from. */
import type { Gpu } from '../gpu/gpu';
import { matmul } from '../tensor/matmul';
import { zeroMatrix } from '../tensor/matrix';

/** Rows and columns: large enough to fill small GPUs, 0.27 GFLOP a product. */
const size = 512;
/** Seconds of measuring, at most about. */
const budget = 0.4;

/** 10⁹ floating-point operations per second of an f32 product of 512 × 512 matrices, the best of a few. */
export async function measureSpeed(gpu: Gpu): Promise<number> {
  using scope = gpu.scope('speed');
  const a = zeroMatrix(scope, size, size, 'speed a');
  const b = zeroMatrix(scope, size, size, 'speed b');
  // The first product compiles the kernel.
  matmul(gpu, scope, a, b);
  await gpu.idle();
  let best = 0;
  const end = performance.now() + budget * 1000;
  do {
    using local = gpu.scope('speed product');
    const start = performance.now();
    matmul(gpu, local, a, b);
    await gpu.idle();
    best = Math.max(best, (2 * size ** 3) / ((performance.now() - start) / 1000));
  } while (performance.now() < end);
  return best / 1e9;
}

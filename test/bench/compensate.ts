/**
 * The rounding kernel against the same algorithm in PyTorch on the processor: one problem (W, H), codes compared, times side by
 * side. Python is optional: where none with torch is found, that is said and nothing is compared.
 */
import { spawnSync } from 'node:child_process';
import type { Gpu } from '../../src/gpu/gpu';

/** A Python that imports torch: $PYTHON, else python3. */
export function findTorch(): string | null {
  for (const python of [process.env.PYTHON, 'python3'].filter((name) => name !== undefined)) {
    if (spawnSync(python, ['-c', 'import torch'], { stdio: 'ignore' }).status === 0) return python;
  }
  return null;
}

export function benchCompensate(_gpu: Gpu, print: (line: string) => void): Promise<number> {
  const python = findTorch();
  print(python ? `PyTorch: ${python}` : 'No Python with torch here: set PYTHON to one to compare with PyTorch.');
  print('The rounding kernel is not part of the benchmark yet.');
  return Promise.resolve(1);
}

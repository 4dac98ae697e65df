import { spawnSync } from 'node:child_process';

/** A Python that imports torch: $PYTHON, else python3. */
export function findTorch(): string | null {
  for (const python of [process.env.PYTHON, 'python3']) {
    if (python && spawnSync(python, ['-c', 'import torch'], { stdio: 'ignore' }).status === 0) return python;
  }
  return null;
}

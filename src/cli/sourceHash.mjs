/** Eight hex digits of what computes results: kept layers of another build of the engine are not this one's. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

const rooms = ['shaders', 'src/util', 'src/gpu', 'src/tensor', 'src/formats', 'src/model', 'src/quant', 'src/lab'];

/** `root`: the project's folder. */
export function sourceHash(root) {
  const hash = createHash('sha256');
  for (const room of rooms) {
    const files = readdirSync(join(root, room), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
      .sort();
    for (const file of files) hash.update(`${relative(root, file)}\n`).update(readFileSync(file));
  }
  return hash.digest('hex').slice(0, 8);
}

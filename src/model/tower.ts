/**
 * Pictures → features, rows of the language model's stream: patches, the tower's blocks, the projector. Weights are uploaded, used and freed
 * block by block; they are never quantized.
 */
import type { Checkpoint } from '../formats/checkpoint';
import { flattened } from '../formats/tensorView';
import type { Scope } from '../gpu/buffers';
import type { Gpu } from '../gpu/gpu';
import { bindingLimit } from '../gpu/limits';
import { addInto } from '../tensor/elementwise';
import { matmul } from '../tensor/matmul';
import { emptyMatrix, rowRange, uploadMatrix, zeroMatrix, type Matrix } from '../tensor/matrix';
import { gather } from '../tensor/nn/gather';
import { stackRows } from '../tensor/pieces';
import { assert, present } from '../util/assert';
import type { Tower } from './model';
import { openTensors } from './openTensors';
import { patchesOf, picturesIn } from './patches';
import { located, type PlannedBlock, type PlannedTower } from './plan';
import { runBlock } from './run';
import type { Source } from './steps';
import { featuresOf } from './towerPlan';
import { readFloats, uploadTensor, uploadVector } from './weights';

/** Rows of the tower's stream that run together: two pictures of 1024 patches. */
const rowsAtOnce = 2048;

export function openTower(gpu: Gpu, checkpoint: Checkpoint, plan: PlannedTower): Tower {
  const { picture, width, positions, blocks, projector } = plan;
  const rows = positions.of.length;
  const features = featuresOf(plan);
  const inputs = [...blocks, projector].flatMap(({ sites }) => sites.map(({ cols }) => cols));
  const widest = Math.max(width, 3 * plan.patch ** 2, ...inputs);
  // As many as a binding holds, and no more than keep a GPU busy: larger ones make its dispatches long.
  const picturesAtOnce = Math.max(1, Math.floor(Math.min(bindingLimit / (4 * widest), rowsAtOnce) / rows));
  const tensor = (from: Source, ...shape: readonly number[]) => located(checkpoint, from, shape);

  /** Rows of the stream before the first block: patches, the row that goes before them, positions. */
  async function startOf(scope: Scope, pictures: readonly Float32Array[]): Promise<Matrix> {
    using local = gpu.scope('tower start');
    const { patch, patches, first } = plan;
    const values = patchesOf(pictures, picture, patch, first ? 1 : 0);
    const count = pictures.length * rows;
    const cells = uploadMatrix(local, values, count, values.length / count, 'patches');
    const weight = await uploadTensor(gpu, local, flattened(tensor(patches.from, width, 3, patch, patch)));
    const bias = patches.bias && (await uploadVector(local, tensor(patches.bias, width)));
    const stream = matmul(gpu, scope, cells, weight, { label: 'tower stream', ...(bias && { bias }) });
    const table = await readFloats(tensor(positions.from, positions.rows, width));
    // Its patch is of zeros, so that its place among the positions is all that it has.
    if (first)
      (await readFloats(tensor(first, width))).forEach((value, i) => (table[i] = (table[i] as number) + value));
    const places = Uint32Array.from({ length: count }, (_, row) => positions.of[row % rows] as number);
    const added = uploadMatrix(local, table, positions.rows, width, 'tower positions');
    addInto(gpu, stream, gather(gpu, local, added, uploadMatrix(local, places, count, 1, 'places')));
    return stream;
  }

  /** Makes of each part what the block makes of it: `length` rows for every picture. */
  async function pass(
    scope: Scope,
    planned: PlannedBlock,
    parts: Matrix[],
    length: number,
    signal?: AbortSignal,
  ): Promise<void> {
    using local = gpu.scope('tower block');
    const { block, sites, tensors, uses } = planned;
    const open = { index: blocks.indexOf(planned), sites, ...(await openTensors(gpu, local, checkpoint, tensors)) };
    for (const [at, part] of parts.entries()) {
      const batch = { windows: part.rows / length, length };
      parts[at] = await runBlock(gpu, scope, block, part, { open, batch, uses, table: noRotation });
      scope.free(part.view.buffer);
      await gpu.pace(signal);
    }
  }

  /** The rows that are features, side by side where several are one. */
  function taken(scope: Scope, stream: Matrix): Matrix {
    const { order, join } = plan.features;
    using local = gpu.scope('tower features');
    const count = (stream.rows / rows) * order.length;
    // A row of zeros behind the others, for features that reach over the edge.
    const padded = order.includes(null)
      ? stackRows(gpu, local, [stream, zeroMatrix(local, 1, width, 'zeros')])
      : stream;
    const places = Uint32Array.from({ length: count }, (_, i) => {
      const within = order[i % order.length] ?? null;
      return within === null ? stream.rows : Math.floor(i / order.length) * rows + within;
    });
    const picked = gather(gpu, scope, padded, uploadMatrix(local, places, count, 1, 'places'));
    scope.free(stream.view.buffer);
    return { ...picked, rows: count / join, cols: width * join };
  }

  return {
    ...{ side: picture, features, id: plan.id, frame: plan.frame },
    ...(plan.mark !== undefined && { mark: plan.mark }),
    async look(scope, pixels, signal) {
      using local = gpu.scope('tower');
      const seen = picturesIn(pixels, plan);
      const parts: Matrix[] = [];
      for (let begin = 0; begin < seen.length; begin += picturesAtOnce) {
        parts.push(await startOf(local, seen.slice(begin, begin + picturesAtOnce)));
      }
      for (const block of blocks) await pass(local, block, parts, rows, signal);
      for (const [at, part] of parts.entries()) parts[at] = taken(local, part);
      await pass(local, projector, parts, features, signal);
      return stacked(gpu, scope, parts);
    },
  };
}

const noRotation = (): never => {
  throw new Error('a tower that rotates');
};

/** The parts one below the other; at least one. */
function stacked(gpu: Gpu, scope: Scope, parts: readonly Matrix[]): Matrix {
  const rows = parts.reduce((sum, part) => sum + part.rows, 0);
  const all = emptyMatrix(scope, rows, present(parts[0], 'a picture').cols, 'features');
  let begin = 0;
  for (const part of parts) {
    assert(part.cols === all.cols, 'parts of one width');
    gpu.copy(part.view, rowRange(all, begin, begin + part.rows).view);
    begin += part.rows;
  }
  return all;
}

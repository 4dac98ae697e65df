/** The residual stream of models that look at pictures: the last layer of the projector writes it too. */
import { describe, expect, it } from 'vitest';
import type { Checkpoint } from '../../../src/formats/checkpoint';
import { toFloats } from '../../../src/formats/toFloats';
import { openModel } from '../../../src/model/openModel';
import { openPlan } from '../../../src/model/plan';
import { readMatrix } from '../../../src/tensor/matrix';
import { present } from '../../../src/util/assert';
import { createRng } from '../../../src/util/rng';
import { testGpu } from '../../gpu';
import { dual, inverse, orthogonal, scales, type Basis } from '../../model/basis';
import { goldenModel, openFolder } from '../../model/folder';
import { onColumns, onRows, type HostModel, type Tensor } from '../../model/hostModel';
import { goldenPictures } from '../../model/pictures';
import { nmse } from '../../opCase';
import { cells, hold, type Edit } from './cell';
import { scaleNorms, turnStream } from './stream';

const goldens = ['llava', 'llava-siglip', 'smolvlm', 'idefics3', 'vila'];
const width = (model: HostModel) => model.plan.facts.hidden;

/** Features as the rows of one matrix. */
function featuresOf({ start: { cols, values }, places }: HostModel): Tensor {
  const rows = places.map((place) => [...values.subarray(place * cols, (place + 1) * cols)]);
  return { rows: rows.length, cols, values: Float64Array.from(rows.flat()) };
}

/** The whole stream in another basis, and then `left` of the features in the old one. */
const rotated =
  (left: (features: Tensor, basis: Basis) => void = () => undefined): Edit =>
  (model, rng) => {
    const basis = orthogonal(width(model), rng);
    turnStream(model, basis);
    const features = featuresOf(model);
    expect(features.rows).toBeGreaterThan(0);
    left(features, basis);
    model.places.forEach((place, i) => {
      model.start.values.set(
        features.values.subarray(i * features.cols, (i + 1) * features.cols),
        place * features.cols,
      );
    });
  };

/** Layer and bias of the projector that make features, as they are stored. */
async function lastOf(checkpoint: Checkpoint): Promise<readonly { readonly name: string; readonly tensor: Tensor }[]> {
  const { projector } = present((await openPlan(checkpoint)).tower, 'a tower');
  const last = present(projector.sites.at(-1)?.layers[0], 'a last layer').name;
  const found = projector.tensors.filter(({ key }) => key === last || key === `${last}.bias`);
  return Promise.all(
    found.map(async ({ from, shape: [rows = 1, cols = 1] }) => {
      const entry = present(checkpoint.tensors.get(present(from, last).tensor), last);
      return {
        name: entry.name,
        tensor: { rows, cols, values: Float64Array.from(toFloats(await entry.read(), entry.type)) },
      };
    }),
  );
}

/** The checkpoint with other values of some tensors, in float32. */
function replaced(checkpoint: Checkpoint, others: ReadonlyMap<string, Tensor>): Checkpoint {
  const tensors = new Map(
    [...checkpoint.tensors].map(([key, entry]) => {
      const other = others.get(entry.name);
      if (!other) return [key, entry] as const;
      const bytes = new Uint8Array(Float32Array.from(other.values).buffer);
      const stride = 4 * other.cols;
      const read = (begin = 0, end = other.rows) => Promise.resolve(bytes.slice(begin * stride, end * stride));
      const readBytes = (begin: number, end: number) => Promise.resolve(bytes.slice(begin, end));
      return [key, { ...entry, type: 'F32', bytes: bytes.length, read, readBytes }] as const;
    }),
  );
  return { ...checkpoint, tensors };
}

describe('the residual stream with features of pictures', () => {
  it.each([
    ...cells(goldens, 'rotated, the projector too', rotated()),
    ...cells(
      goldens,
      'rotated, the projector forgotten',
      rotated((features, basis) => onColumns(features, inverse(dual(basis)))),
      1.04,
    ),
    ...cells(goldens, 'factors', (model, rng) => scaleNorms(model, () => scales(width(model), rng))),
  ])('of $golden: $change', hold);

  it.each(goldens)('takes the basis of the last layer of the projector: %s', async (golden) => {
    const gpu = await testGpu();
    using scope = gpu.scope('features');
    const checkpoint = await openFolder(goldenModel(golden));
    const pixels = present(goldenPictures(golden)?.pixels[0], 'pixels');
    const look = async (checkpoint: Checkpoint): Promise<Tensor> => {
      const { tower } = await openModel(gpu, checkpoint);
      const features = await present(tower, 'a tower').look(scope, pixels);
      return { ...features, values: Float64Array.from(await readMatrix(gpu, features)) };
    };
    const want = await look(checkpoint);
    const basis = orthogonal(want.cols, createRng(3));
    const last = await lastOf(checkpoint);
    for (const { tensor } of last) onRows(tensor, basis);
    const turned = new Map(last.map(({ name, tensor }) => [name, tensor]));
    const features = await look(replaced(checkpoint, turned));
    onColumns(want, dual(basis));
    // Float32 in a few layers, and the new weights.
    expect(Math.sqrt(nmse(features.values, want.values))).toBeLessThanOrEqual(1e-6);
    if (last.length < 2) return;
    const withoutBias = await look(replaced(checkpoint, new Map([...turned].slice(0, 1))));
    expect(Math.sqrt(nmse(withoutBias.values, want.values))).toBeGreaterThan(0.01);
  });
});

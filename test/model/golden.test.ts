/** Whole models against transformers in float32 (test/golden/models.py): every architecture, every stretching of positions, every type. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Matrix } from '../../src/tensor/matrix';
import { readMatrix } from '../../src/tensor/matrix';
import type { Model } from '../../src/model/model';
import { modelLogits } from '../../src/model/modelLogits';
import { openModel } from '../../src/model/openModel';
import { concat } from '../../src/util/concat';
import { testGpu } from '../gpu';
import { nmse } from '../opCase';
import { goldenModel, openFolder, sharedModel, goldenNames, allGoldens } from './folder';
import { goldenPictures } from './pictures';

/** ‖ours − theirs‖/‖theirs‖: both round to f32 at every step, a few hundred roundings of 6e-8 that partly cancel. */
const bound = 1e-5;

interface Golden {
  readonly windows: readonly number[][];
  readonly logits: Float32Array<ArrayBuffer>;
}

function readGolden(name: string): Golden {
  const folder = goldenModel(name);
  const { windows } = JSON.parse(readFileSync(join(folder, 'ids.json'), 'utf8')) as { windows: number[][] };
  const bytes = readFileSync(join(folder, 'logits.f32'));
  return { windows, logits: new Float32Array(new Uint8Array(bytes).buffer) };
}

/** All windows in one batch, as evaluation runs them. */
async function batchLogits(
  model: Model,
  windows: readonly number[][],
  pixels: Float32Array | undefined,
): Promise<Float32Array> {
  const gpu = await testGpu();
  using scope = gpu.scope('batch');
  const batch = { windows: windows.length, length: windows[0]?.length ?? 0 };
  const ids = Uint32Array.from(windows.flat());
  const features = pixels && (await model.tower?.look(scope, pixels));
  let hidden: Matrix = await model.embed(scope, ids, batch.length, undefined, features);
  for (let i = 0; i < model.blockCount; i++) {
    hidden = await model.forward(scope, await model.openBlock(scope, i), hidden, batch);
  }
  const head = await model.openHead(scope);
  return await readMatrix(gpu, head.logits(scope, hidden));
}

const names = goldenNames;

describe('logits equal those of transformers', () => {
  it('for every kind of model that the script makes', () => {
    const scripts = readdirSync(goldenModel('..')).filter((name) => /^models_.*\.py$/.test(name));
    const made = scripts.flatMap((name) => {
      const script = readFileSync(join(goldenModel('..'), name), 'utf8');
      const table = /^(?:MODELS|LLAMA) = \{\n(.*?)^\}/ms.exec(script)?.[1] ?? '';
      return [...table.matchAll(/^ {4}"([^"]+)": /gm)].map(([, name]) => name);
    });
    expect(made.length).toBeGreaterThan(0);
    expect([...allGoldens].sort()).toEqual(made.sort());
  });

  for (const name of names) {
    it(name, async () => {
      const gpu = await testGpu();
      const { windows, logits } = readGolden(name);
      const model = await openModel(gpu, await openFolder(goldenModel(name)));
      const pixels = goldenPictures(name)?.pixels;
      const together = await batchLogits(model, windows, pixels && concat(pixels));
      expect(Math.sqrt(nmse(together, logits))).toBeLessThanOrEqual(bound);
      const first = await modelLogits(gpu, model, Uint32Array.from(windows[0] ?? []), pixels?.[0]);
      expect(Math.sqrt(nmse(first, logits.subarray(0, first.length)))).toBeLessThanOrEqual(bound);
    });
  }

  const stories = sharedModel('stories260K-f32');
  if (stories) {
    it('stories260K', async () => {
      const gpu = await testGpu();
      const { windows, logits } = readGolden('stories260K-f32');
      const model = await openModel(gpu, await openFolder(stories));
      const got = await modelLogits(gpu, model, Uint32Array.from(windows[0] ?? []));
      const error = Math.sqrt(nmse(got, logits));
      expect(error).toBeLessThanOrEqual(bound);
    });
  }
});

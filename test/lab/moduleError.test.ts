/** The error of a module, against plain forward passes of the block. */
import { describe, expect, it } from 'vitest';
import type { Scope } from '../../src/gpu/buffers';
import { CalibrationStream, toBatches } from '../../src/lab/calibrate';
import { moduleError } from '../../src/lab/moduleError';
import { siteRows } from '../../src/lab/siteProblem';
import { openModel } from '../../src/model/openModel';
import { readMatrix, uploadMatrix, zeroMatrix, type Matrix } from '../../src/tensor/matrix';
import { splitRows } from '../../src/tensor/pieces';
import { present } from '../../src/util/assert';
import { createRng } from '../../src/util/rng';
import { testGpu } from '../gpu';
import { labGoldens, tinyCheckpoint } from './tiny';

describe('the error of a module', () => {
  it('is none of experts, which read one norm: a module has all of them', async () => {
    const gpu = await testGpu();
    using scope = gpu.scope('test');
    const model = await openModel(gpu, await tinyCheckpoint('mixtral'));
    const block = await model.openBlock(scope, 0);
    const ids = Uint32Array.from(labGoldens.ids.slice(0, 24)).map((id) => id % model.card.vocabulary);
    const sample = { hidden: await model.embed(scope, ids), batch: { windows: 1, length: 24 } };
    const found = new Map<string, unknown>();
    for (const site of block.sites) found.set(site.name, await moduleError(gpu, model, block, site, [sample], scope));
    expect(found.get('expert.0.gate-up')).toBeUndefined();
    expect(found.get('attention.qkv')).toBeDefined();
  });

  for (const name of ['llama', 'qwen3', 'llama-tied-f16']) {
    it(`${name}: is what the module adds to the residual stream, and nothing for the weights themselves`, async () => {
      const gpu = await testGpu();
      using scope = gpu.scope('test');
      const model = await openModel(gpu, await tinyCheckpoint(name));
      const opened = await model.openBlock(scope, 1);
      const batch = { windows: 2, length: 24 };
      const hidden = await model.embed(scope, Uint32Array.from(labGoldens.ids.slice(0, 48)));
      for (const site of model.sites(0)) {
        // Without an MLP, all that a block adds is its attention.
        const weights = new Map(opened.weights);
        if (site.name.startsWith('attention')) {
          const [down] = present(model.sites(0).at(-1), 'the last site').layers;
          const { name: silent, rows } = present(down, 'down');
          weights.set(silent, zeroMatrix(scope, rows, present(weights.get(silent), silent).cols, 'no MLP'));
        }
        const block = { ...opened, weights };
        const error = await moduleError(gpu, model, block, site, [{ hidden, batch }], scope);
        if (!error) {
          expect(site.reads.kind).not.toBe('stream');
          continue;
        }
        const counts = site.layers.map(({ rows }) => rows);
        const W = siteRows(gpu, block, site)(
          scope,
          0,
          counts.reduce((a, b) => a + b, 0),
        );
        expect(await error(W)).toBe(0);

        const rng = createRng(9);
        const moved = (await readMatrix(gpu, W)).map((w) => w + 0.02 * rng.normal());
        const What = uploadMatrix(scope, moved, W.rows, W.cols, 'Ŵ');
        const after = async (replaced: Matrix) => {
          const local: Scope = scope;
          const own = new Map(weights);
          splitRows(gpu, local, replaced, counts).forEach((m, i) => own.set(present(site.layers[i], 'layer').name, m));
          return readMatrix(gpu, await model.forward(local, { ...block, weights: own }, hidden, batch));
        };
        const [exact, rounded] = [await after(W), await after(What)];
        const want = rounded.reduce((sum, v, i) => sum + (v - (exact[i] as number)) ** 2, 0) / exact.length;
        expect(want).toBeGreaterThan(0);
        expect(Math.abs((await error(What)) / want - 1)).toBeLessThan(2e-3);
      }
    });
  }

  it('is taken on the first windows of the text, however they are batched', async () => {
    const gpu = await testGpu();
    using scope = gpu.scope('test');
    const model = await openModel(gpu, await tinyCheckpoint());
    const windows = Array.from({ length: 5 }, (_, i) => Uint32Array.from(labGoldens.ids.slice(24 * i, 24 * i + 24)));
    const { signal } = new AbortController();
    const taken = [];
    for (const perBatch of [1, 2, 5]) {
      const batches = toBatches(windows, 24, perBatch);
      const embed = (local: Scope, ids: Uint32Array) => model.embed(local, ids);
      using stream = await CalibrationStream.start(gpu, model, batches, embed, signal, 0);
      const [sample, ...others] = stream.sample(scope);
      const { hidden, batch } = present(sample, 'a sample');
      expect(others).toEqual([]);
      expect(batch).toEqual({ windows: 5, length: 24 });
      taken.push(await readMatrix(gpu, hidden));
    }
    const want = await readMatrix(gpu, await model.embed(scope, Uint32Array.from(windows.flatMap((ids) => [...ids]))));
    for (const hidden of taken) expect(hidden).toEqual(want);
  });
});

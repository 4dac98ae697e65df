/** Sites as stacks of matrices: in parts or whole, stored in any type, packed into records and restored bit for bit. */
import { describe, expect, it } from 'vitest';
import { packSite, unpackSite } from '../../src/lab/keptSite';
import { restoreSite, rowParts, siteRows, roundSite } from '../../src/lab/siteProblem';
import { openModel } from '../../src/model/openModel';
import { FactorCache } from '../../src/quant/factorCache';
import { accumulateGram, finishGram } from '../../src/tensor/gram';
import { readMatrix, uploadMatrix, zeroMatrix } from '../../src/tensor/matrix';
import { present } from '../../src/util/assert';
import { createRng } from '../../src/util/rng';
import { testGpu } from '../gpu';
import { normals } from '../opCase';
import { point, recipeFor, tinyCheckpoint } from './tiny';

const key = 'a5'.repeat(32);

describe('a site', () => {
  for (const name of ['llama', 'llama-tied-f16', 'llama-odd-bf16']) {
    it(`of ${name} is stacked in float32, solved in parts or whole alike, and restored exactly`, async () => {
      const gpu = await testGpu();
      using scope = gpu.scope('test');
      const model = await openModel(gpu, await tinyCheckpoint(name));
      const block = await model.openBlock(scope, 0);
      const rng = createRng(3);
      for (const site of model.sites(0)) {
        const stacked = await readMatrix(
          gpu,
          siteRows(gpu, block, site)(
            scope,
            0,
            site.layers.reduce((n, l) => n + l.rows, 0),
          ),
        );
        const each = [];
        for (const layer of site.layers)
          each.push(...(await readMatrix(gpu, present(block.weights.get(layer.name), layer.name))));
        expect([...stacked]).toEqual(each);

        const H = zeroMatrix(scope, site.cols, site.cols, 'H');
        accumulateGram(gpu, uploadMatrix(scope, normals(rng, 200 * site.cols), 200, site.cols, 'x'), H);
        finishGram(gpu, H, 200);
        const recipe = recipeFor(point('gptq-act-order', 3));
        const cx = { gpu, signal: new AbortController().signal, rng, shared: rng, emit: () => undefined };
        const moment = () => ({ H, tokens: 200, factors: FactorCache.of(scope) });
        const whole = await roundSite(block, site, recipe, moment(), cx);
        const parts = await roundSite(block, site, recipe, moment(), cx, { limit: 64 * 4 * site.cols });
        expect(parts.parts.length).toBe(Math.ceil(whole.rows / 64));
        expect(parts.storageBits).toBeGreaterThanOrEqual(whole.storageBits);
        const weights = async (solved: typeof whole) => {
          const restored = await restoreSite(gpu, scope, site, solved.parts, recipe);
          const values = [];
          for (const { name: layer } of site.layers)
            values.push(...(await readMatrix(gpu, present(restored.get(layer), layer))));
          return values;
        };
        const want = await weights(whole);
        expect(await weights(parts)).toEqual(want);

        const record = await packSite(key, {
          solved: parts,
          events: [{ type: 'damping-raised', from: 0.01, to: 0.1, attempt: 1 }],
        });
        const kept = present(await unpackSite(key, record), 'a record');
        expect(kept.events.length).toBe(1);
        expect(kept.solved).toEqual(parts);
        expect(await weights(kept.solved)).toEqual(want);
        expect(await unpackSite('b6'.repeat(32), record)).toBe(null);
        const spoiled = record.slice();
        spoiled[record.length - 3] = (spoiled[record.length - 3] as number) ^ 1;
        expect(await unpackSite(key, spoiled)).toBe(null);
        for (const length of [0, 30, 64, 65, 200, record.length - 1]) {
          expect(await unpackSite(key, record.slice(0, length))).toBe(null);
        }
      }
    });
  }

  it('is cut into parts that one binding holds', () => {
    expect(rowParts(100, 10, 4000)).toEqual([[0, 100]]);
    expect(rowParts(200, 10, 4000)).toEqual([
      [0, 64],
      [64, 128],
      [128, 192],
      [192, 200],
    ]);
  });
});

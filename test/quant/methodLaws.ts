/** Laws that hold for every method: tables in two tiers, on one problem. */
import { expect, it } from 'vitest';
import type { Scope } from '../../src/gpu/buffers';
import { withGrid } from '../../src/quant/recipe/parseRecipe';
import { makeGrid } from '../../src/quant/solve/pieces';
import type { MethodMeta, Recipe } from '../../src/quant/recipe/recipe';
import { findMethod, recipes } from '../../src/quant/recipe/recipes';
import { restoreLayer } from '../../src/quant/solve/restore';
import { solveLayer } from '../../src/quant/solve/solveLayer';
import { writeStorage } from '../../src/quant/storage';
import { hashStored, storedBytes, storedFromBytes } from '../../src/quant/stored';
import { readMatrix, uploadMatrix } from '../../src/tensor/matrix';
import { createRng } from '../../src/util/rng';
import { testGpu } from '../gpu';
import { ofTier, type Tier } from '../tiers';
import { makeProblem, testContext, upload } from './fixture';

export const method = (name: string, bits: number, group: number | null): Recipe =>
  findMethod(name)?.recipe(bits, group) as Recipe;
export const problem = makeProblem(createRng(3), 48, 172);

/** The problem as a site of a model poses it: with mean inputs and neighbours. */
export function pose(scope: Scope) {
  const magnitude = Float32Array.from({ length: 172 }, (_, j) => Math.sqrt(problem.H[j * 173] as number) * 0.8);
  return {
    ...upload(scope, problem),
    magnitude: uploadMatrix(scope, magnitude, 1, 172, 'mean |x|'),
    neighbours: { input: { kind: 'channels' as const }, outputs: [{ kind: 'stream' as const, rows: 48 }] },
  };
}

export function testEightBits(tier: Tier): void {
  // QuIP's published range cuts off what lies beyond 2.4 deviations, whatever the width.
  const table = recipes.filter(({ name, widths }) => (widths?.includes(8) ?? true) && !/^quip$|\/quip$/.test(name));
  it.each(ofTier(tier, table, ({ name }) => /^(rtn|gptq|awq|quarot|gptq-lorc)$/.test(name)))(
    'eight bits lose next to nothing: $name',
    async ({ name }) => {
      const gpu = await testGpu();
      using scope = gpu.scope('test');
      const matrices = pose(scope);
      const { loss, energy } = await solveLayer(matrices, method(name, 8, 32), testContext(gpu, scope));
      // A step is about 1/255 of a range of 5 deviations: error² ≈ (5/255)²/12 of the energy.
      expect((loss ?? NaN) / (energy ?? NaN), name).toBeLessThan(1e-4);
    },
  );
}

/** Of llama.cpp's formats the plainest stands for all: their shaders take longest to compile. */
const stands = ({ name }: MethodMeta) => !/q\d_|iq4/.test(name) || name.endsWith('q4_0');

export function testStored(tier: Tier): void {
  const places = [
    [2, null, false],
    [3, 32, false],
    [5, 32, true],
    [8, null, false],
  ] as const;
  for (const { name, groups, widths } of ofTier(tier, recipes, stands)) {
    it(`${name} counts as many bits as it writes, is the same twice, and restores bit for bit`, async () => {
      const gpu = await testGpu();
      using scope = gpu.scope('test');
      const matrices = pose(scope);
      for (const [bits, group, symmetric] of places.filter(([width]) => widths?.includes(width) ?? true)) {
        const plain = method(name, bits, groups === 'required' ? 32 : groups === 'own' ? null : group);
        const recipe = 'symmetric' in plain.grid ? withGrid(plain, { symmetric }) : plain;
        const grid = makeGrid(recipe.grid, 172);
        const one = await solveLayer(matrices, recipe, testContext(gpu, scope));
        const two = await solveLayer(matrices, recipe, testContext(gpu, scope));
        expect(one.hash).toBe(two.hash);
        expect(await hashStored(one.stored)).toBe(one.hash);
        // The grid's own part; what transforms and corrections count is held in their tests. Up to three parts fill a last byte.
        const written = writeStorage(one.stored, grid).length * 8;
        const counted = grid.storage.bits(one.stored) + 32 * (one.stored.groupOf?.length ?? 0);
        expect(written - counted).toBeGreaterThanOrEqual(0);
        expect(written - counted).toBeLessThan(24);
        expect(one.bits).toBeGreaterThanOrEqual(counted);
        const kept = storedFromBytes(storedBytes(one.stored), problem);
        expect(kept).toEqual(one.stored);
        const restored = await restoreLayer(one.stored, recipe, { gpu, scope });
        expect(await readMatrix(gpu, restored)).toEqual(await readMatrix(gpu, one.What));
      }
    });
  }
}

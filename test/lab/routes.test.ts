/** How often tokens go to other experts than in full precision. */
import { describe, expect, it } from 'vitest';
import { Routes } from '../../src/lab/routes';
import { testGpu } from '../gpu';
import { collect, finished, point, tinyCheckpoint, tinyInput, tinySettings } from './tiny';

describe('the experts that tokens go to', () => {
  it('are compared as sets, token by token, over the layers that choose', () => {
    const routes = new Routes();
    routes.note('reference', 0, 0, Uint32Array.of(0, 1, 2, 3, 4, 5), 2);
    routes.note('reference', 0, 2, Uint32Array.of(0, 1, 2, 3, 4, 5), 2);
    routes.note('reference', 1, 0, Uint32Array.of(7), 1);
    // The order within a token is another; the last two tokens go elsewhere in the second layer.
    routes.note('point', 0, 0, Uint32Array.of(1, 0, 2, 3, 5, 4), 2);
    routes.note('point', 0, 2, Uint32Array.of(1, 0, 3, 4, 0, 1), 2);
    expect(routes.take(0)).toEqual(Float32Array.of(0, 0.5, 0.5));
    expect(routes.take(0)).toBe(null);
    expect(routes.take(1)).toBe(null);
    // An attempt that failed halfway leaves nothing to the next.
    routes.note('point', 0, 0, Uint32Array.of(5, 5, 5, 5, 5, 5), 2);
    routes.begin(0);
    routes.note('point', 0, 0, Uint32Array.of(0, 1, 2, 3, 4, 5), 2);
    expect(routes.take(0)).toEqual(Float32Array.of(0, 0, 0));
    // The next point is compared with the same.
    routes.note('point', 1, 0, Uint32Array.of(6), 1);
    expect(routes.take(1)).toEqual(Float32Array.of(1));
  });

  it('change more often at fewer bits, and a dense model has none', async () => {
    const gpu = await testGpu();
    const rerouted = async (name: string) => {
      const checkpoint = await tinyCheckpoint(name);
      const points = finished(
        await collect(await tinyInput(gpu, tinySettings([point('rtn', 8), point('rtn', 2)]), { checkpoint })),
      );
      return points.map(({ values }) => values.rerouted?.mean);
    };
    const [full, eight = NaN, two = NaN] = await rerouted('mixtral');
    expect(full).toBe(undefined);
    expect(eight).toBeLessThan(0.1);
    expect(two).toBeGreaterThan(2 * eight);
    expect(two).toBeLessThanOrEqual(1);
    expect(await rerouted('llama')).toEqual([undefined, undefined, undefined]);
  });
});

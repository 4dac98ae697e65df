/** How often tokens go to other experts than in full precision. */
import { describe, expect, it } from 'vitest';
import { Routes } from '../../src/lab/routes';
import { readLog, writeLog } from '../../src/log/file';
import { testGpu } from '../gpu';
import { collect, finished, point, tinyCheckpoint, tinyInput, tinySettings } from './tiny';

describe('the experts that tokens go to', () => {
  it('are compared as sets, token by token, in every block that chooses', () => {
    const routes = new Routes();
    const changes = (...of: readonly number[][]) => new Map(of.map((block, i) => [2 * i, Uint8Array.from(block)]));
    routes.note('reference', 0, 0, Uint32Array.of(0, 1, 2, 3, 4, 5), 2);
    routes.note('reference', 0, 2, Uint32Array.of(0, 1, 2, 3, 4, 5), 2);
    routes.note('reference', 1, 0, Uint32Array.of(7), 1);
    // The order within a token is another; the last two tokens go elsewhere in the second layer.
    routes.note('point', 0, 0, Uint32Array.of(1, 0, 2, 3, 5, 4), 2);
    routes.note('point', 0, 2, Uint32Array.of(1, 0, 3, 4, 0, 1), 2);
    expect(routes.take(0)).toEqual(changes([0, 0, 0], [0, 1, 1]));
    expect(routes.take(0)).toBe(null);
    expect(routes.take(1)).toBe(null);
    // An attempt that failed halfway leaves nothing to the next.
    routes.note('point', 0, 0, Uint32Array.of(5, 5, 5, 5, 5, 5), 2);
    routes.begin(0);
    routes.note('point', 0, 0, Uint32Array.of(0, 1, 2, 3, 4, 5), 2);
    expect(routes.take(0)).toEqual(changes([0, 0, 0]));
    // The next point is compared with the same.
    routes.note('point', 1, 0, Uint32Array.of(6), 1);
    expect(routes.take(1)).toEqual(changes([1]));
  });

  it('change more often at fewer bits, and a dense model has none', async () => {
    const gpu = await testGpu();
    const events = async (name: string) => {
      const checkpoint = await tinyCheckpoint(name);
      return collect(await tinyInput(gpu, tinySettings([point('rtn', 8), point('rtn', 2)]), { checkpoint }));
    };
    const rerouted = async (name: string) => finished(await events(name)).map(({ values }) => values.rerouted?.mean);
    const ofExperts = await events('mixtral');
    const [full, eight = NaN, two = NaN] = finished(ofExperts).map(({ values }) => values.rerouted?.mean);
    expect(full).toBe(undefined);
    expect(eight).toBeLessThan(0.1);
    expect(two).toBeGreaterThan(2 * eight);
    expect(two).toBeLessThanOrEqual(1);
    // Block by block the same choices: what they come to together is the value of the point.
    const byBlock = ofExperts.flatMap((event) => (event.type === 'point-finished' ? [event.byBlock] : []));
    expect(byBlock[0]).toBe(undefined);
    for (const [i, mean] of [eight, two].entries()) {
      const blocks = byBlock[i + 1]?.['rerouted'] ?? [];
      expect(blocks.map(({ block }) => block)).toEqual([0, 1]);
      expect(blocks.reduce((sum, of) => sum + of.mean, 0) / blocks.length).toBeCloseTo(mean, 6);
    }
    // And a log keeps it.
    expect(readLog(writeLog(ofExperts))).toEqual(ofExperts);
    expect(await rerouted('llama')).toEqual([undefined, undefined, undefined]);
  });
});

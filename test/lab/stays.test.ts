/** Sites that usually stay as stored: a run leaves routers alone unless an exception names them, and weighs them as they are. */
import { describe, expect, it } from 'vitest';
import type { PlannedPoint, RunEvent } from '../../src/log/events';
import { openModel } from '../../src/model/openModel';
import { isTable } from '../../src/model/siteId';
import { testGpu } from '../gpu';
import { collect, finished, point, recipeFor, tinyCheckpoint, tinyInput, tinySettings } from './tiny';

const rtn = point('rtn', 4);
const six = recipeFor(point('rtn', 6));

/** Round to nearest, with an exception: `where` at six bits. */
const except = (id: string, where: string): PlannedPoint => ({
  ...{ ...rtn, id },
  assignment: { all: recipeFor(rtn), except: [{ where, recipe: six }] },
});

const named = (events: readonly RunEvent[], id: string) =>
  events.flatMap((event) => (event.type === 'site-quantized' && event.point === id ? [event.site] : []));

const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);

describe('a run on a model with experts', () => {
  it('leaves routers and the gates of shared experts as stored, but where they are named', async () => {
    const gpu = await testGpu();
    const checkpoint = await tinyCheckpoint('qwen2-moe');
    const { stored, card } = await openModel(gpu, checkpoint);
    const points = [rtn, except('block', 'decoder.0.*'), except('router', 'decoder.*.mlp.router')];
    const events = await collect(await tinyInput(gpu, tinySettings(points), { checkpoint, calibration: null }));
    const [, plain, block, router] = finished(events);
    const staying = (site: string) => /mlp\.router|shared\.gate$/.test(site);
    const usual = [...stored.keys()].filter((site) => !isTable(site) && !staying(site));
    expect(named(events, 'rtn-4').sort()).toEqual([...usual].sort());
    // A block at other bits is a block whose router is as it was.
    expect(named(events, 'block').sort()).toEqual([...usual].sort());
    const routers = ['decoder.0.mlp.router', 'decoder.1.mlp.router'];
    expect(named(events, 'router').sort()).toEqual([...usual, ...routers].sort());

    const weight = new Map(
      events.flatMap((event) =>
        event.type === 'site-quantized' && event.point === 'rtn-4'
          ? [[event.site, event.bits * event.rows * event.cols] as const]
          : [],
      ),
    );
    const bits = [...stored].map(([site, entries]) =>
      isTable(site) ? 0 : (weight.get(site) ?? sum(entries.map(({ bytes }) => 8 * bytes))),
    );
    expect(plain?.size.bitsPerWeight).toBeCloseTo(sum(bits) / card.linearParameters, 9);
    expect(block?.size.megabytes).toBeGreaterThan(plain?.size.megabytes ?? Infinity);
    // Routers are stored at 16 bits.
    expect(router?.size.megabytes).toBeLessThan(plain?.size.megabytes ?? 0);
  });
});

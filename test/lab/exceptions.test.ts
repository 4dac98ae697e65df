/** A recipe for every site: exceptions by pattern in a run, sites that stay as stored, and what all of it weighs. */
import { describe, expect, it } from 'vitest';
import type { PlannedPoint, RunEvent } from '../../src/log/events';
import { memoryStore } from '../../src/lab/siteStore';
import { openModel } from '../../src/model/openModel';
import { isTable, placeOf } from '../../src/model/siteId';
import { present } from '../../src/util/assert';
import { testGpu } from '../gpu';
import { meanOf } from '../meanOf';
import { collect, finished, point, recipeFor, tinyCheckpoint, tinyInput, tinySettings } from './tiny';

const gptq = point('gptq', 3);
const eight = recipeFor(point('rtn', 8));
const except = [
  { where: 'decoder.*.mlp.down', recipe: eight },
  { where: 'decoder.0.attention.*', recipe: null },
];
const mixed: PlannedPoint = { ...gptq, id: 'mixed', assignment: { all: recipeFor(gptq), except } };

const lastShare = (events: readonly RunEvent[]): number =>
  events.flatMap((event) => (event.type === 'progressed' ? [event.done] : [])).at(-1) ?? 0;

const solvedOf = (events: readonly RunEvent[], id: string) =>
  new Map(
    events.flatMap((event) => (event.type === 'site-quantized' && event.point === id ? [[event.site, event]] : [])),
  );

describe.each(['shared', 'sequential'] as const)('exceptions in a run (%s)', (mode) => {
  it('solve each site by its own recipe, and leave others as stored', async () => {
    const gpu = await testGpu();
    const settings = tinySettings([gptq, point('rtn', 8), mixed], { mode });
    const events = await collect(await tinyInput(gpu, settings));
    const [alone, rtn, own] = [gptq.id, 'rtn-8', mixed.id].map((id) => solvedOf(events, id));
    expect([...(own?.keys() ?? [])].filter((site) => site.startsWith('decoder.0.attention'))).toEqual([]);
    for (const [site, { hash }] of own ?? []) {
      // In sequential calibration what other blocks did reaches the inputs, but not what reads none.
      if (placeOf(site).name === 'mlp.down') expect(hash, site).toBe(rtn?.get(site)?.hash);
      else if (mode === 'shared') expect(hash, site).toBe(alone?.get(site)?.hash);
    }
    const results = finished(events);
    const loss = (id: string) =>
      meanOf(
        results.find((result) => result.id === id),
        'kld',
      );
    expect(loss('mixed')).toBeGreaterThan(0);
    expect(loss('mixed')).toBeLessThan(loss(gptq.id));
  });

  it('weigh what their sites weigh, bit by bit, and go on from what was kept', async () => {
    const gpu = await testGpu();
    const checkpoint = await tinyCheckpoint();
    const { stored, card } = await openModel(gpu, checkpoint);
    const keep = memoryStore();
    const settings = tinySettings([mixed], { mode });
    const events = await collect(await tinyInput(gpu, settings, { checkpoint, keep }));
    const solved = solvedOf(events, mixed.id);
    const bits = [...stored].map(([site, entries]) => {
      const found = solved.get(site);
      return isTable(site)
        ? 0
        : found
          ? found.bits * found.rows * found.cols
          : sum(entries.map(({ bytes }) => 8 * bytes));
    });
    const [, result] = finished(events);
    expect(result?.size.bitsPerWeight).toBeCloseTo(sum(bits) / card.linearParameters, 9);
    const again = await collect(await tinyInput(gpu, settings, { checkpoint, keep }));
    expect(again.find(({ type }) => type === 'run-resumed')).toMatchObject({ sitesKept: solved.size });
    expect(finished(again).map(({ hash }) => hash)).toEqual(finished(events).map(({ hash }) => hash));
    // Sites that stay as stored are part of what was planned: the run is as far at its end as without exceptions.
    const plain = await collect(await tinyInput(gpu, tinySettings([gptq], { mode }), { checkpoint }));
    expect(lastShare(events)).toBeCloseTo(lastShare(plain), 9);
  });
});

describe('sites that usually stay', () => {
  it('are as stored unless an exception names them, and count as that', async () => {
    const gpu = await testGpu();
    const checkpoint = await tinyCheckpoint('mamba');
    const { stored, card } = await openModel(gpu, checkpoint);
    const all = recipeFor(gptq);
    const four = ['x', 'dt'].map((name) => ({ where: `decoder.*.mixer.${name}`, recipe: all }));
    const paper: PlannedPoint = { ...gptq, id: 'all four', assignment: { all, except: four } };
    const events = await collect(await tinyInput(gpu, tinySettings([gptq, paper]), { checkpoint }));
    const sites = (id: string) =>
      [...solvedOf(events, id).keys()].map(placeOf).flatMap(({ block, name }) => (block === 0 ? [name] : []));
    expect(sites(gptq.id)).toEqual(['mixer.in', 'mixer.out']);
    expect(sites(paper.id)).toEqual(['mixer.in', 'mixer.x', 'mixer.dt', 'mixer.out']);
    const weightsOf = (names: RegExp) =>
      sum([...stored].map(([site, entries]) => (names.test(site) ? sum(entries.map(({ bytes }) => bytes / 4)) : 0)));
    const left = weightsOf(/mixer\.(x|dt)$/) / card.linearParameters;
    const [, half, whole] = finished(events).map(({ size }) => size.bitsPerWeight);
    const solved = solvedOf(events, gptq.id);
    const bits = sum([...solved.values()].map(({ bits, rows, cols }) => bits * rows * cols)) / card.linearParameters;
    expect(half).toBeCloseTo(32 * left + bits, 9);
    expect(whole).toBeLessThan(half ?? 0);
  });
});

describe('an exception', () => {
  it('that reads inputs of embedding or head is refused before the run', async () => {
    const all = recipeFor(gptq);
    const tables = { ...mixed, assignment: { all, except: [{ where: '*', recipe: all }] } };
    const events = await collect(await tinyInput(await testGpu(), tinySettings([tables])));
    const last = present(events.at(-1), 'an end');
    expect(last.type === 'run-failed' && last.error.message).toMatch(/inputs of embedding and head are not recorded/);
  });

  it('without the rotation of the other sites is refused, with it or as stored it runs', async () => {
    const gpu = await testGpu();
    const quarot = point('quarot', 3);
    const all = recipeFor(quarot);
    const attempt = async (recipe: typeof all | null) => {
      const assignment = { all, except: [{ where: 'decoder.1.mlp.down', recipe }] };
      return (await collect(await tinyInput(gpu, tinySettings([{ ...quarot, assignment }])))).at(-1);
    };
    expect(await attempt(eight)).toMatchObject({ type: 'run-failed', error: { code: 'impossible-pair' } });
    expect(await attempt(recipeFor(point('quarot', 4)))).toMatchObject({ type: 'run-finished' });
    expect(await attempt(null)).toMatchObject({ type: 'run-finished' });
    // What runs before a site alone is its own affair.
    expect(await attempt(recipeFor(point('quarot-online', 3)))).toMatchObject({ type: 'run-finished' });
  });

  it('that fits no site of the model is refused, and says what sites there are', async () => {
    const slip = {
      ...mixed,
      assignment: { all: recipeFor(gptq), except: [{ where: 'decoder.*.mpl.down', recipe: null }] },
    };
    const last = (await collect(await tinyInput(await testGpu(), tinySettings([slip])))).at(-1);
    expect(last?.type === 'run-failed' && last.error).toMatchObject({
      code: 'no-such-site',
      message: expect.stringMatching(
        /^point mixed: "decoder\.\*\.mpl\.down" fits no site .* decoder\.0 to decoder\.1, attention\.qkv, /,
      ) as string,
    });
  });
});

const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);

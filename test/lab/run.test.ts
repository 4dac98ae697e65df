/** What a run promises, whatever the numbers are: order of events, determinism, stop, resume, budgets, laws of calibration. */
import { describe, expect, it, vi } from 'vitest';
import { holdForever, openDawn } from '../../src/gpu/dawn';
import type { Scope } from '../../src/gpu/buffers';
import { Gpu } from '../../src/gpu/gpu';
import { CalibrationStream, toBatches } from '../../src/lab/calibrate';
import type { RunEvent, RunSettings } from '../../src/log/events';
import { Evaluation } from '../../src/lab/evaluate';
import { restoreSite, roundSite } from '../../src/lab/siteProblem';
import { readLog, writeLog } from '../../src/log/file';
import { memoryStore } from '../../src/lab/siteStore';
import { sourceBlocks } from '../../src/lab/pointModel';
import type { RunInput } from '../../src/lab/opening';
import { calibrationWindows, evaluationWindows } from '../../src/measures/windows';
import { openModel } from '../../src/model/openModel';
import { totalProxyLoss } from '../../src/tensor/proxyLoss';
import { stackRows } from '../../src/tensor/pieces';
import { zeroMatrix, type Matrix } from '../../src/tensor/matrix';
import { present } from '../../src/util/assert';
import { createRng } from '../../src/util/rng';
import { testGpu } from '../gpu';
import {
  calibrationText,
  collect,
  finished,
  idTokenizer,
  labGoldens,
  point,
  recipeFor,
  textOfIds,
  timeless,
  tinyCheckpoint,
  tinyInput,
  tinySettings,
} from './tiny';
import { meanOf } from '../meanOf';
import { siteId } from '../../src/model/siteId';
import { assign } from '../../src/quant/recipe/assignment';

const points = [point('rtn', 3), point('gptq', 3), point('gptq-act-order', 2), point('gptq', 4)];
const layersOf = (events: readonly RunEvent[]) =>
  events.flatMap((event) => (event.type === 'site-quantized' ? [event] : []));
const hashes = (events: readonly RunEvent[]) =>
  Object.fromEntries(layersOf(events).map(({ point, site, hash }) => [`${point} ${site}`, hash]));

describe('a run', () => {
  it('tells its story in order, and its log reads back', async () => {
    const events = await collect(await tinyInput(await testGpu(), tinySettings(points)));
    expect(events[0]?.type).toBe('run-started');
    const results = finished(events);
    expect(results.map((r) => r.id)).toEqual(['full-precision', ...points.map((p) => p.id)]);
    expect(results[0]).toMatchObject({
      method: 'full-precision',
      bits: 0,
      size: { bitsPerWeight: 32 },
    });
    expect(Object.keys(results[0]?.values ?? {})).toEqual(['perplexity', 'bitsPerByte']);
    for (const { id, method } of points) {
      const at = (type: RunEvent['type']) =>
        events.findIndex(
          (e) => e.type === type && (('point' in e && e.point === id) || ('result' in e && e.result.id === id)),
        );
      expect(at('point-started')).toBeLessThan(at('site-quantized'));
      expect(at('site-quantized')).toBeLessThan(at('window-evaluated'));
      expect(at('window-evaluated')).toBeLessThan(at('point-finished'));
      const layers = layersOf(events).filter((e) => e.point === id);
      expect(layers.length).toBe(2 * 4);
      for (const layer of layers) {
        expect(layer.resumed).toBe(false);
        expect(layer.energy).toBeGreaterThan(0);
        // Act-order of two bits on groups of eight may lose on a layer; plain compensation must not.
        if (method === 'gptq') expect(layer.loss).toBeLessThanOrEqual((layer.nearestLoss ?? 0) * 1.001);
        if (method === 'rtn') expect(layer.loss).toBe(layer.nearestLoss);
      }
    }
    const windows = events.flatMap((e) => (e.type === 'window-evaluated' && e.point === 'gptq-3' ? [e.quality] : []));
    expect(windows[0]?.windows).toBe(1);
    expect(windows.at(-1)?.windows).toBe(12);
    const width = (i: number) => {
      const { high, low } = present(windows.at(i)?.values['perplexity'], 'a window');
      return Math.log(high / low);
    };
    expect(Number.isFinite(width(0))).toBe(true);
    expect(width(-1)).toBeLessThan(width(0));
    const done = events.flatMap((e) => (e.type === 'progressed' ? [e.done] : []));
    expect(done.every((d, i) => i === 0 || d > (done[i - 1] as number))).toBe(true);
    expect(done.at(-1)).toBeCloseTo(1, 9);
    expect(readLog(writeLog(events))).toEqual(events);
  });

  it('is the same every time, but for the clock', async () => {
    const gpu = await testGpu();
    for (const mode of ['shared', 'sequential'] as const) {
      const once = await collect(await tinyInput(gpu, tinySettings(points, { mode })));
      gpu.rate *= 3; // a faster machine cuts dispatches differently
      const again = await collect(await tinyInput(gpu, tinySettings(points, { mode })));
      expect(timeless(again)).toEqual(timeless(once));
    }
  });

  it('gives the same whatever fits on the GPU', async () => {
    const gpu = await testGpu();
    for (const mode of ['shared', 'sequential'] as const) {
      const roomy = await collect(await tinyInput(gpu, tinySettings(points, { mode })));
      const tight = await collect(
        await tinyInput(gpu, tinySettings(points, { mode }), { budgets: { weights: 0, moments: 0, states: 0 } }),
      );
      const strip = (events: readonly RunEvent[]) => timeless([...finished(events)] as never);
      expect(strip(tight)).toEqual(strip(roomy));
      expect(hashes(tight)).toEqual(hashes(roomy));
    }
  });

  it('gives the same when bases are forgotten and made again, and finishes points one by one', async () => {
    const gpu = await testGpu();
    // Bases take turns: with room for one or two (a basis has 69 kB) each comes back after it was forgotten.
    const turns = ['awq-gptq', 'quip', 'gptq-act-order', 'awq-module', 'quip-fitted', 'awq-gptq'].map((name, i) => ({
      ...point(name, 3, name.startsWith('quip') ? null : 8),
      id: `${name} ${i}`,
    }));
    const roomy = await collect(await tinyInput(gpu, tinySettings(turns)));
    const orders = new Set<string>();
    for (const moments of [0, 300_000, 450_000]) {
      const tight = await collect(await tinyInput(gpu, tinySettings(turns), { budgets: { moments } }));
      expect(hashes(tight)).toEqual(hashes(roomy));
      orders.add(
        tight
          .map(({ type }) => type)
          .filter((type) => /^point/.test(type))
          .join(),
      );
    }
    expect(orders.size).toBe(2); // block by block for all points, or point by point
  });

  it('compares full precision with itself as exactly equal', async () => {
    const gpu = await testGpu();
    using scope = gpu.scope('test');
    const model = await openModel(gpu, await tinyCheckpoint('llama-tied-f16'));
    const windows = await evaluationWindows(idTokenizer(1), textOfIds(labGoldens.ids).text, 'ids', 'gptq', 24, null);
    const signal = new AbortController().signal;
    using evaluation = new Evaluation(gpu, model, await model.openHead(scope), windows, 4, signal, 2 ** 20);
    const same = {
      blocks: sourceBlocks(model, scope, 2 ** 30),
      embed: (local: Scope, ids: Uint32Array) => model.embed(local, ids),
    };
    const measured = async () => {
      let last;
      for await (const step of evaluation.advance(evaluation.begin('point'), same, Infinity))
        if (step.kind === 'measured') last = step.quality;
      return last;
    };
    const first = await measured();
    const second = await measured();
    expect(second?.values['perplexity']).toEqual(first?.values['perplexity']);
    const exactly = (mean: number) => ({ mean, low: mean, high: mean });
    expect(second?.values).toMatchObject({ kld: exactly(0), top1: exactly(1), lnRatio: exactly(0) });
    expect(meanOf(second, 'kld99')).toBe(0);
  });

  it('measures embedding and head as layers when the recipe says so', async () => {
    const gpu = await testGpu();
    const grid = { name: 'uniform', bits: 4, group: 8, symmetric: false, clip: 'min-max' };
    const plain = point('rtn', 4);
    const all = recipeFor(plain);
    for (const model of ['llama', 'llama-tied-f16']) {
      const tables = [
        plain,
        { ...plain, id: 'embedding', assignment: assign(all, { embedding: grid }) },
        { ...plain, id: 'head', assignment: assign(all, { head: grid }) },
      ];
      const checkpoint = await tinyCheckpoint(model);
      const results = finished(await collect(await tinyInput(gpu, tinySettings(tables), { checkpoint })));
      const [, without, embedding, head] = results.map((r) => present(r, 'a result'));
      expect(embedding?.size.bitsPerWeight).toBe(without?.size.bitsPerWeight);
      expect(embedding?.size.bitsPerWeightAll).toBeLessThan(present(without, 'rtn').size.bitsPerWeightAll);
      expect(meanOf(embedding, 'kld')).not.toBe(meanOf(without, 'kld'));
      expect(meanOf(head, 'kld')).not.toBe(meanOf(without, 'kld'));
      // One matrix in a tied model: either name means both.
      if (model === 'llama-tied-f16') expect(head?.hash).not.toBe(without?.hash);
      if (model === 'llama-tied-f16') expect(meanOf(head, 'kld')).toBe(meanOf(embedding, 'kld'));
      else expect(meanOf(head, 'kld')).not.toBe(meanOf(embedding, 'kld'));
    }
  });

  it('factorises once for all widths', async () => {
    const gpu = await testGpu();
    const dispatches = async (widths: readonly number[]) => {
      const count = async (name: string) => (await gpu.rows()).find((row) => row.kernel === name)?.dispatches ?? 0;
      const before = [await count('gram'), await count('cholesky_block')];
      await collect(await tinyInput(gpu, tinySettings(widths.map((bits) => point('gptq', bits)))));
      return [(await count('gram')) - (before[0] as number), (await count('cholesky_block')) - (before[1] as number)];
    };
    const one = await dispatches([4]);
    expect(one.every((n) => n > 0)).toBe(true);
    expect(await dispatches([2, 3, 4, 5, 6, 8])).toEqual(one);
  });
});

describe('an interrupted run', () => {
  it('stops when asked, and goes on with the same hashes', async () => {
    const gpu = await testGpu();
    const submits = vi.spyOn(gpu.device.queue, 'submit');
    for (const mode of ['shared', 'sequential'] as const) {
      const settings = tinySettings(points, { mode });
      const whole = await collect(await tinyInput(gpu, settings));
      const keep = memoryStore();
      for (const stopAt of [1, 9, 20]) {
        const stop = new AbortController();
        let layers = 0;
        const after: string[] = [];
        const events = await collect(await tinyInput(gpu, settings, { keep, signal: stop.signal }), (event) => {
          if (stop.signal.aborted) after.push(event.type);
          else if (event.type === 'site-quantized' && ++layers === stopAt) {
            submits.mockClear();
            stop.abort();
          }
        });
        expect(events.at(-1)?.type).toBe('run-stopped');
        // In work, not in seconds: nothing else is finished, and at most the steps under way are done, in submits of 150 ms at most.
        expect(after.filter((type) => type !== 'progressed')).toEqual(['run-stopped']);
        expect(submits.mock.calls.length).toBeLessThanOrEqual(16);
      }
      const kept = keep.size;
      const resumed = await collect(await tinyInput(gpu, settings, { keep }));
      expect(resumed.find((e) => e.type === 'run-resumed')).toEqual({ type: 'run-resumed', sitesKept: kept });
      expect(layersOf(resumed).filter((e) => e.resumed).length).toBe(kept);
      expect(hashes(resumed)).toEqual(hashes(whole));
      expect(timeless(finished(resumed) as never)).toEqual(timeless(finished(whole) as never));
      const replayed = await collect(await tinyInput(gpu, settings, { keep }));
      expect(layersOf(replayed).every((e) => e.resumed)).toBe(true);
      expect(replayed.some((e) => e.type === 'site-calibrated')).toBe(false);
      expect(timeless(finished(replayed) as never)).toEqual(timeless(finished(whole) as never));
    }
    submits.mockRestore();
  });

  it('survives a lost device', async () => {
    const settings = tinySettings(points);
    const whole = await collect(await tinyInput(await testGpu(), settings));
    const keep = memoryStore();
    const doomed = await Gpu.create(openDawn());
    holdForever(doomed);
    let layers = 0;
    const events = await collect(await tinyInput(doomed, settings, { keep }), (event) => {
      if (event.type === 'site-quantized' && ++layers === 11) doomed.device.destroy();
    });
    const last = events.at(-1);
    expect(last).toMatchObject({ type: 'run-failed', error: { name: 'GpuError', code: 'device-lost' } });
    const other = await Gpu.create(openDawn());
    holdForever(other);
    const resumed = await collect(await tinyInput(other, settings, { keep }));
    expect(layersOf(resumed).filter((e) => e.resumed).length).toBeGreaterThanOrEqual(11);
    expect(hashes(resumed)).toEqual(hashes(whole));
    expect(finished(resumed).map((r) => r.hash)).toEqual(finished(whole).map((r) => r.hash));
    other.destroy();
  });

  it('computes again what a store gives back damaged', async () => {
    const gpu = await testGpu();
    const settings = tinySettings([point('gptq', 3)]);
    const keep = memoryStore();
    const whole = await collect(await tinyInput(gpu, settings, { keep }));
    let n = 0;
    const damaged = {
      ...keep,
      get: async (key: string) => {
        const bytes = await keep.get(key);
        // The first layers look as a tab leaves them that was closed while writing.
        return bytes && n++ < 3 ? bytes.slice(0, bytes.length - 5) : bytes;
      },
    };
    const again = await collect(await tinyInput(gpu, settings, { keep: damaged }));
    expect(layersOf(again).filter((e) => !e.resumed).length).toBeGreaterThan(0);
    expect(hashes(again)).toEqual(hashes(whole));
  });
});

describe('calibration', () => {
  const drain = async <T>(steps: AsyncGenerator<number, T>): Promise<T> => {
    for (;;) {
      const step = await steps.next();
      if (step.done) return step.value;
    }
  };

  it('sees the full-precision prefix in shared mode, the quantized one in sequential mode', async () => {
    const gpu = await testGpu();
    const planned = point('gptq', 3);
    const recipe = recipeFor(planned);
    const layers = async (mode: 'shared' | 'sequential') =>
      layersOf(await collect(await tinyInput(gpu, tinySettings([planned], { mode }))));
    const runs = { shared: await layers('shared'), sequential: await layers('sequential') };
    const layer = (mode: keyof typeof runs, block: number, site: string) =>
      present(
        runs[mode].find((l) => l.site === siteId(block, site)),
        site,
      );

    using scope = gpu.scope('test');
    const checkpoint = await tinyCheckpoint();
    const model = await openModel(gpu, checkpoint);
    const { signal } = new AbortController();
    const { ids } = await calibrationWindows(
      await checkpoint.tokenizer(),
      calibrationText.text,
      'calibration',
      24,
      240,
    );
    // All windows in one batch, as the run takes them: sums of H then round alike.
    const batches = toBatches(ids, 24, ids.length);
    const embed = (local: Scope, some: Uint32Array) => model.embed(local, some);
    const blocks = [await model.openBlock(scope, 0), await model.openBlock(scope, 1)] as const;

    // Block 0 as the runs have solved it: from the same H, to the same hashes.
    const weights = new Map<string, Matrix>();
    {
      using stream = await CalibrationStream.start(gpu, model, batches, embed, signal, 0);
      const moments = await drain(stream.run(blocks[0], model.sites(0), 'stay', scope));
      for (const site of model.sites(0)) {
        const cx = { gpu, signal, rng: createRng(1), shared: createRng(1), emit: () => undefined };
        const solved = await roundSite(blocks[0], site, recipe, present(moments.get(site.name), site.name), cx);
        expect(layer('shared', 0, site.name).hash).toBe(solved.hash);
        expect(layer('sequential', 0, site.name).hash).toBe(solved.hash);
        for (const [name, W] of await restoreSite(gpu, scope, site, solved.parts, recipe)) weights.set(name, W);
      }
    }

    for (const [mode, first] of [
      ['shared', blocks[0]],
      ['sequential', { ...blocks[0], weights }],
    ] as const) {
      using stream = await CalibrationStream.start(gpu, model, batches, embed, signal, 2 ** 20);
      await drain(stream.run(first, [], 'advance', scope));
      // The stream holds what a plain forward pass of the (partially quantized) model gives, bit by bit.
      const { ids: some, batch } = present(batches[0], 'a batch');
      const plain = await model.forward(scope, first, await model.embed(scope, some), batch);
      const bytes = async (m: Matrix) => new Uint8Array(await gpu.read(m.view));
      expect(await bytes(stream.states(scope, 0))).toEqual(await bytes(plain));
      // And that is what the run has seen: tr(W H Wᵀ) of block 1 is the same.
      const moments = await drain(stream.run(blocks[1], model.sites(0), 'stay', scope));
      for (const site of model.sites(0)) {
        const W = stackRows(
          gpu,
          scope,
          site.layers.map(({ name }) => present(blocks[1].weights.get(name), name)),
        );
        const { H } = present(moments.get(site.name), site.name);
        const want = await totalProxyLoss(gpu, W, zeroMatrix(scope, W.rows, W.cols, 'zero'), H);
        const other = mode === 'shared' ? 'sequential' : 'shared';
        // In float64 from float32 rows, here and there.
        expect(Math.abs((layer(mode, 1, site.name).energy ?? NaN) / want - 1), site.name).toBeLessThan(1e-5);
        expect(Math.abs((layer(other, 1, site.name).energy ?? NaN) / want - 1), site.name).toBeGreaterThan(1e-4);
      }
    }
  });
});

describe('a request that cannot be run', () => {
  const failure = async (more: Partial<RunInput>, settings = tinySettings([point('gptq', 3)])) => {
    const last = (await collect(await tinyInput(await testGpu(), settings, more))).at(-1);
    if (last?.type !== 'run-failed') throw new Error(`ended with ${JSON.stringify(last)}`);
    return `${last.error.name} ${last.error.code}: ${last.error.message}`;
  };

  it('says what is wrong and what to do', async () => {
    expect(await failure({ evaluation: textOfIds([5, 6, 7]) })).toMatch(
      /FormatError text-too-short: ids.txt: 3 tokens, and one window needs 24/,
    );
    expect(await failure({ calibration: textOfIds([5, 6, 7], 'c.txt') })).toMatch(/text-too-short: c.txt: 3 tokens/);
    expect(await failure({ evaluation: textOfIds(Array.from({ length: 99 }, () => 64)) })).toMatch(
      /FormatError tokenizer-mismatch: ids.txt: the tokenizer gives id 64, and the model's embedding has 64 rows/,
    );
    expect(await failure({ calibration: null })).toMatch(/RecipeError needs-calibration: point gptq-3/);
    const settings = (more: Partial<RunSettings>) => tinySettings([point('gptq', 3)], more);
    expect(await failure({}, settings({ context: 48 }))).toMatch(
      /RecipeError bad-setting: context: 48; expected a whole number from 2 to 32/,
    );
    expect(await failure({}, settings({ context: 3, protocol: 'llama.cpp' }))).toMatch(/from 4 to 32/);
    expect(await failure({}, settings({ seed: -1 }))).toMatch(/seed: -1/);
    expect(await failure({}, settings({ points: [point('gptq', 3), point('gptq', 3)] }))).toMatch(
      /two points named "gptq-3"/,
    );
    const wrong = {
      ...point('gptq', 3),
      assignment: { all: { ...recipeFor(point('gptq', 3)), grid: { name: 'round' } } },
    };
    expect(await failure({}, settings({ points: [wrong as never] }))).toMatch(/RecipeError .*\$\.grid\.name/);
    const grid = (bits: number) => ({ name: 'uniform', bits, group: null, symmetric: false, clip: 'min-max' });
    const two = point('rtn', 3);
    const tables = { ...two, assignment: assign(recipeFor(two), { embedding: grid(4), head: grid(8) }) };
    expect(
      await failure({ checkpoint: await tinyCheckpoint('llama-tied-f16') }, settings({ points: [tables] })),
    ).toMatch(/RecipeError impossible-pair/);
  });

  it('names the tensor whose weights are not finite', async () => {
    const checkpoint = await tinyCheckpoint();
    const tensors = new Map(checkpoint.tensors);
    const name = 'model.layers.1.mlp.down_proj.weight';
    const entry = present(tensors.get(name), name);
    tensors.set(name, {
      ...entry,
      read: async (begin, end) => {
        const bytes = await entry.read(begin, end);
        new DataView(bytes.buffer).setFloat32(8, NaN, true);
        return bytes;
      },
    });
    expect(await failure({ checkpoint: { ...checkpoint, tensors } })).toMatch(/FormatError .*down_proj\.weight/);
  });

  it('works without calibration where nothing reads H, and then has no losses', async () => {
    const gpu = await testGpu();
    const events = await collect(await tinyInput(gpu, tinySettings([point('rtn', 3)]), { calibration: null }));
    expect(finished(events).length).toBe(2);
    expect(layersOf(events).every((l) => l.energy === null && l.loss === null && l.nearestLoss === null)).toBe(true);
    const withH = await collect(await tinyInput(gpu, tinySettings([point('rtn', 3)])));
    expect(hashes(withH)).toEqual(hashes(events));
  });
});

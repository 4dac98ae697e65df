/**
 * Experts in calibration. Those of the first model are permuted copies of a dense MLP, whose outputs a router mixes with weights that sum to one:
 * the model is the dense one, and what its experts see adds up to what the dense MLP sees.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import type { Checkpoint, StoredTensor } from '../../src/formats/checkpoint';
import { storedTensor } from '../../src/formats/storedTensor';
import { toFloats } from '../../src/formats/toFloats';
import { CalibrationStream, toBatches, type BlockMoments } from '../../src/lab/calibrate';
import type { RunEvent } from '../../src/log/events';
import type { Variants } from '../../src/log/variants';
import type { Model } from '../../src/model/model';
import { openModel } from '../../src/model/openModel';
import { readMatrix, type Matrix } from '../../src/tensor/matrix';
import { present } from '../../src/util/assert';
import { createRng } from '../../src/util/rng';
import { testGpu } from '../gpu';
import { nmse } from '../opCase';
import { collect, finished, point, tinyCheckpoint, tinyInput, tinySettings } from './tiny';

const experts = 4 as const;
const rng = createRng(21);
const { signal } = new AbortController();

const plain = (name: string, shape: readonly number[], values: Float32Array<ArrayBuffer>): StoredTensor =>
  storedTensor({ name, type: 'F32', shape, file: 'made' }, (begin, end) =>
    Promise.resolve(new Uint8Array(values.buffer.slice(begin, end))),
  );

/** Rows of [rows, cols] by `order`. */
const rowsBy = (values: Float32Array, order: readonly number[], cols: number) =>
  Float32Array.from(
    { length: values.length },
    (_, at) => values[(order[Math.floor(at / cols)] as number) * cols + (at % cols)] as number,
  );
/** Columns by `order`. */
const columnsBy = (values: Float32Array, order: readonly number[]) =>
  Float32Array.from({ length: values.length }, (_, at) => {
    const cols = order.length;
    return values[Math.floor(at / cols) * cols + (order[at % cols] as number)] as number;
  });

/** The order of an expert's channels: other than that of the dense MLP. */
const orderOf = (expert: number, channels: number) =>
  Array.from({ length: channels }, (_, i) => (i * [1, 3, 5, 9][expert]! + expert) % channels);

/** A Mixtral whose experts are the MLP of a dense Llama, `count` of them for each token. */
async function copies(dense: Checkpoint, count: number, reached: 'alike' | 2 | 4 = experts): Promise<Checkpoint> {
  const config = { ...dense.config, model_type: 'mixtral', num_local_experts: experts, num_experts_per_tok: count };
  const tensors = new Map<string, StoredTensor>();
  for (const [name, entry] of dense.tensors) {
    const [, layer, which] = /^(model\.layers\.\d+)\.mlp\.(gate|up|down)_proj\.weight$/.exec(name) ?? [];
    if (!layer || !which) {
      tensors.set(name, entry);
      continue;
    }
    const values = toFloats(await entry.read(), entry.type);
    const [, cols = 1] = entry.shape;
    for (let e = 0; e < experts; e++) {
      const order = orderOf(e, which === 'down' ? cols : (entry.shape[0] ?? 1));
      const made = which === 'down' ? columnsBy(values, order) : rowsBy(values, order, cols);
      const slot = { gate: 'w1', up: 'w3', down: 'w2' }[which as 'gate' | 'up' | 'down'];
      const own = `${layer}.block_sparse_moe.experts.${e}.${slot}.weight`;
      tensors.set(own, plain(own, entry.shape, made));
    }
    const router = `${layer}.block_sparse_moe.gate.weight`;
    if (which !== 'gate') continue;
    // Experts that nothing reaches: one of the first two has a logit above zero.
    const r = Float32Array.from({ length: cols }, () => rng.normal());
    const rows = Float32Array.from({ length: experts * cols }, (_, at) => {
      if (reached === experts) return rng.normal();
      // All equal: the first ones, each with the same weight.
      if (reached === 'alike') return 0;
      return [1, -1, 0, 0][Math.floor(at / cols)]! * (r[at % cols] as number);
    });
    tensors.set(router, plain(router, [experts, cols], rows));
  }
  return { ...dense, name: 'copies', config, tensors, fingerprint: () => Promise.resolve('0'.repeat(16)) };
}

const window = () => Uint32Array.from({ length: 24 }, () => 2 + rng.integer(60));
const batches = toBatches([window(), window(), window(), window()], 24, 2);
const tokens = 96;

async function momentsOf(
  model: Model,
  variants: Variants = {},
): Promise<Map<string, { H: Float32Array; tokens: number; magnitude: Float32Array }>> {
  const gpu = await testGpu();
  using scope = gpu.scope('moments');
  const embed = model.embed.bind(model);
  using stream = await CalibrationStream.start(gpu, model, batches, embed, signal, 1e9, variants);
  const steps = stream.run(await model.openBlock(scope, 0), model.sites(0), 'stay', scope);
  let step = await steps.next();
  while (!step.done) step = await steps.next();
  const moments: BlockMoments = step.value;
  const read = async (matrix: Matrix | undefined) => readMatrix(gpu, present(matrix, 'a moment'));
  const made = [...moments].map(async ([name, { H, tokens, magnitude }]) => {
    return [name, { H: await read(H), tokens, magnitude: await read(magnitude) }] as const;
  });
  return new Map(await Promise.all(made));
}

describe('experts that are copies of a dense MLP', () => {
  let dense: Checkpoint;
  beforeAll(async () => {
    dense = await tinyCheckpoint('llama');
  });

  it.each([1, 2, 4])('are the dense model, %i for each token', async (count) => {
    const gpu = await testGpu();
    const perplexity = async (checkpoint: Checkpoint) => {
      const [full] = finished(await collect(await tinyInput(gpu, tinySettings([]), { checkpoint })));
      return present(full?.values.perplexity, 'perplexity').mean;
    };
    const [want, got] = [await perplexity(dense), await perplexity(await copies(dense, count))];
    expect(Math.abs(got / want - 1)).toBeLessThanOrEqual(1e-6);
  });

  it.each([1, 2])('see together what the dense MLP sees, %i times', async (count) => {
    const gpu = await testGpu();
    const alone = { expertBlend: 0 };
    const want = await momentsOf(await openModel(gpu, dense), alone);
    const got = await momentsOf(await openModel(gpu, await copies(dense, count)), alone);
    for (const [site, mlp] of [
      ['gate-up', 'mlp.gate-up'],
      ['down', 'mlp.down'],
    ] as const) {
      const all = present(want.get(mlp), mlp);
      const sum = new Float64Array(all.H.length);
      const cols = Math.sqrt(all.H.length);
      let seen = 0;
      for (let e = 0; e < experts; e++) {
        const own = present(got.get(`expert.${e}.${site}`), `expert ${e}`);
        seen += own.tokens;
        const order = site === 'down' ? orderOf(e, cols) : Array.from({ length: cols }, (_, i) => i);
        // Channel i of the expert is channel order[i] of the dense MLP.
        own.H.forEach((value, at) => {
          const place = (order[Math.floor(at / cols)] as number) * cols + (order[at % cols] as number);
          sum[place] = (sum[place] as number) + own.tokens * value;
        });
      }
      expect(seen).toBe(count * tokens);
      expect(
        nmse(
          sum,
          all.H.map((value) => value * count * tokens),
        ),
      ).toBeLessThanOrEqual(1e-11);
    }
  });

  it('are blended with what all tokens give, as many as is said', async () => {
    const gpu = await testGpu();
    const model = await openModel(gpu, await copies(dense, 1));
    const [own, blended] = [await momentsOf(model, { expertBlend: 0 }), await momentsOf(model, { expertBlend: 64 })];
    const all = present(own.get('mlp.router'), 'the router');
    expect(all.tokens).toBe(tokens);
    for (let e = 0; e < experts; e++) {
      const name = `expert.${e}.gate-up`;
      const [mine, mixed] = [present(own.get(name), name), present(blended.get(name), name)];
      const want = (key: 'H' | 'magnitude') =>
        mine[key].map((value, i) => (mine.tokens * value + 64 * (all[key][i] as number)) / (mine.tokens + 64));
      expect(nmse(mixed.H, want('H'))).toBeLessThanOrEqual(1e-11);
      expect(nmse(mixed.magnitude, want('magnitude'))).toBeLessThanOrEqual(1e-11);
    }
  });

  it('weigh their tokens as the router does, on request: all alike where there is one for each', async () => {
    const gpu = await testGpu();
    const model = await openModel(gpu, await copies(dense, 1));
    const [own, weighted] = [
      await momentsOf(model, { expertBlend: 0 }),
      await momentsOf(model, { expertBlend: 0, expertWeights: 'router' }),
    ];
    for (const [name, { H }] of own) expect(nmse(present(weighted.get(name), name).H, H)).toBeLessThanOrEqual(1e-11);
    const two = await openModel(gpu, await copies(dense, 2));
    const [plain, heavy] = [
      await momentsOf(two, { expertBlend: 0 }),
      await momentsOf(two, { expertBlend: 0, expertWeights: 'router' }),
    ];
    const alike = await openModel(gpu, await copies(dense, 2, 'alike'));
    const [usual, halves] = [await momentsOf(alike), await momentsOf(alike, { expertWeights: 'router' })];
    for (const [name, { H, magnitude }] of usual) {
      expect(nmse(present(halves.get(name), name).H, H), name).toBeLessThanOrEqual(1e-11);
      expect(nmse(present(halves.get(name), name).magnitude, magnitude), name).toBeLessThanOrEqual(1e-11);
    }
    const name = 'expert.0.down';
    expect(nmse(present(heavy.get(name), name).H, present(plain.get(name), name).H)).toBeGreaterThan(1e-4);
  });

  it('that no token reaches are known by what all tokens give, or zeroed on request, and either is said', async () => {
    const gpu = await testGpu();
    const checkpoint = await copies(dense, 1, 2);
    const run = async (variants?: Variants) => {
      const settings = tinySettings([point('gptq', 3)], variants && { variants });
      return collect(await tinyInput(gpu, settings, { checkpoint }));
    };
    const [usual, zeroed] = [await run(), await run({ deadExperts: 'zeroed' })];
    const said = (events: readonly RunEvent[], site: string) =>
      events.flatMap((event) => (event.type === 'fallback-used' && event.site === site ? [event.used] : []));
    const solved = (events: readonly RunEvent[], site: string) =>
      present(
        events.find((event) => event.type === 'site-quantized' && event.site === site),
        site,
      ) as Extract<RunEvent, { type: 'site-quantized' }>;
    for (const site of ['decoder.0.expert.2.gate-up', 'decoder.1.expert.3.down']) {
      expect(said(usual, site)).toEqual(['those of all experts']);
      expect(said(zeroed, site)).toEqual(['zeros']);
      expect(solved(usual, site).loss).toBeGreaterThan(0);
      expect(solved(zeroed, site).hash).not.toBe(solved(usual, site).hash);
    }
    expect(said(usual, 'decoder.0.attention.qkv')).toEqual([]);
    // Nothing reaches them in the evaluation either.
    const [a, b] = [finished(usual), finished(zeroed)].map((points) => points[1]?.values.perplexity?.mean);
    expect(a).toBe(b);
  });

  it('agree with their router on the scales of AWQ, which then cost nothing', async () => {
    const gpu = await testGpu();
    const checkpoint = await copies(dense, 2);
    const bits = async (of: Checkpoint, method: string, site: string) => {
      const events = await collect(await tinyInput(gpu, tinySettings([point(method, 3)]), { checkpoint: of }));
      expect(events.filter(({ type }) => type === 'point-failed')).toEqual([]);
      return events.flatMap((event) => (event.type === 'site-quantized' && event.site === site ? [event.bits] : []));
    };
    const site = 'decoder.0.expert.1.gate-up';
    const [awq, rtn] = [await bits(checkpoint, 'awq', site), await bits(checkpoint, 'rtn', site)];
    expect(awq).toEqual(rtn);
    expect(awq.length).toBe(1);
  });
});

/** Experts in every reading of a block: a run, a tape and a graph compute the same, and a run leaves out experts without tokens. */
import { describe, expect, it } from 'vitest';
import type { OnnxTensor } from '../../src/formats/onnx/onnxModel';
import { graphOf } from '../../src/model/graph';
import { usesOf } from '../../src/model/lifetimes';
import type { OpenBlock, Tap } from '../../src/model/model';
import { runBlock } from '../../src/model/run';
import { one, sourceName, type Block, type Linear, type RouteRule, type Steps } from '../../src/model/steps';
import { tape } from '../../src/model/tape';
import { tokensByExpert } from '../../src/model/tokensByExpert';
import { trace, type BlockTensor, type Traced } from '../../src/model/trace';
import { chooseExperts } from '../../src/reference/route';
import { readMatrix, uploadMatrix, type Matrix } from '../../src/tensor/matrix';
import { present } from '../../src/util/assert';
import { createRng } from '../../src/util/rng';
import { differenceBound, differences, farthest } from '../difference';
import { openSession } from '../formats/onnxSession';
import { testGpu } from '../gpu';
import { nmse, normals } from '../opCase';

const hidden = 8;
const plain: RouteRule = { experts: 6, count: 2, normalise: true, scale: 1, epsilon: 0 };

const rules: Readonly<Record<string, RouteRule>> = {
  'softmax over the chosen': plain,
  'as they are, scaled': { ...plain, normalise: false, scale: 2.5 },
  'normalised with ε': { ...plain, count: 3, epsilon: 0.25 },
  groups: { ...plain, normalise: false, count: 3, groups: { count: 3, kept: 2 } },
  'one of one': { ...plain, experts: 1, count: 1 },
};

const layer = (name: string, rows: number): Linear => ({ name, rows, from: { tensor: name } });

function mlp<T>(b: Steps<T>, x: T, name: string): T {
  const layers = [layer(`${name}.gate`, 5), layer(`${name}.up`, 5)];
  const [gate, up] = b.linear(`${name}.gate-up`, x, layers) as [T, T];
  return one(b, `${name}.down`, b.gate('silu', gate, up), layer(`${name}.down`, hidden));
}

/** h + Σ w E(x) + sigmoid(s x) S(x), x = Norm(h): as of Qwen2-MoE, the gate kept within a limit. */
const blockOf =
  (rule: RouteRule): Block =>
  async (b, h) => {
    const x = b.norm({ name: 'norm', width: hidden, from: { tensor: 'norm' } }, h, { kind: 'rms', epsilon: 1e-6 });
    const router = one(b, 'mlp.router', x, layer('router', rule.experts), 'stays');
    const mixed = await b.mixture(rule, router, x, (e, rows) => mlp(b, rows, `expert.${e}`));
    const gate = b.clamp(one(b, 'mlp.shared-gate', x, layer('shared_gate', 1), 'stays'), 1);
    return b.add(h, b.add(mixed, b.weigh(mlp(b, x, 'shared'), gate)));
  };

/** The block by itself, in the stream that it asks for. */
async function traced(block: Block, width: number): Promise<Traced> {
  const { stream, in: within } = await trace(block, width);
  return within({ turns: stream.turns, centred: stream.centred });
}

type Content = ReadonlyMap<string, Float32Array<ArrayBuffer>>;

function contentOf(tensors: readonly BlockTensor[], seed: number): Content {
  const rng = createRng(seed);
  return new Map(
    tensors.map(({ key, shape: [rows = 1, cols = 1], role }) => {
      const values = normals(rng, rows * cols, 1.5 / Math.sqrt(cols));
      return [key, role === 'norm' ? values.map((value) => 1 + value / 5) : values];
    }),
  );
}

async function run(
  block: Block,
  { sites, tensors }: Traced,
  content: Content,
  x: Float32Array<ArrayBuffer>,
  tap?: Tap,
): Promise<Float32Array> {
  const gpu = await testGpu();
  using scope = gpu.scope('mixture');
  const weights = new Map<string, Matrix>();
  const others = new Map<string, Matrix>();
  for (const { key, shape, role } of tensors) {
    const [rows, cols] = role === 'linear' ? (shape as [number, number]) : ([1, shape[0] ?? 1] as const);
    const matrix = uploadMatrix(scope, present(content.get(key), key), rows, cols, key);
    (role === 'linear' ? weights : others).set(key, matrix);
  }
  const open: OpenBlock = { index: 0, sites, weights, others };
  const input = uploadMatrix(scope, x, x.length / hidden, hidden, 'hidden');
  const before = gpu.memory();
  const place = {
    ...{ open, batch: { windows: 1, length: input.rows }, uses: await usesOf(block), tap },
    table: () => {
      throw new Error('nothing rotates');
    },
  };
  const y = await runBlock(gpu, scope, block, input, place);
  expect(gpu.memory().liveBuffers - before.liveBuffers, 'a result, and nothing else').toBe(1);
  expect(await readMatrix(gpu, input), 'the input as it was').toEqual(x);
  return await readMatrix(gpu, y);
}

const error = (got: ArrayLike<number>, want: ArrayLike<number>) => Math.sqrt(nmse(got, want));
/** Some tens of roundings to f32, 6e-8 each. Measured: up to 3e-7. */
const bound = 2e-6;

describe.each(Object.entries(rules))('a mixture, %s', (_, rule) => {
  const block = blockOf(rule);
  const tokens = 40;
  const x = normals(createRng(5), tokens * hidden);

  it('is on the GPU and in a graph what it is in float64', async () => {
    const facts = await traced(block, hidden);
    const content = contentOf(facts.tensors, 6);
    const { y } = await tape(block, x, content, { windows: 1, length: tokens });
    expect(error(await run(block, facts, content, x), y)).toBeLessThanOrEqual(bound);

    const { operators, nodes, weights, constants, input, output } = await graphOf(block, hidden, tokens);
    expect(weights.map(({ name }) => name)).toEqual(
      facts.tensors.map(({ from }) => sourceName(present(from, 'a source'))),
    );
    const initializers = weights.map(({ name, shape }): OnnxTensor => {
      return { name, type: 'float32', shape, content: new Uint8Array(present(content.get(name), name).buffer) };
    });
    const session = await openSession({
      ...{ ir: 8, operators: { '': operators }, producer: { name: 'bitcurve', version: 'tests' } },
      graph: {
        name: 'mixture',
        nodes,
        initializers: [...initializers, ...constants],
        inputs: [input],
        outputs: [output],
      },
    });
    expect(error(await session(x, [tokens, hidden]), y)).toBeLessThanOrEqual(bound);
  });

  it('has the gradients of differences', async () => {
    const few = Float64Array.from(x.subarray(0, 6 * hidden));
    const { tensors } = await traced(block, hidden);
    const content = new Map([...contentOf(tensors, 6)].map(([key, values]) => [key, Float64Array.from(values)]));
    const dy = Float64Array.from(normals(createRng(7), few.length));
    const batch = { windows: 1, length: 6 };
    const loss = async () => {
      const { y } = await tape(block, few, content, batch);
      return y.reduce((sum, value, i) => sum + value * (dy[i] as number), 0);
    };
    const want = await differences(loss, [['x', few], ...content]);
    const { backward } = await tape(block, few, content, batch);
    const got = backward(dy);
    const largest = Math.max(...[...want.values()].flatMap((values) => [...values]).map(Math.abs));
    for (const [key, values] of [['x', got.x] as const, ...got.content]) {
      expect(farthest(values, present(want.get(key), key), 1e-4 * largest), key).toBeLessThanOrEqual(differenceBound);
    }
    // What no token reaches is not read, and no difference shows it.
    const unread = [...want].filter(([key]) => key !== 'x' && !got.content.has(key));
    expect(unread.flatMap(([, values]) => [...values]).filter((value) => value !== 0)).toEqual([]);
  });
});

describe('a run of experts', () => {
  it('takes those that have tokens, and a tap sees their own rows', async () => {
    const rule = { ...plain, count: 1 };
    const block = blockOf(rule);
    const facts = await traced(block, hidden);
    const content = contentOf(facts.tensors, 6);
    const x = normals(createRng(5), 3 * hidden);
    const seen: (readonly [string, number])[] = [];
    let logits: Promise<Float32Array> | undefined;
    const gpu = await testGpu();
    await run(block, facts, content, x, (site, input) => {
      seen.push([site.name, input.rows]);
      if (site.name === 'mlp.router') logits = readMatrix(gpu, input);
    });
    const rows = present(await logits, 'what the router reads');
    const router = present(content.get('router'), 'the router');
    const scores = Array.from({ length: 3 * rule.experts }, (_, at) => {
      const [t, e] = [Math.floor(at / rule.experts), at % rule.experts];
      return Array.from({ length: hidden }, (__, c) => rows[t * hidden + c]! * router[e * hidden + c]!).reduce(
        (a, b) => a + b,
      );
    });
    const routed = tokensByExpert(chooseExperts(scores, rule), rule.count, rule.experts);
    const experts = routed.flatMap(({ tokens: { length } }, e) =>
      length
        ? ([
            [`expert.${e}.gate-up`, length],
            [`expert.${e}.down`, length],
          ] as const)
        : [],
    );
    expect(experts.length).toBeLessThanOrEqual(2 * 3);
    const shared = [
      ['mlp.shared-gate', 3],
      ['shared.gate-up', 3],
      ['shared.down', 3],
    ] as const;
    expect(seen).toEqual([['mlp.router', 3], ...experts, ...shared]);
  });
});

describe('the uses of values', () => {
  it('within an expert are a list of their own, of one expert', async () => {
    expect(await usesOf(blockOf(plain))).toEqual({
      // The input is normed and added to; its norm is read by the router, the mixture, the shared expert and its gate.
      values: [2, 4, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1],
      experts: [[1, 1, 1, 1, 1]],
    });
  });

  it('cannot be told of an expert that reads more than it is given', async () => {
    const reading: Block = (b, h) => b.mixture(plain, h, h, (_, x) => b.add(x, h));
    await expect(usesOf(reading)).rejects.toThrow('an expert reads what it is given');
  });
});

describe('the trace of a mixture', () => {
  it('has the sites of every expert, which read the stream and write to it', async () => {
    const { sites } = await traced(blockOf({ ...plain, experts: 2 }), hidden);
    const readers = ['mlp.router', 'expert.0.gate-up', 'expert.1.gate-up', 'mlp.shared-gate', 'shared.gate-up'];
    const stream = { kind: 'stream', norm: 'norm', scales: true, turns: true, centred: false, together: readers };
    const ofExpert = (name: string) => [
      [`${name}.gate-up`, stream, ['fixed', 'channels']],
      [`${name}.down`, { kind: 'channels' }, ['stream']],
    ];
    expect(sites.map(({ name, reads, layers }) => [name, reads, layers.map(({ writes }) => writes)])).toEqual([
      ['mlp.router', stream, ['fixed']],
      ...ofExpert('expert.0'),
      ...ofExpert('expert.1'),
      ['mlp.shared-gate', stream, ['fixed']],
      ...ofExpert('shared'),
    ]);
    expect(sites.flatMap(({ name, routed }) => (routed ? [[name, routed.expert, routed.like]] : []))).toEqual(
      [
        ...['expert.0.gate-up', 'expert.1.gate-up'].map((name, e) => [name, e, 'mlp.router']),
        ...['expert.0.down', 'expert.1.down'].map((name, e) => [name, e, null]),
      ].toSorted((a, b) => Number(a[1]) - Number(b[1])),
    );
  });

  it('tells which sites stay as they are stored', async () => {
    const { sites } = await traced(blockOf({ ...plain, experts: 2 }), hidden);
    expect(sites.filter(({ stays }) => stays).map(({ name }) => name)).toEqual(['mlp.router', 'mlp.shared-gate']);
  });

  it('is of as many logits as there are experts, and of experts that keep the width', async () => {
    const wide: Block = (b, h) => b.mixture(plain, h, h, (_, x) => x);
    await expect(trace(wide, 8)).rejects.toThrow('6 experts by 8 logits');
    const narrow: Block = (b, h) => b.mixture(plain, h, h, (e, x) => one(b, `expert.${e}`, x, layer(`narrow.${e}`, 3)));
    await expect(trace(narrow, 6)).rejects.toThrow('an expert from 6 columns to 3');
  });
});

/** The reading with gradients: its results are those of a run, its gradients those of differences and of PyTorch (test/golden/tape.py). */
import { describe, expect, it } from 'vitest';
import type { Checkpoint, TensorEntry } from '../../src/formats/checkpoint';
import { architectures } from '../../src/model/architectures';
import { openModel } from '../../src/model/openModel';
import { located, openPlan, planOf, type PlannedBlock } from '../../src/model/plan';
import type { Block } from '../../src/model/steps';
import { tape, type BlockContent, type Gradients } from '../../src/model/tape';
import { toFloats } from '../../src/formats/toFloats';
import { readMatrix } from '../../src/tensor/matrix';
import { present } from '../../src/util/assert';
import { createRng, type Rng } from '../../src/util/rng';
import { differenceBound, differences, farthest } from '../difference';
import { testGpu } from '../gpu';
import { nmse, normals } from '../opCase';
import { goldenModel, openFolder } from './folder';
import { smallLlama, smallOf } from './synthetic';

/** A stored tensor in float64, exactly. */
async function read(entry: TensorEntry): Promise<Float64Array> {
  const bytes = await entry.read();
  return entry.type === 'F64' ? new Float64Array(bytes.slice().buffer) : Float64Array.from(toFloats(bytes, entry.type));
}

const entryOf = ({ tensors }: Checkpoint, name: string) => present(tensors.get(name), name);

async function contentOf(checkpoint: Checkpoint, { tensors }: PlannedBlock): Promise<BlockContent> {
  const read64 = tensors.flatMap(({ key, from, shape, above = 0 }) =>
    from ? [read(located(checkpoint, from, shape)).then((values) => [key, values.map((v) => v + above)] as const)] : [],
  );
  return new Map(await Promise.all(read64));
}

/** Normal values, larger than an initialisation would be: attention is far from uniform, every bias and gain counts. */
function randomContent(rng: Rng, { tensors }: PlannedBlock): Map<string, Float64Array> {
  const spread = { linear: 1.5, bias: 0.5, norm: 0.3, filter: 0.5, state: 0.5 };
  return new Map(
    tensors
      .filter(({ from }) => from)
      .map(({ key, shape, role }) => {
        const [, cols = 1] = shape;
        const size = shape.reduce((a, b) => a * b, 1);
        const values = normals(rng, size, spread[role] / Math.sqrt(cols));
        return [key, Float64Array.from(values, (value) => (role === 'norm' ? 1 + value : value))];
      }),
  );
}

const random = (rng: Rng, size: number) => Float64Array.from(normals(rng, size));

const named = ({ x, content }: Gradients): (readonly [string, Float64Array])[] => [['x', x], ...content];

/**
 * What the largest gradient has to be of the block's largest to be compared by itself. A smaller one is lost in the rounding of the others
 * (that of the keys' bias, where nothing rotates, is 0: it moves all scores of a query alike).
 */
const faint = 1e-4;

/** Largest `farthest` over tensors of the same names. */
function apart(got: Gradients, want: ReadonlyMap<string, Float64Array>): number {
  expect(named(got).map(([key]) => key)).toEqual([...want.keys()]);
  const largest = Math.max(...[...want.values()].flatMap((values) => [...values]).map(Math.abs));
  const errors = named(got).map(([key, values]) => farthest(values, present(want.get(key), key), faint * largest));
  return Math.max(...errors);
}

describe('the result of a tape', () => {
  it.each([
    'llama-biased',
    'llama-dynamic',
    'mistral',
    'qwen3',
    'smollm3',
    'mamba',
    'falcon-mamba',
    'mamba2-groups',
    'mixtral',
    'qwen2-moe',
    'olmoe',
  ])('is that of a run: %s', async (name) => {
    const gpu = await testGpu();
    using scope = gpu.scope('tape');
    const checkpoint = await openFolder(goldenModel(name));
    const model = await openModel(gpu, checkpoint);
    const { blocks } = await openPlan(checkpoint);
    const batch = { windows: 2, length: 40 };
    let hidden = await model.embed(
      scope,
      Uint32Array.from({ length: 80 }, (_, i) => (i * 7) % 64),
    );
    for (const [index, planned] of blocks.entries()) {
      const { y } = await tape(
        planned.block,
        await readMatrix(gpu, hidden),
        await contentOf(checkpoint, planned),
        batch,
      );
      hidden = await model.forward(scope, await model.openBlock(scope, index), hidden, batch);
      // The run rounds to f32 in some ten steps, 6e-8 each, and in sums of tens of products that partly cancel. Measured: up to 4.2e-7.
      expect(Math.sqrt(nmse(await readMatrix(gpu, hidden), y))).toBeLessThanOrEqual(1e-6);
    }
  });
});

describe('gradients of a tape', () => {
  const batch = { windows: 2, length: 4 };
  const config = {
    ...smallLlama,
    ...{
      hidden_size: 8,
      intermediate_size: 8,
      head_dim: 4,
      num_attention_heads: 2,
      attention_bias: true,
      mlp_bias: true,
    },
    // The second layer slides, or all do; the second does not rotate, where an architecture has such layers.
    ...{ use_sliding_window: true, sliding_window: 3, max_window_layers: 1, no_rope_layers: [1, 0] },
    // Differences are no gradients where a choice changes: all experts are chosen. The first layer may have none.
    ...{ num_experts: 2, n_routed_experts: 2, num_experts_per_tok: 2, moe_intermediate_size: 4 },
    ...{ shared_expert_intermediate_size: 4, n_shared_experts: 2, mlp_only_layers: [0], first_k_dense_replace: 1 },
    ...{ q_lora_rank: 6, qk_nope_head_dim: 4, qk_rope_head_dim: 4, v_head_dim: 8 },
    // Differences are no gradients where a ReLU bends.
    activation_function: 'gelu',
  };

  it.each(architectures.map(({ name }) => name))('are those of differences: blocks of %s', async (model_type) => {
    const rng = createRng(5);
    const { blocks } = await planOf(
      smallOf(model_type, { ...config, ...(model_type === 'deepseek_v2' && { kv_lora_rank: 6 }) }),
    );
    for (const planned of blocks) {
      const content = randomContent(rng, planned);
      const x = random(rng, batch.windows * batch.length * config.hidden_size);
      const dy = random(rng, x.length);
      const loss = async () => {
        const { y } = await tape(planned.block, x, content, batch);
        return y.reduce((sum, value, i) => sum + value * (dy[i] as number), 0);
      };
      const want = await differences(loss, [['x', x], ...content]);
      const { backward } = await tape(planned.block, x, content, batch);
      expect(apart(backward(dy), want)).toBeLessThanOrEqual(differenceBound);
    }
  });

  it.each(['llama', 'qwen3', 'smollm3', 'mamba', 'mixtral'])('are those of PyTorch: a block of %s', async (name) => {
    const checkpoint = await openFolder(goldenModel(`../tape/${name}`));
    const [planned] = (await planOf(checkpoint.config)).blocks as [PlannedBlock];
    const [windows = 0, length = 0] = present(checkpoint.tensors.get('tape.x'), 'the input').shape;
    const [x, y, dy] = await Promise.all(['x', 'y', 'dy'].map((key) => read(entryOf(checkpoint, `tape.${key}`))));
    const content = await contentOf(checkpoint, planned);
    const got = await tape(planned.block, present(x, 'x'), content, { windows, length });
    const want = new Map([['x', await read(entryOf(checkpoint, 'gradient.tape.x'))]]);
    for (const { key, from, shape } of planned.tensors) {
      const source = present(from, key);
      const gradient = { ...source, tensor: `gradient.${source.tensor}` };
      want.set(key, await read(located(checkpoint, gradient, shape)));
    }
    // Both round in float64, in other orders: 1e-16, some hundred times. Measured: up to 1.4e-15.
    expect(farthest(got.y, present(y, 'y'))).toBeLessThanOrEqual(1e-13);
    expect(apart(got.backward(present(dy, 'dy')), want)).toBeLessThanOrEqual(1e-13);
  });

  it('stay within their window, which begins at position 0', async () => {
    const rng = createRng(6);
    const { blocks } = await planOf(config);
    const planned = present(blocks[0], 'a block');
    const content = randomContent(rng, planned);
    const size = batch.length * config.hidden_size;
    const [x, dy] = [random(rng, 2 * size), random(rng, 2 * size)];
    const both = await tape(planned.block, x, content, batch);
    const sum = new Map<string, Float64Array>();
    for (const window of [0, 1]) {
      const part = (values: Float64Array) => values.subarray(window * size, (window + 1) * size);
      const alone = await tape(planned.block, part(x), content, { ...batch, windows: 1 });
      expect(alone.y).toEqual(part(both.y));
      const { x: dx, content: own } = alone.backward(part(dy));
      expect(part(both.backward(dy).x)).toEqual(dx);
      for (const [key, values] of own)
        sum.set(
          key,
          values.map((value, i) => value + (sum.get(key)?.[i] ?? 0)),
        );
    }
    // Sums over tokens in another order.
    for (const [key, values] of both.backward(dy).content) {
      expect(farthest(values, present(sum.get(key), key))).toBeLessThanOrEqual(1e-14);
    }
  });

  it('add up over the uses of a value and of a tensor', async () => {
    const layer = { name: 'twice', rows: 3, from: { tensor: 'twice' } };
    const block: Block = (b, h) => {
      const [once] = b.linear('first', h, [layer]) as [typeof h];
      const [twice] = b.linear('second', b.add(once, once), [layer]) as [typeof h];
      return b.add(h, b.gate('silu', twice, twice));
    };
    const rng = createRng(7);
    const [x, w, dy] = [random(rng, 12), random(rng, 9), random(rng, 12)];
    const content = new Map([['twice', w]]);
    const loss = async () => {
      const { y } = await tape(block, x, content, { windows: 1, length: 4 });
      return y.reduce((sum, value, i) => sum + value * (dy[i] as number), 0);
    };
    const want = await differences(loss, [['x', x], ...content]);
    const { backward } = await tape(block, x, content, { windows: 1, length: 4 });
    expect(apart(backward(dy), want)).toBeLessThanOrEqual(differenceBound);
    // The tape keeps nothing of it.
    expect(backward(dy)).toEqual(backward(dy));
  });

  it('are zeros where the result depends on nothing', async () => {
    const layer = { name: 'unread', rows: 2, from: { tensor: 'unread' } };
    const block: Block = (b, h) => {
      b.linear('aside', h, [layer]);
      return h;
    };
    const { y, backward } = await tape(block, [1, 2], new Map([['unread', [1, 2, 3, 4]]]), { windows: 1, length: 1 });
    expect([...y]).toEqual([1, 2]);
    const { x, content } = backward([3, 4]);
    expect([...x]).toEqual([3, 4]);
    expect([...present(content.get('unread'), 'a gradient')]).toEqual([0, 0, 0, 0]);
  });
});

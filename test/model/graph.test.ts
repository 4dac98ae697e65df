/** graph(block) run in onnxruntime = run(block): another program computes from the graph what the kernels do. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { graphOf } from '../../src/model/graph';
import { openModel } from '../../src/model/openModel';
import { openPlan, planOf } from '../../src/model/plan';
import type { Block, Steps } from '../../src/model/steps';
import { readMatrix, uploadMatrix } from '../../src/tensor/matrix';
import { bytesOf, openSession } from '../formats/onnxSession';
import { blockIndex, folder, goldenBlock, goldenCheckpoint, length } from '../golden/onnxBlock';
import { testGpu } from '../gpu';
import { nmse } from '../opCase';
import { goldenModel, openFolder, sharedModel, goldenNames } from './folder';
import { smallLlama } from './synthetic';
import { withWeights } from './withWeights';
import { sourceName } from '../../src/model/steps';

/** ‖ours − theirs‖/‖theirs‖: both round to f32 at every step, some tens of roundings of 6e-8 that partly cancel. */
const bound = 1e-5;
const error = (got: ArrayLike<number>, want: ArrayLike<number>) => Math.sqrt(nmse(got, want));

/** What a block adds to its input: alone, so that a large input does not hide it. */
const change = (after: Float32Array, before: Float32Array) => after.map((value, i) => value - (before[i] as number));

const floatsOf = (path: string) => new Float32Array(new Uint8Array(readFileSync(path)).buffer);

function expectSame(got: Float32Array, want: Float32Array, before: Float32Array): void {
  expect(error(got, want)).toBeLessThanOrEqual(bound);
  expect(error(change(got, before), change(want, before))).toBeLessThanOrEqual(bound);
}

function tokensOf(name: string) {
  const { windows } = JSON.parse(readFileSync(join(goldenModel(name), 'ids.json'), 'utf8')) as { windows: number[][] };
  // The place of a picture in VILA has no row in the table.
  return {
    ids: Uint32Array.from(windows.flat(), (id) => id % 64),
    batch: { windows: windows.length, length: windows[0]?.length ?? 0 },
  };
}

async function expectGraphsRun(name: string, checkpointFolder: string): Promise<void> {
  const gpu = await testGpu();
  using scope = gpu.scope('graph');
  const checkpoint = await openFolder(checkpointFolder);
  const model = await openModel(gpu, checkpoint);
  const { blocks, facts } = await openPlan(checkpoint);
  const { ids, batch } = tokensOf(name);
  const { windows, length } = batch;
  let hidden = await model.embed(scope, ids, length);
  for (const [index, { block }] of blocks.entries()) {
    const run = await openSession(await withWeights(await graphOf(block, facts.hidden, length), checkpoint));
    const before = await readMatrix(gpu, hidden);
    hidden = await model.forward(scope, await model.openBlock(scope, index), hidden, batch);
    const after = await readMatrix(gpu, hidden);
    expectSame(await run(before, [windows * length, facts.hidden]), after, before);
    // The windows of a graph are as many as it is given.
    const values = length * facts.hidden;
    const [firstBefore, firstAfter] = [before.slice(0, values), after.slice(0, values)];
    expectSame(await run(firstBefore, [length, facts.hidden]), firstAfter, firstBefore);
  }
}

const names = goldenNames;

describe('the graph of a block, run by onnxruntime, computes what the block does on the GPU', () => {
  it.each(names)('%s', (name) => expectGraphsRun(name, goldenModel(name)));

  const stories = sharedModel('stories260K-f32');
  if (stories) it('stories260K', () => expectGraphsRun('stories260K-f32', stories));
});

describe('a graph of blocks', () => {
  it('is that of a block that runs them: their values and masks stay apart', async () => {
    const gpu = await testGpu();
    using scope = gpu.scope('graph');
    // Its first block sees all keys, its second nine.
    const checkpoint = await openFolder(goldenModel('qwen2-window'));
    const model = await openModel(gpu, checkpoint);
    const { blocks, facts } = await openPlan(checkpoint);
    const { ids, batch } = tokensOf('qwen2-window');
    const all = async <T>(b: Steps<T>, h: T) => {
      for (const { block } of blocks) h = await block(b, h);
      return h;
    };
    let hidden = await model.embed(scope, ids, batch.length);
    const before = await readMatrix(gpu, hidden);
    for (const index of blocks.keys()) {
      hidden = await model.forward(scope, await model.openBlock(scope, index), hidden, batch);
    }
    const run = await openSession(await withWeights(await graphOf(all, facts.hidden, batch.length), checkpoint));
    expectSame(await run(before, [ids.length, facts.hidden]), await readMatrix(gpu, hidden), before);
  });
});

describe('the graph of a block', () => {
  it.each(names)('names the tensors that its trace names: %s', async (name) => {
    const { blocks, facts } = await openPlan(await openFolder(goldenModel(name)));
    for (const { block, tensors } of blocks) {
      const { weights } = await graphOf(block, facts.hidden, 5);
      const stored = tensors.flatMap(({ from, shape }) => (from ? [{ name: sourceName(from), from, shape }] : []));
      expect(weights).toEqual(stored);
    }
  });

  it('holds no table of length × length, and tables of positions once', async () => {
    const length = 2048;
    for (const change of [{}, { model_type: 'mistral', sliding_window: 100 }]) {
      const { blocks, facts } = await planOf({ ...smallLlama, ...change });
      const { constants } = await graphOf(blocks[0]!.block, facts.hidden, length);
      const long = constants.filter(({ shape }) => shape.includes(length)).map(({ name, shape }) => [name, ...shape]);
      expect(long).toEqual([
        ['cosines', length, 1, 2],
        ['sines', length, 1, 2],
        ['mask/queries', length, 1],
        ['mask/keys', 1, length],
      ]);
    }
  });

  it('masks by the window where that hides something, and only there', async () => {
    const operators = async (window: number | null, length: number) => {
      const config = { ...smallLlama, model_type: 'mistral', sliding_window: window };
      const { blocks, facts } = await planOf(config);
      return (await graphOf(blocks[0]!.block, facts.hidden, length)).nodes.map(({ op }) => op);
    };
    expect(await operators(8, 8)).toEqual(await operators(null, 8));
    expect(await operators(7, 8)).toContain('Less');
    expect(await operators(null, 8)).not.toContain('Less');
  });

  it('is of a block that keeps the width of its input, and does something', async () => {
    const still: Block = (_, h) => h;
    await expect(graphOf(still, 16, 4)).rejects.toThrow('does something');
    const wider: Block = (b, h) => b.linear('site', h, [{ name: 'wide', rows: 24, from: { tensor: 'wide' } }])[0]!;
    await expect(graphOf(wider, 16, 4)).rejects.toThrow('16 columns to 24');
  });
});

describe('a written block', () => {
  /** Made by test/golden/onnx_block.py with the ONNX project's own checker, shape inference and reference operators. */
  const checked = JSON.parse(readFileSync(join(folder, 'checked.json'), 'utf8')) as {
    sha256: string;
    ir: number;
    operators: Record<string, number>;
    nodes: Record<string, number>;
    initializers: Record<string, [string, ...number[]]>;
  };

  it('is the file that the readers of the ONNX project accept, and as they read it', async () => {
    const model = await goldenBlock();
    const bytes = await bytesOf(model);
    expect(bytes).toEqual(new Uint8Array(readFileSync(join(folder, 'block.onnx'))));
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(checked.sha256);
    expect({ ir: model.ir, operators: model.operators }).toEqual({ ir: checked.ir, operators: checked.operators });
    const { nodes, initializers } = model.graph;
    const counts: Record<string, number> = {};
    for (const { op } of nodes) counts[op] = (counts[op] ?? 0) + 1;
    expect(counts).toEqual(checked.nodes);
    const typeNames: Readonly<Record<string, string>> = { float32: 'FLOAT', int32: 'INT32', int64: 'INT64' };
    expect(initializers.map(({ name, type, shape }) => [name, [typeNames[type], ...shape]])).toEqual(
      Object.entries(checked.initializers),
    );
  });

  it('computes the same in their reference, in onnxruntime and on the GPU', async () => {
    const gpu = await testGpu();
    using scope = gpu.scope('reference');
    const [before, after] = [floatsOf(join(folder, 'input.f32')), floatsOf(join(folder, 'output.f32'))];
    const checkpoint = await goldenCheckpoint();
    const model = await openModel(gpu, checkpoint);
    const { hidden } = model.card;
    const tokens = before.length / hidden;
    const run = await openSession(await goldenBlock());
    expectSame(await run(before, [tokens, hidden]), after, before);
    const input = uploadMatrix(scope, before, tokens, hidden, 'input');
    const block = await model.openBlock(scope, blockIndex);
    const output = await model.forward(scope, block, input, { windows: tokens / length, length });
    expectSame(await readMatrix(gpu, output), after, before);
  });
});

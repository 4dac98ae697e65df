/**
 * Where the trace of a block says that a change of basis passes, it does: every input of every site of every golden is changed at random, what
 * makes it is changed back, and the logits stay. Where it says that nothing passes, the same change shows.
 */
import { describe, expect, it } from 'vitest';
import type { Scope } from '../../src/gpu/buffers';
import type { Gpu } from '../../src/gpu/gpu';
import type { Model, OpenBlock, Site } from '../../src/model/model';
import { openModel } from '../../src/model/openModel';
import { readMatrix, uploadMatrix, type Matrix } from '../../src/tensor/matrix';
import { present } from '../../src/util/assert';
import { createRng, type Rng } from '../../src/util/rng';
import { testGpu } from '../gpu';
import { goldenModel, goldenNames, openFolder } from '../model/folder';
import { nmse } from '../opCase';

const rng = createRng(11);
const ids = Uint32Array.from({ length: 24 }, () => 2 + rng.integer(58));

/** Relative, of logits. */
const exact = 1e-5;
const shows = 1e-3;

type Values = Float32Array<ArrayBuffer>;

/** A block whose tensors are read, changed on the host and put back. */
class Bench {
  constructor(
    readonly gpu: Gpu,
    readonly scope: Scope,
    readonly block: OpenBlock,
  ) {}

  async change(name: string, edit: (values: Values, cols: number) => void): Promise<void> {
    const { weights, others } = this.block;
    const matrix = present(weights.get(name) ?? others.get(name), name);
    const values = await readMatrix(this.gpu, matrix);
    edit(values, matrix.cols);
    const changed = uploadMatrix(this.scope, values, matrix.rows, matrix.cols, name);
    if (weights.has(name)) weights.set(name, changed);
    else (others as Map<string, Matrix>).set(name, changed);
  }

  async columns(site: Site, factor: (col: number) => number): Promise<void> {
    for (const { name } of site.layers) {
      await this.change(name, (values, cols) => values.forEach((v, at) => (values[at] = v * factor(at % cols))));
    }
  }

  /** Rows of a layer or a vector, with its bias. */
  async rows(name: string, factor: (row: number) => number): Promise<void> {
    await this.change(name, (values, cols) => {
      const width = this.block.weights.has(name) ? cols : 1;
      values.forEach((v, at) => (values[at] = v * factor(Math.floor(at / width))));
    });
    const bias = `${name}.bias`;
    if (this.block.others.has(bias)) {
      await this.change(bias, (values) => values.forEach((v, at) => (values[at] = v * factor(at))));
    }
  }
}

/** Positive factors about 1, one for each column. */
function factors(rng: Rng, count: number): Values {
  return Float32Array.from({ length: count }, () => Math.exp(0.5 * rng.normal()));
}

/** The layer before a site whose rows are its input's channels or heads. */
function sourceOf({ sites }: OpenBlock, site: Site): string {
  const kind = site.reads.kind;
  const before = sites.slice(0, sites.indexOf(site)).flatMap(({ layers }) => layers);
  return present(
    before.findLast(({ writes }) => writes === kind),
    `what writes the ${kind} of ${site.name}`,
  ).name;
}

/** M [size, size] mixes the rows of every value head, its inverse the columns that read it. */
async function mixHeads(bench: Bench, site: Site, size: number, repeat: number): Promise<void> {
  // I + a uᵀ with uᵀa = 0 has the inverse I − a uᵀ: mixed, and neither orthogonal nor symmetric.
  const a = Float64Array.from({ length: size }, (_, i) => (i % 2 ? 0.7 : 0));
  const u = Float64Array.from({ length: size }, (_, i) => (i % 2 ? 0 : 0.9 - (i / size) * 0.5));
  const source = sourceOf(bench.block, site);
  const mixRows = (values: Values, cols: number) => {
    for (let head = 0; head < values.length / (cols * size); head++) {
      for (let col = 0; col < cols; col++) {
        const at = (i: number) => (head * size + i) * cols + col;
        let along = 0;
        for (let i = 0; i < size; i++) along += (u[i] as number) * (values[at(i)] as number);
        for (let i = 0; i < size; i++) values[at(i)] = (values[at(i)] as number) + (a[i] as number) * along;
      }
    }
  };
  await bench.change(source, mixRows);
  if (bench.block.others.has(`${source}.bias`)) await bench.change(`${source}.bias`, (values) => mixRows(values, 1));
  for (const { name } of site.layers) {
    await bench.change(name, (values, cols) => {
      expect(cols % (size * repeat)).toBe(0);
      for (let begin = 0; begin < values.length; begin += size) {
        let along = 0;
        for (let i = 0; i < size; i++) along += (values[begin + i] as number) * (a[i] as number);
        for (let i = 0; i < size; i++) values[begin + i] = (values[begin + i] as number) - along * (u[i] as number);
      }
    });
  }
}

/** Changes the input of a site and changes what makes it back; whether the trace says that nothing may show. */
async function turn(bench: Bench, site: Site, all: readonly Site[], rng: Rng): Promise<'stays' | 'shows'> {
  const { reads } = site;
  const s = factors(rng, site.cols);
  switch (reads.kind) {
    case 'stream': {
      // Where one norm has several readers, all of them change.
      const readers = all.filter(({ reads: other }) => other.kind === 'stream' && other.norm === reads.norm);
      for (const reader of readers) await bench.columns(reader, (col) => s[col] as number);
      if (reads.norm !== null) await bench.rows(reads.norm, (row) => 1 / (s[row] as number));
      return reads.scales ? 'stays' : 'shows';
    }
    case 'heads':
      await mixHeads(bench, site, reads.size, reads.repeat);
      return 'stays';
    case 'channels':
      await bench.columns(site, (col) => s[col] as number);
      await bench.rows(sourceOf(bench.block, site), (row) => 1 / (s[row] as number));
      return 'stays';
    case 'gains':
      await bench.columns(site, (col) => s[col] as number);
      await bench.rows(reads.norm, (row) => 1 / (s[row] as number));
      return 'stays';
    case 'none': {
      await bench.columns(site, (col) => s[col] as number);
      const before = all[all.indexOf(site) - 1];
      for (const { name, rows } of before?.layers ?? []) {
        if (rows === site.cols) await bench.rows(name, (row) => 1 / (s[row] as number));
      }
      return 'shows';
    }
  }
}

async function logits(gpu: Gpu, model: Model, changed: OpenBlock | null): Promise<Values> {
  using scope = gpu.scope('logits');
  const batch = { windows: 1, length: ids.length };
  let hidden = await model.embed(scope, ids);
  for (let i = 0; i < model.blockCount; i++) {
    const block = i === changed?.index ? changed : await model.openBlock(scope, i);
    hidden = await model.forward(scope, block, hidden, batch);
  }
  const head = await model.openHead(scope);
  return await readMatrix(gpu, head.logits(scope, hidden));
}

describe('a change of basis', () => {
  it.each(goldenNames)('passes where the trace of %s says so, and nowhere else', async (name) => {
    const gpu = await testGpu();
    const model = await openModel(gpu, await openFolder(goldenModel(name)));
    const want = await logits(gpu, model, null);
    const index = model.blockCount - 1;
    for (const site of model.sites(index)) {
      using scope = gpu.scope('changed');
      const block = await model.openBlock(scope, index);
      const said = await turn(new Bench(gpu, scope, block), site, block.sites, rng.fork(site.name));
      const difference = Math.sqrt(nmse(await logits(gpu, model, block), want));
      if (said === 'stays') expect(difference, site.name).toBeLessThanOrEqual(exact);
      else expect(difference, site.name).toBeGreaterThan(shows);
    }
  });
});

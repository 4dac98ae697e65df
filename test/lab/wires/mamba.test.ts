/** The wires inside the mixers of Mamba, Falcon-Mamba and Mamba-2. */
import { describe, it } from 'vitest';
import type { Rng } from '../../../src/util/rng';
import {
  diagonal,
  dual,
  inverse,
  invertible,
  ofRuns,
  orthogonal,
  permutation,
  scales,
  type Basis,
} from '../../model/basis';
import { turnBefore } from '../../model/blocksAround';
import { onColumns, type HostBlock } from '../../model/hostModel';
import { cells, hold, type Edit } from './cell';

type Make = (size: number, rng: Rng) => Basis;

const every =
  (edit: (block: HostBlock, rng: Rng) => void): Edit =>
  ({ blocks }, rng) => {
    for (const block of blocks) edit(block, rng);
  };

const ones = ['mamba', 'mamba-biased'];
const falcon = ['falcon-mamba'];

describe('step sizes of Mamba, from their narrow layer to their wide one', () => {
  const through = (make: Make): Edit =>
    every((block, rng) => {
      const basis = make(block.tensor('mixer.x_proj.dt').rows, rng);
      block.makes('mixer.x_proj.dt', basis);
      block.reads('mixer.dt_proj', basis);
    });
  it.each([
    ...cells(ones, 'any matrix', through(invertible)),
    ...cells([...ones, ...falcon], 'rotated', through(orthogonal)),
    ...cells(ones, 'factors', through(scales)),
    // Divided by their root mean square, which a rotation does not change.
    ...cells(falcon, 'factors', through(scales), [0.08, 0.2]),
    ...cells(falcon, 'any matrix', through(invertible), [0.08, 0.2]),
  ])('of $golden: $change', hold);
});

describe('B and C of Mamba', () => {
  const through = (make: Make, decays: 'too' | 'not' = 'not'): Edit =>
    every((block, rng) => {
      const basis = make(block.tensor('mixer.x_proj.B').rows, rng);
      block.makes('mixer.x_proj.B', basis);
      block.makes('mixer.x_proj.C', dual(basis));
      if (decays === 'too') block.reads('mixer.A_log', basis);
    });
  const one: Make = (size, rng) => diagonal(new Float64Array(size).fill(Math.exp(0.5 + rng.uniform())));
  it.each([
    ...cells(ones, 'one factor', through(one)),
    ...cells(ones, 'factors', through(scales)),
    ...cells(ones, 'states in another order, with their decays', through(permutation, 'too')),
    ...cells(falcon, 'states in another order, with their decays', through(permutation, 'too')),
    ...cells(ones, 'states in another order, without their decays', through(permutation), 0.3),
    ...cells(ones, 'rotated', through(orthogonal), 0.4),
    // What depends on it goes through five layers of each mixer: with smaller matrices it hardly shows.
    ...cells(ones, 'rotated, smaller matrices', through(orthogonal), 4e-3).map((cell) => ({ ...cell, layers: 0.5 })),
    ...cells(falcon, 'one factor', through(one), [0.08, 0.2]),
    ...cells(falcon, 'factors', through(scales), [0.08, 0.2]),
  ])('of $golden: $change', hold);
});

describe('channels of Mamba', () => {
  const makers = ['mixer.in_proj.u', 'mixer.conv1d', 'mixer.dt_proj', 'mixer.dt_bias', 'mixer.A_log', 'mixer.D'];
  const through = (make: Make, without: readonly string[] = []): Edit =>
    every((block, rng) => {
      const basis = make(block.tensor('mixer.D').rows, rng);
      for (const key of [...makers, 'mixer.in_proj.z'].filter((key) => !without.includes(key))) block.makes(key, basis);
      for (const key of ['mixer.x_proj.dt', 'mixer.x_proj.B', 'mixer.x_proj.C', 'mixer.out_proj'])
        block.reads(key, basis);
    });
  /** The channels before the convolution, read in the other basis behind the scan. */
  const offline = (make: Make): Edit =>
    every((block, rng) => {
      const basis = make(block.tensor('mixer.D').rows, rng);
      block.makes('mixer.in_proj.u', basis);
      for (const key of ['mixer.x_proj.dt', 'mixer.x_proj.B', 'mixer.x_proj.C', 'mixer.out_proj'])
        block.reads(key, basis);
    });
  const atRun = (site: string, make: Make): Edit =>
    every((block, rng) => {
      const layers = block.sites.find(({ name }) => name === site)?.layers ?? [];
      const basis = make(block.tensor('mixer.D').rows, rng);
      turnBefore(block, site, basis);
      for (const { name } of layers) block.reads(name, basis);
    });
  const all = [...ones, ...falcon];
  it.each([
    ...cells(all, 'in another order', through(permutation)),
    ...cells(all, 'in another order, without the decays', through(permutation, ['mixer.A_log']), 0.3),
    ...cells(all, 'rotated', offline(orthogonal), [0.96, 1.4]),
    ...cells(all, 'factors', offline(scales), 0.3),
    ...cells(all, 'rotated when the model runs, before x_proj', atRun('mixer.x', orthogonal)),
    ...cells(all, 'rotated when the model runs, before out_proj', atRun('mixer.out', orthogonal)),
    ...cells(all, 'factors when the model runs, before out_proj', atRun('mixer.out', scales)),
  ])('of $golden: $change', hold);
});

describe('the gated norm of Mamba-2', () => {
  const norm = 'mixer.norm';
  const out = 'mixer.out_proj';
  const scaled: Edit = every((block, rng) => {
    const basis = scales(block.tensor(norm).rows, rng);
    block.makes(norm, basis);
    block.reads(out, basis);
  });
  /** Gains folded, channels of the mixer rotated on both sides of the scan. */
  const offline: Edit = every((block, rng) => {
    const gains = block.tensor(norm);
    const basis = orthogonal(gains.rows, rng);
    onColumns(block.tensor(out), inverse(diagonal(gains.values)));
    gains.values.fill(1);
    for (const key of ['mixer.in_proj.x', 'mixer.in_proj.z']) block.makes(key, basis);
    block.reads(out, basis);
  });
  const atRun: Edit = every((block, rng) => {
    const basis = orthogonal(block.tensor(norm).rows, rng);
    turnBefore(block, 'mixer.out', basis);
    block.reads(out, basis);
  });
  const goldens = ['mamba2', 'mamba2-groups'];
  it.each([
    ...cells(goldens, 'factors in its gains', scaled),
    ...cells(goldens, 'rotated', offline, [0.96, 1.4]),
    ...cells(goldens, 'rotated when the model runs, before out_proj', atRun),
  ])('of $golden: $change', hold);
});

describe('channels of Mamba-2', () => {
  const inner = ['mixer.in_proj.x', 'mixer.in_proj.z', 'mixer.conv1d.x', 'mixer.norm'];
  const heads = ['mixer.in_proj.dt', 'mixer.dt_bias', 'mixer.A_log', 'mixer.D'];
  const channels = (make: Make): Edit =>
    every((block, rng) => {
      const count = block.tensor('mixer.D').rows;
      const size = block.tensor('mixer.norm').rows / count;
      const bases = Array.from({ length: count }, () => make(size, rng));
      for (const key of inner) block.makes(key, bases);
      block.reads('mixer.out_proj', bases);
    });
  /** Heads change places among those that share B and C, and are normed together. */
  const wholeHeads = (groups: number): Edit =>
    every((block, rng) => {
      const count = block.tensor('mixer.D').rows;
      const size = block.tensor('mixer.norm').rows / count;
      const orders = Array.from({ length: groups }, () => permutation(count / groups, rng));
      const wide = orders.map((order) => ofRuns(order, size));
      for (const key of heads) block.makes(key, orders);
      for (const key of inner) block.makes(key, wide);
      block.reads('mixer.out_proj', wide);
    });
  it.each([
    ...cells(['mamba2', 'mamba2-groups'], 'of a head in another order', channels(permutation)),
    ...cells(['mamba2', 'mamba2-groups'], 'of a head rotated', channels(orthogonal), [0.96, 1.4]),
    ...cells(['mamba2'], 'heads in another order', wholeHeads(1)),
    ...cells(['mamba2-groups'], 'heads in another order, within their group', wholeHeads(2)),
  ])('of $golden: $change', hold);
});

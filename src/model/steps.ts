/**
 * The steps that blocks are made of, bound to one block, one batch and a scope for temporaries; architectures/ compose them. Weights
 * are found by name; the input of every site is shown to the tap before its layers run.
 */
import type { Scope } from '../gpu/buffers';
import type { Gpu } from '../gpu/gpu';
import { matmul } from '../tensor/matmul';
import type { Matrix } from '../tensor/matrix';
import { attention } from '../tensor/nn/attention';
import { rmsNorm } from '../tensor/nn/rmsNorm';
import { rope } from '../tensor/nn/rope';
import { siluMultiply } from '../tensor/nn/siluMultiply';
import { present } from '../util/assert';
import { sitesOf } from './blueprint';
import type { ModelConfig } from './config';
import type { Batch, Block, Tap } from './model';

export interface Steps {
  /** √mean-square norm with the named weights, of rows or of heads, as wide as the weights are. */
  norm(name: string, x: Matrix): Matrix;
  /** x Wᵀ + bias for each layer of the site. */
  linear(site: string, x: Matrix): readonly Matrix[];
  /** residual += x Wᵀ + bias, in place, for the one layer of the site. */
  addLinear(site: string, x: Matrix, residual: Matrix): void;
  /** Rotates queries or keys by their positions, in place; returns them. */
  rotate(x: Matrix): Matrix;
  attend(q: Matrix, k: Matrix, v: Matrix): Matrix;
  /** silu(gate) · up, in place of gate. */
  siluMultiply(gate: Matrix, up: Matrix): Matrix;
}

/** What a step needs to know beside the matrices it is given. */
export interface Place {
  readonly config: ModelConfig;
  readonly block: Block;
  readonly batch: Batch;
  /** [length, head size], see tensor/nn/rope.ts. */
  readonly ropeTable: Matrix;
  readonly tap?: Tap | undefined;
}

export function createSteps(gpu: Gpu, scope: Scope, { config, block, batch, ropeTable, tap }: Place): Steps {
  const sites = sitesOf(config);
  const other = (name: string) => present(block.others.get(name), `block ${block.index}: ${name}`);
  const layersOf = (siteName: string, x: Matrix) => {
    const site = present(
      sites.find(({ name }) => name === siteName),
      `site ${siteName}`,
    );
    tap?.(site, x);
    return site.layers.map(({ name }) => {
      const bias = block.others.get(`${name}.bias`);
      return {
        weight: present(block.weights.get(name), `block ${block.index}: ${name}`),
        options: { label: name, ...(bias && { bias }) },
      };
    });
  };
  return {
    norm: (name, x) => rmsNorm(gpu, scope, x, other(name), config.epsilon),
    linear: (site, x) => layersOf(site, x).map(({ weight, options }) => matmul(gpu, scope, x, weight, options)),
    addLinear: (site, x, residual) => {
      for (const { weight, options } of layersOf(site, x)) {
        matmul(gpu, scope, x, weight, { ...options, into: residual });
      }
    },
    rotate: (x) => {
      rope(gpu, x, ropeTable);
      return x;
    },
    attend: (q, k, v) =>
      attention(gpu, scope, q, k, v, {
        heads: config.heads,
        keyValueHeads: config.keyValueHeads,
        length: batch.length,
        slidingWindow: present(config.slidingWindows[block.index], `window of layer ${block.index}`),
      }),
    siluMultiply: (gate, up) => siluMultiply(gpu, gate, up),
  };
}

/** Which experts a token goes to, and with what weights: the top k of a softmax over the router's logits (Shazeer et al., 2017). */
import grid from '../../../shaders/lib/grid.wgsl?raw';
import code from '../../../shaders/nn/route.wgsl?raw';
import type { Scope } from '../../gpu/buffers';
import { read, readWrite, type Gpu } from '../../gpu/gpu';
import { defineKernel } from '../../gpu/kernel';
import { assert } from '../../util/assert';
import { emptyMatrix, type Matrix } from '../matrix';
import { panelOf, panelsOf } from '../panels';

export const routeKernel = defineKernel({
  name: 'route',
  code,
  lib: [grid],
  bindings: { logits: 'read', chosen: 'readWrite', weights: 'readWrite' },
  params: {
    tokens: 'u32',
    experts: 'u32',
    count: 'u32',
    groups: 'u32',
    groups_kept: 'u32',
    normalise: 'u32',
    scale: 'f32',
    epsilon: 'f32',
  },
});

/** What the kernel has room for: a bit for every expert, and a pass over all of them for every choice. */
export const mostExperts = 256;
export const mostChoices = 16;

export interface Routing {
  /** Experts of a token. */
  readonly count: number;
  /** Whether the chosen weights are divided by their sum + epsilon. */
  readonly normalise: boolean;
  /** Factor of every weight. */
  readonly scale: number;
  readonly epsilon: number;
  /** Experts in `count` groups of equal size: only the `kept` groups with the best single experts are looked at. */
  readonly groups?: { readonly count: number; readonly kept: number };
}

export interface Routes {
  /** [tokens, count] u32: experts, the best first; of equal ones the lowest index. */
  readonly chosen: Matrix;
  /** [tokens, count] f32. */
  readonly weights: Matrix;
}

/** logits [tokens, experts] f32, at most 256 experts, of which at most 16 are chosen. */
export function route(gpu: Gpu, scope: Scope, logits: Matrix, rule: Routing): Routes {
  const { count, normalise, scale, epsilon, groups = { count: 1, kept: 1 } } = rule;
  const { rows: tokens, cols: experts } = logits;
  assert(logits.type === 'f32' && experts <= mostExperts && count <= mostChoices, `${count} of ${experts} experts`);
  assert(experts % groups.count === 0 && groups.kept <= groups.count, `${groups.kept} of ${groups.count} groups`);
  assert(count > 0 && count <= (experts / groups.count) * groups.kept, `${count} experts of ${groups.kept} groups`);
  const chosen = emptyMatrix(scope, tokens, count, 'chosen experts');
  const weights = emptyMatrix(scope, tokens, count, 'weights of experts');
  for (const panel of panelsOf(gpu, tokens, experts)) {
    const rows = panel.end - panel.begin;
    gpu.run(routeKernel, {
      bind: {
        logits: read(panelOf(logits, panel).view),
        chosen: readWrite(panelOf(chosen, panel).view),
        weights: readWrite(panelOf(weights, panel).view),
      },
      params: {
        ...{ tokens: rows, experts, count, groups: groups.count, groups_kept: groups.kept },
        ...{ normalise: normalise ? 1 : 0, scale, epsilon },
      },
      workgroups: Math.ceil(rows / 64),
      work: rows * experts * (2 * (count + groups.kept) + 4),
    });
  }
  return { chosen, weights };
}

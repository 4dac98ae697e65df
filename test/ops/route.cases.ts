import { chooseExperts, expertWeights } from '../../src/reference/route';
import { uploadMatrix } from '../../src/tensor/matrix';
import { route, type Routing } from '../../src/tensor/nn/route';
import type { Rng } from '../../src/util/rng';
import { normals, type OpCase } from '../opCase';

const plain = { normalise: false, scale: 1, epsilon: 0 };
/** Of Mixtral: softmax over the chosen logits. */
const normalised = { ...plain, normalise: true };

type Logits = (rng: Rng, tokens: number, experts: number) => Float32Array<ArrayBuffer>;

const normal =
  (spread: number): Logits =>
  (rng, tokens, experts) =>
    normals(rng, tokens * experts, spread);

/** Few values, so that many experts are equally good. */
const tied: Logits = (rng, tokens, experts) =>
  Float32Array.from({ length: tokens * experts }, () => rng.integer(3) - 1);

/** Both results of a route: `chosen` as numbers, or `weights`. */
const shapes = (
  label: string,
  tokens: number,
  experts: number,
  rule: Routing,
  logits: Logits = normal(2),
  benchOnly = false,
): OpCase[] =>
  (['chosen', 'weights'] as const).map((kind) => ({
    op: 'route',
    label: `${kind}: ${label}, ${tokens} tokens, ${rule.count} of ${experts}`,
    work: tokens * experts * (2 * rule.count + 4),
    benchOnly,
    tolerance:
      kind === 'chosen'
        ? { atol: 0, rtol: 0, because: 'a choice compares f32 logits, which float64 holds exactly' }
        : {
            atol: 1e-12,
            rtol: 2e-5,
            because: 'WGSL allows exp an error of 3 + 2·|x| ulp; what is below atol is no part of any sum',
          },
    prepare: (gpu, scope, rng) => {
      const values = logits(rng, tokens, experts);
      const onGpu = uploadMatrix(scope, values, tokens, experts, 'logits');
      const sizes = { ...rule, experts };
      return {
        run: async (into) => {
          const routes = route(gpu, into, onGpu, rule);
          if (kind === 'weights') return routes.weights;
          const chosen = new Uint32Array(await gpu.read(routes.chosen.view));
          return uploadMatrix(into, Float32Array.from(chosen), tokens, rule.count, 'chosen');
        },
        reference: () => {
          const chosen = chooseExperts(values, sizes);
          return kind === 'chosen' ? chosen : expertWeights(values, chosen, sizes);
        },
      };
    },
  }));

export const cases: readonly OpCase[] = [
  ...shapes('one expert', 1, 1, { ...normalised, count: 1 }),
  ...shapes('Mixtral', 63, 8, { ...normalised, count: 2 }),
  ...shapes('Mixtral, far apart', 64, 8, { ...normalised, count: 2 }, normal(60)),
  ...shapes('not normalised', 65, 60, { ...plain, count: 4 }),
  ...shapes('normalised with ε', 65, 64, { ...normalised, count: 6, epsilon: 0.5, scale: 2.5 }),
  ...shapes('all', 3, 16, { ...plain, count: 16 }),
  ...shapes('many', 130, 256, { ...normalised, count: 16 }),
  ...shapes('ties', 65, 33, { ...plain, count: 8 }, tied),
  ...shapes('groups', 65, 40, { ...plain, count: 6, scale: 16, groups: { count: 8, kept: 3 } }),
  ...shapes('groups, ties', 65, 40, { ...plain, count: 6, groups: { count: 8, kept: 3 } }, tied),
  ...shapes('groups over words', 9, 160, { ...normalised, count: 12, groups: { count: 4, kept: 3 } }),
  ...shapes('DeepSeek-V2', 8192, 160, { ...plain, count: 6, groups: { count: 8, kept: 3 } }, normal(2), true),
];

/**
 * The MLP half of a block as a mixture of experts (Shazeer et al., 2017; Fedus et al., 2022), with experts that all tokens share (Dai et al.,
 * 2024): each expert is a gated MLP.
 */
import type { Activation } from '../../util/activation';
import { limits } from '../decoder';
import type { Fields } from '../fields';
import { after, one, type Linear, type RouteRule, type Source, type Steps } from '../steps';
import type { Names } from './names';

/** Experts of one layer. */
export interface Experts {
  readonly rule: RouteRule;
  /** Width of an expert. */
  readonly intermediate: number;
  /** Names inside the block of the router, and of an expert's layers in a file that stores each by itself. */
  readonly router: string;
  readonly layers: (expert: number) => Readonly<Record<'gate' | 'up' | 'down', string>>;
  /** Of the router, in files that store all experts as one tensor. */
  readonly renamed?: string;
  /** An expert that all tokens share, as wide as it is, and the layer of one row whose sigmoid weighs it. */
  readonly shared?: { readonly name: string; readonly intermediate: number; readonly gate?: string };
}

/** What most releases call them. */
export const usualNames: Pick<Experts, 'router' | 'layers'> = {
  router: 'mlp.gate',
  layers: (expert) => {
    const name = (layer: string) => `mlp.experts.${expert}.${layer}_proj`;
    return { gate: name('gate'), up: name('up'), down: name('down') };
  },
};

const sharedSite = 'shared';
/** The last site of an expert that all tokens share. */
export const sharedDown = `${sharedSite}.down`;

/** What is the same in all MLPs of a block. */
export interface MlpPlace {
  readonly names: Names;
  readonly hidden: number;
  readonly activation: Activation;
}

/** Σ w_e E_e(x) over the chosen experts, and S(x), or sigmoid(s x) S(x). */
export function mixtureMlp<T>(b: Steps<T>, x: T, experts: Experts, place: MlpPlace): T | Promise<T> {
  const { rule, router, renamed, shared } = experts;
  const { names } = place;
  const scores = names.linear(router, rule.experts);
  const or = renamed === undefined ? {} : { or: names.linear(renamed, rule.experts).from };
  const logits = one(b, 'mlp.router', x, { ...scores, from: { ...scores.from, ...or } }, 'stays');
  const expert = (e: number, rows: T) =>
    gatedMlp(b, rows, `expert.${e}`, layersOf(experts, e, place), place.activation);
  return after(b.mixture(rule, logits, x, expert), (mixed) => {
    if (!shared) return mixed;
    const { name, intermediate, gate } = shared;
    const layers = {
      gate: names.linear(`${name}.gate_proj`, intermediate),
      up: names.linear(`${name}.up_proj`, intermediate),
      down: names.linear(`${name}.down_proj`, place.hidden),
    };
    const made = gatedMlp(b, x, sharedSite, layers, place.activation);
    if (gate === undefined) return b.add(mixed, made);
    const weight = one(b, 'shared.gate', x, names.linear(gate, 1), 'stays');
    return b.add(mixed, b.weigh(made, weight));
  });
}

type MlpLayers = Readonly<Record<'gate' | 'up' | 'down', Linear>>;

/** W_down (act(W_gate x) · W_up x) (Shazeer, 2020), its sites `site`.gate-up and `site`.down. */
export function gatedMlp<T>(b: Steps<T>, x: T, site: string, layers: MlpLayers, activation: Activation): T {
  const [gate, up] = b.linear(`${site}.gate-up`, x, [layers.gate, layers.up]) as [T, T];
  return one(b, `${site}.down`, b.gate(activation, gate, up), layers.down);
}

/**
 * Of one expert: tensors of its own, or slabs of two that hold all experts, as transformers has them in memory: [experts, 2 · intermediate, hidden],
 * the gates before the others, and [experts, hidden, intermediate].
 */
function layersOf({ rule, intermediate, layers }: Experts, e: number, { names, hidden }: MlpPlace): MlpLayers {
  const own = layers(e);
  const slab = { at: e, of: rule.experts };
  const linear = (name: string, rows: number, or: Source): Linear => {
    const layer = names.linear(name, rows);
    return { ...layer, from: { ...layer.from, or } };
  };
  const half = (begin: number): Source => ({
    tensor: names.whole('mlp.experts.gate_up_proj'),
    slab,
    rows: { begin, end: begin + intermediate, of: 2 * intermediate },
  });
  return {
    gate: linear(own.gate, intermediate, half(0)),
    up: linear(own.up, intermediate, half(intermediate)),
    down: linear(own.down, hidden, { tensor: names.whole('mlp.experts.down_proj'), slab }),
  };
}

/** Most experts, and most of them a token may choose: what the kernel of the router has room for. */
const most = { experts: 256, chosen: 16 };

const countNames = ['num_local_experts', 'num_experts', 'n_routed_experts'];

/** Sizes where a file names none; one without them is refused where they are left out. */
export interface CountDefaults {
  readonly experts?: number;
  readonly chosen?: number;
}

/** How many experts there are, by any of the names that releases have for it, and how many of them a token goes to. */
export function readCounts(fields: Fields, defaults: CountDefaults = {}): Pick<RouteRule, 'experts' | 'count'> {
  const { experts: usual, chosen } = defaults;
  const named = countNames.find((name) => fields.has(name)) ?? 'num_experts';
  const fallback = (value: number | undefined) => (value === undefined ? {} : { fallback: value });
  const experts = fields.integer(named, { min: 1, max: most.experts, ...fallback(usual) });
  const max = Math.min(experts, most.chosen);
  return { experts, count: fields.integer('num_experts_per_tok', { min: 1, max, ...fallback(chosen) }) };
}

/** The softmax over all, or divided by the sum of the chosen where norm_topk_prob says so; it does not where nothing is said. */
export function readRoute(fields: Fields, defaults: CountDefaults): RouteRule {
  const normalise = fields.flag('norm_topk_prob', false);
  return { ...readCounts(fields, defaults), normalise, scale: 1, epsilon: 0 };
}

export const readWidth = (fields: Fields, field: string, fallback: number): number =>
  fields.integer(field, { min: 1, max: limits.intermediate, fallback });

/** Whether a layer has experts: every `decoder_sparse_step`-th of those that `mlp_only_layers` does not name. */
export function sparseLayers(fields: Fields): (layer: number) => boolean {
  const step = fields.integer('decoder_sparse_step', { min: 1, max: limits.layers, fallback: 1 });
  const dense: unknown = fields.values.mlp_only_layers ?? [];
  if (!Array.isArray(dense) || !dense.every((layer) => Number.isInteger(layer))) {
    throw fields.fail('mlp_only_layers', 'a list of the numbers of layers');
  }
  return (layer) => !dense.includes(layer) && (layer + 1) % step === 0;
}

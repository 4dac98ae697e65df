/**
 * Mamba-2 (Dao and Gu, 2024), as transformers writes it and as its authors do: h + W_out Norm(scan(x) · silu(z)). One layer makes the gate z, the
 * channels x, B, C and the step sizes; x, B and C are convolved. Heads of channels decay as a whole.
 */
import { limits } from '../decoder';
import type { Architecture, Blueprint } from '../blueprint';
import type { Fields } from '../fields';
import {
  filtersIn,
  isOriginalOf,
  mambaFields,
  mambaPlan,
  parameterIn,
  readMixer,
  type MambaDefaults,
  type MambaFields,
  type Mixer,
} from '../parts/mamba';
import { namesIn } from '../parts/names';
import { one, type Block, type Filters, type Gains } from '../steps';

export const architecture: Architecture = {
  name: 'mamba2',
  claims: (fields) => isOriginalOf(fields, 'Mamba2'),
  blueprint,
};

const transformersDefaults = { hidden: 4096, layers: 64, vocabulary: 32_768, states: 128, tied: false };

interface Heads {
  readonly heads: number;
  /** Runs of heads that share B and C, and channels that are normed together. */
  readonly groups: number;
  /** Of step sizes. */
  readonly low: number;
  readonly high: number;
}

function blueprint(fields: Fields): Blueprint {
  const said = mambaFields(fields);
  const defaults: MambaDefaults = transformersDefaults;
  const mixer = readMixer(said, defaults);
  const heads = readHeads(said, mixer);
  return mambaPlan(said, mixer, defaults, heads.heads, (prefix) => blockOf(prefix, mixer, heads));
}

function readHeads({ outer, mixer, names }: MambaFields, { inner }: Mixer): Heads {
  const original = outer !== mixer;
  const size = mixer.integer(names.headSize, { min: 4, max: 1024, fallback: 64 });
  if (size % 4 || inner % size) {
    throw mixer.fail(names.headSize, `a multiple of 4 that divides the ${inner} channels of the mixer`);
  }
  const heads = original ? inner / size : mixer.integer(names.heads, { min: 1, max: limits.hidden, fallback: 128 });
  if (heads * size !== inner) {
    throw mixer.fail(names.heads, `${inner / size}: the ${inner} channels of the mixer in heads of ${size}`);
  }
  const groups = mixer.integer(names.groups, { min: 1, max: heads, fallback: original ? 1 : 8 });
  if (heads % groups) throw mixer.fail(names.groups, `a divisor of the ${heads} heads`);
  for (const field of original ? ['D_has_hdim', 'norm_before_gate'] : []) {
    if (mixer.flag(field, false)) throw mixer.fail(field, 'false');
  }
  if (original && !mixer.flag('rmsnorm', true)) throw mixer.fail('rmsnorm', 'true');
  return { heads, groups, ...readLimits(mixer, names.stepLimits) };
}

/** Python writes the infinite limit as a bare Infinity, which is read as a text, or transformers 5 as an object. */
function readLimits(mixer: Fields, field: string): Pick<Heads, 'low' | 'high'> {
  if (!mixer.has(field)) return { low: 0, high: Infinity };
  const value = mixer.values[field];
  const [low, high] = (Array.isArray(value) && value.length === 2 ? value : []).map(limitOf);
  if (low === undefined || high === undefined || !(low >= 0 && low < high) || low === Infinity) {
    throw mixer.fail(field, 'two numbers from 0 on, the second larger, or Infinity');
  }
  return { low, high };
}

function limitOf(value: unknown): number {
  const written =
    typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>).__float__ : value;
  if (written === 'Infinity') return Infinity;
  return typeof written === 'number' ? written : NaN;
}

function blockOf(prefix: string, mixer: Mixer, { heads, groups, low, high }: Heads): Block {
  const { hidden, inner, states, epsilon, biased } = mixer;
  const names = namesIn(prefix);
  const shared = groups * states;
  const rows = { z: inner, x: inner, B: shared, C: shared, dt: heads };
  const parts = Object.entries(rows).map(([part, rows]) => names.linear(`mixer.in_proj.${part}`, rows));
  const into = names.within('mixer.in_proj', parts, biased);
  const filters = filtersIn(
    prefix,
    (['x', 'B', 'C'] as const).map((part) => [`mixer.conv1d.${part}`, rows[part]]),
    mixer,
  ) as [Filters, Filters, Filters];
  const steps = { bias: parameterIn(prefix, 'mixer.dt_bias', heads), low, high };
  const rule = {
    ...{ heads, groups, states },
    decays: parameterIn(prefix, 'mixer.A_log', heads),
    through: parameterIn(prefix, 'mixer.D', heads),
  };
  const gated: Gains = { ...names.gains('mixer.norm', inner), ...(groups > 1 && { run: inner / groups }) };
  return (b, h) => {
    type T = typeof h;
    const normed = b.norm(names.gains('norm', hidden), h, { kind: 'rms', epsilon });
    const [z, ...made] = b.linear('mixer.in', normed, into) as [T, T, T, T, T];
    const [x, B, C] = filters.map((filter, i) => b.activate('silu', b.convolve(filter, made[i] as T))) as [T, T, T];
    const y = b.scan(rule, { x, delta: b.softplus(steps, made[3]), b: B, c: C });
    const mixed = b.norm(gated, b.gate('silu', z, y), { kind: 'rms', epsilon });
    return b.add(h, one(b, 'mixer.out', mixed, names.linear('mixer.out_proj', hidden, biased)));
  };
}

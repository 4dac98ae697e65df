/**
 * The block of Mamba (Gu and Dao, 2023): h + W_out (scan(u) · silu(z)), u = silu(convolution of W_u x), x = Norm(h). Step sizes, B and C of the
 * scan are made of u; Falcon-Mamba (Zuo et al., 2024) norms each of the three first.
 */
import type { Blueprint } from '../blueprint';
import type { Fields } from '../fields';
import { present } from '../../util/assert';
import { one, type Block, type Filters } from '../steps';
import { filtersIn, mambaFields, mambaPlan, parameterIn, readMixer, type MambaDefaults, type Mixer } from './mamba';
import { namesIn } from './names';

const defaults: MambaDefaults = { hidden: 768, layers: 32, vocabulary: 50_280, states: 16, tied: true };

/** `normed`: ε of the norms of step sizes, B and C; null for none. */
export function mambaOne(fields: Fields, normed: number | null): Blueprint {
  const said = mambaFields(fields);
  const mixer = readMixer(said, defaults);
  const { mixer: own, names } = said;
  const auto = Math.ceil(mixer.hidden / 16);
  const rank =
    own.values[names.rank] === 'auto' ? auto : own.integer(names.rank, { min: 1, max: mixer.inner, fallback: auto });
  return mambaPlan(said, mixer, defaults, 0, (prefix) => blockOf(prefix, mixer, rank, normed));
}

function blockOf(prefix: string, mixer: Mixer, rank: number, normed: number | null): Block {
  const { hidden, inner, states, epsilon, biased } = mixer;
  const names = namesIn(prefix);
  const within = (name: string, parts: readonly (readonly [string, number])[], biased = false) =>
    names.within(
      name,
      parts.map(([part, rows]) => names.linear(`${name}.${part}`, rows)),
      biased,
    );
  const into = within(
    'mixer.in_proj',
    [
      ['u', inner],
      ['z', inner],
    ],
    biased,
  );
  const made = within('mixer.x_proj', [
    ['dt', rank],
    ['B', states],
    ['C', states],
  ]);
  const [filters] = filtersIn(prefix, [['mixer.conv1d', inner]], mixer) as [Filters];
  // The layer of the step sizes has a bias in the file; the step after it adds it, in float32 whatever becomes of the layer.
  const bias = { ...parameterIn(prefix, 'mixer.dt_proj.bias', inner), name: 'mixer.dt_bias' };
  const steps = { bias, low: 0, high: Infinity };
  const rule = {
    ...{ heads: inner, groups: 1, states },
    decays: parameterIn(prefix, 'mixer.A_log', inner, states),
    through: parameterIn(prefix, 'mixer.D', inner),
  };
  return (b, h) => {
    type T = typeof h;
    const x = b.norm(names.gains('norm', hidden), h, { kind: 'rms', epsilon });
    const [before, z] = b.linear('mixer.in', x, into) as [T, T];
    const u = b.activate('silu', b.convolve(filters, before));
    const [dt, B, C] = b.linear('mixer.x', u, made, 'stays').map((y, i) => {
      const { name, rows } = present(made[i], 'a layer');
      if (normed === null) return y;
      return b.norm({ name: `${name}_norm`, width: rows, from: null }, y, { kind: 'rms', epsilon: normed });
    }) as [T, T, T];
    const widened = one(b, 'mixer.dt', dt, names.linear('mixer.dt_proj', inner), 'stays');
    const y = b.scan(rule, { x: u, delta: b.softplus(steps, widened), b: B, c: C });
    return b.add(h, one(b, 'mixer.out', b.gate('silu', z, y), names.linear('mixer.out_proj', hidden, biased)));
  };
}

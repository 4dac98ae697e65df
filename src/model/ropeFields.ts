/** The rotary embedding as config.json tells it, in the spellings of all releases: rope_parameters, or rope_theta and rope_scaling. */
import { describe } from '../formats/strictJson';
import type { Fields } from './fields';
import { rotatedWidth, type Rope, type Stretch } from './rotary';

export interface RopeDefaults {
  /** The base where a file names none; 10 000 when left out. */
  readonly base?: number;
  /** The share of a head that is rotated where a file names none. Left out, heads of this architecture are rotated whole. */
  readonly partial?: number;
  /** Older names of the two fields. */
  readonly baseField?: string;
  readonly partialField?: string;
  /** Names of longrope in older files of the architecture. */
  readonly longrope?: readonly string[];
  /** Which of several rotations in rope_parameters, for layers of a type, is meant: "full_attention". */
  readonly layers?: string;
}

const factorRule = { min: 1, max: 1e6 };
const originalField = 'original_max_position_embeddings';

/**
 * Reads rope_theta and rope_scaling, or rope_parameters, which holds both in newer files. Where a file has the two, rope_scaling is obeyed, as
 * transformers does; what rope_parameters then says otherwise is named, not dropped. `headSize`: components of a head.
 */
export function parseRope(fields: Fields, maxContext: number, headSize: number, defaults: RopeDefaults = {}): Rope {
  const { base: usual = 10_000, partial: usualPart, baseField = 'rope_theta' } = defaults;
  const { partialField = 'partial_rotary_factor', layers } = defaults;
  const parameters = parametersOf(fields, layers);
  const given = fields.object('rope_scaling');
  const scaling = given && Object.keys(given.values).length > 0 ? given : parameters;
  const baseRule = { min: 1, max: 1e12, fallback: usual };
  const base = scaling?.has('rope_theta')
    ? scaling.number('rope_theta', baseRule)
    : fields.number(fields.has('rope_theta') ? 'rope_theta' : baseField, baseRule);
  const name = 'partial_rotary_factor';
  const [holder, field] = scaling?.has(name) ? [scaling, name] : [fields, fields.has(name) ? name : partialField];
  const partial = holder.number(field, { min: 0, max: 1, fallback: usualPart ?? 1 });
  if (usualPart === undefined && partial !== 1)
    throw holder.fail(field, '1: heads of this architecture are rotated whole');
  const width = rotatedWidth({ kind: 'default', base, partial }, headSize);
  if (width < 2 || width % 2)
    throw holder.fail(field, `a share of heads of ${headSize} that is an even number of components`);
  if (parameters && scaling !== parameters) refuseContradiction(parameters, base, scaling);
  const stretch = scaling ? stretchOf(fields, scaling, maxContext, width, defaults) : ({ kind: 'default' } as const);
  return { ...stretch, base, ...(partial !== 1 && { partial }) };
}

/** rope_parameters; of those for several types of layers the ones of `layers`. */
function parametersOf(fields: Fields, layers: string | undefined): Fields | null {
  const parameters = fields.object('rope_parameters');
  const nested = Object.keys(parameters?.values ?? {}).find((name) => name.endsWith('_attention'));
  if (!parameters || !nested) return parameters;
  if (layers === undefined) throw parameters.fail(nested, 'none: one rotation for all layers');
  return parameters.object(layers);
}

const typeFieldOf = (scaling: Fields) => (scaling.has('rope_type') ? 'rope_type' : 'type');

function stretchOf(
  fields: Fields,
  scaling: Fields,
  maxContext: number,
  width: number,
  { longrope = [] }: RopeDefaults,
): Stretch {
  const nested = Object.keys(scaling.values).find((key) => key.endsWith('_attention'));
  if (nested) throw scaling.fail(nested, 'none: one rotation for all layers');
  const typeField = typeFieldOf(scaling);
  const named = scaling.text(typeField) ?? 'default';
  const kind = longrope.includes(named) ? 'longrope' : named;
  const factor = () => scaling.number('factor', factorRule);
  // Beside the others it goes before one among them, as in transformers.
  const original = () =>
    (fields.has(originalField) ? fields : scaling).integer(originalField, {
      min: 1,
      max: 2 ** 30,
      fallback: maxContext,
    });
  const magnitude = (usual: number) => scaling.number('attention_factor', { min: 1e-6, max: 1e6, fallback: usual });
  switch (kind) {
    case 'default':
      return { kind };
    case 'linear':
      return { kind, factor: factor() };
    case 'dynamic':
      return { kind, factor: factor(), maxContext };
    case 'llama3': {
      const lowFactor = scaling.number('low_freq_factor', { min: 1e-6, max: 1e6 });
      const highFactor = scaling.number('high_freq_factor', { min: 1e-6, max: 1e6 });
      if (highFactor <= lowFactor) throw scaling.fail('high_freq_factor', `more than low_freq_factor (${lowFactor})`);
      return { kind, factor: factor(), lowFactor, highFactor, original: original() };
    }
    case 'yarn':
      return {
        kind,
        factor: factor(),
        original: original(),
        betaFast: scaling.number('beta_fast', { min: 1e-3, max: 1e6, fallback: 32 }),
        betaSlow: scaling.number('beta_slow', { min: 1e-3, max: 1e6, fallback: 1 }),
        truncate: scaling.flag('truncate', true),
        magnitude: magnitude(yarnMagnitude(scaling, factor())),
      };
    case 'longrope': {
      const before = original();
      const ratio = scaling.has('factor') ? factor() : maxContext / before;
      const usual = ratio <= 1 ? 1 : Math.sqrt(1 + Math.log(ratio) / Math.log(before));
      const list = (field: string) => factorsOf(scaling, field, width / 2);
      return {
        kind,
        short: list('short_factor'),
        long: list('long_factor'),
        original: before,
        magnitude: magnitude(usual),
      };
    }
    default:
      throw scaling.fail(typeField, '"default", "linear", "dynamic", "llama3", "yarn" or "longrope"');
  }
}

/** 0.1 · mscale · ln factor + 1, by which yarn raises cosines and sines; over the same of mscale_all_dim where both are given. */
export function yarnMagnitude(scaling: Fields, factor: number): number {
  const rule = { min: 0, max: 1e6, fallback: 0 };
  const [mscale, all] = [scaling.number('mscale', rule), scaling.number('mscale_all_dim', rule)];
  return mscale && all ? raised(mscale, factor) / raised(all, factor) : raised(1, factor);
}

/** 1 where nothing is stretched. */
export const raised = (mscale: number, factor: number) => (factor <= 1 ? 1 : 0.1 * mscale * Math.log(factor) + 1);

function factorsOf(scaling: Fields, field: string, pairs: number): readonly number[] {
  const values = scaling.values[field];
  const fits = (v: unknown) => typeof v === 'number' && v > 0 && v < 1e9;
  if (!Array.isArray(values) || values.length !== pairs || !values.every(fits)) {
    throw scaling.fail(field, `a list of ${pairs} positive numbers, one for each pair of a head`);
  }
  return values as number[];
}

/** Names what `parameters` says and `scaling`, which is obeyed, does not. */
function refuseContradiction(parameters: Fields, base: number, scaling: Fields | null): void {
  if (parameters.has('rope_theta') && parameters.values.rope_theta !== base) {
    throw parameters.fail('rope_theta', `${base}, which applies where rope_scaling stands beside it`);
  }
  const field = typeFieldOf(parameters);
  const kind = parameters.text(field) ?? 'default';
  if (kind !== 'default' && scaling) {
    const differs = Object.keys(parameters.values).find(
      (key) =>
        key !== 'rope_theta' && parameters.values[key] !== scaling.values[key === field ? typeFieldOf(scaling) : key],
    );
    if (differs)
      throw parameters.fail(differs, `${describe(scaling.values[differs])} as in rope_scaling, or no rope_scaling`);
  }
}

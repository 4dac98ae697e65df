/**
 * What is measured: points by name, and how they are measured. The main table first; then what each structure is asked beyond it; then the
 * other levels of training. Names of points are what the claims ask for.
 */
import type { PlannedPoint, RunSettings } from '../../../src/log/events';
import type { Assignment } from '../../../src/quant/recipe/assignment';
import { recipeOf } from '../../../src/quant/recipe/parseRecipe';
import type { Recipe } from '../../../src/quant/recipe/recipe';
import { findMethod } from '../../../src/quant/recipe/recipes';
import { present } from '../../../src/util/assert';
import type { Kind } from './models';

export const widths = [4, 3, 2] as const;
export const groupings = [null, 32] as const;
export type Grouping = (typeof groupings)[number];

/** Methods of the table, in its order: one or more of every strategy, and the combinations of the paper. */
export const tableMethods = ['rtn', 'gptq', 'awq', 'quip', 'quarot', 'quip-gptq', 'owq', 'pb-llm', 'lorc'] as const;

/** Tokens of everything: enough to tell methods apart at 3 bits, few enough for an hour on two cores. */
export const measurement = { context: 256, maxTokens: 12_288, calibrationTokens: 16_384 } as const;

/** So little text that some experts see none of it, of one kind of story; perplexity is taken on windows as short. */
export const narrow = { context: 64, maxTokens: 12_288, calibrationTokens: 128 } as const;

/** What is calibrated on: of stories and pictures half of the tokens each. */
export type Texts = 'stories' | 'one kind' | 'stories and pictures';
export type Asked = 'story' | 'captions' | 'questions';

/** Points that one run measures. */
export interface PointSet {
  /** Of the set, as the results name it. */
  readonly name: string;
  readonly calibration: Texts;
  readonly asked: Asked;
  readonly settings: Pick<RunSettings, 'context' | 'maxTokens' | 'calibrationTokens' | 'variants'>;
  readonly points: readonly PlannedPoint[];
}

/** "gptq 3", "gptq 3 g32": the point of a method in the table; what changes it is named in front, as in "router gptq 3". */
export const nameOf = (method: string, bits: number, group: Grouping = null): string =>
  `${method} ${bits}${group === null ? '' : ` g${group}`}`;

const recipeAt = (method: string, bits: number, group: Grouping): Recipe =>
  present(findMethod(method), method).recipe(bits, group);

function point(method: string, bits: number, group: Grouping = null, more: Partial<Assignment> = {}, front = '') {
  const id = `${front}${nameOf(method, bits, group)}`;
  return { id, method, assignment: { all: recipeAt(method, bits, group), ...more }, bits, group };
}

/** Whether a method has the width and takes the grouping: methods on grids of their own stand among the whole rows. */
export function offers(method: string, bits: number, group: Grouping): boolean {
  const meta = present(findMethod(method), method);
  return (meta.widths?.includes(bits) ?? true) && (group === null ? meta.groups !== 'required' : meta.groups !== 'own');
}

const every = (methods: readonly string[], bits: readonly number[], groups: readonly Grouping[]): PlannedPoint[] =>
  groups.flatMap((group) =>
    bits.flatMap((width) => methods.filter((m) => offers(m, width, group)).map((m) => point(m, width, group))),
  );

const usual = { calibration: 'stories', asked: 'story', settings: measurement } as const;

export const mainSet = (): PointSet => ({ ...usual, name: 'table', points: every(tableMethods, widths, groupings) });

/**
 * Rotation alone: the same grid and rounding with it and without, and with what no neighbour can absorb turned at run time; QuIP with the
 * range that loses least.
 */
const rotations = (): PlannedPoint[] => [
  ...every(['gptq-mse', 'quarot-asymmetric', 'quarot-online'], [3, 2], [null]),
  ...every(['gptq-mse', 'quarot-asymmetric'], [3, 2], [32]),
  ...every(['quip-fitted'], [3, 2], [null]),
];

const router = 'decoder.*.mlp.router';
/** Routers by the recipe of all others, which released code does for one mixture of experts and not for another. */
const withRouter = (method: string, bits: number) =>
  point(method, bits, null, { except: [{ where: router, recipe: recipeAt(method, bits, null) }] }, 'router ');

const inner = ['decoder.*.mixer.x', 'decoder.*.mixer.dt'];
const innerAt = (recipe: Recipe) => inner.map((where) => ({ where, recipe }));

/** AWQ where scales only go into norms: the output projection has none before it in Mamba 1. */
const folded = (bits: number, group: Grouping) => {
  const plain = { ...recipeAt('awq', bits, group), transform: [] };
  return point('awq', bits, group, { except: [{ where: 'decoder.*.mixer.out', recipe: recipeOf(plain) }] }, 'folded ');
};

/** What a structure is asked under the usual calibration, beyond the table. */
function extras(structure: string, kind: Kind): PlannedPoint[] {
  const points = rotations();
  if (kind === 'experts') for (const bits of [3, 2]) points.push(withRouter('rtn', bits), withRouter('gptq', bits));
  if (structure === 'mamba') {
    for (const bits of [3, 2]) points.push(folded(bits, null), folded(bits, 32));
    for (const bits of widths) points.push(point('gptq', bits, null, { everywhere: true }, 'all four '));
    // As many bits in all as the width below with the inner layers as stored.
    for (const bits of [4, 3]) {
      points.push(point('gptq', bits, null, { except: innerAt(recipeAt('gptq', 8, null)) }, 'inner at 8 '));
    }
  }
  return points;
}

const variant = (name: string, methods: readonly string[], variants: RunSettings['variants']): PointSet => ({
  ...usual,
  name,
  settings: { ...measurement, ...(variants && { variants }) },
  points: every(methods, [3, 2], [null]),
});

/** Few experts are reached by so little text: what stands for those that none reached. */
const narrowed = (name: string, methods: readonly string[], variants?: RunSettings['variants']): PointSet => ({
  name: `narrow, ${name}`,
  calibration: 'one kind',
  asked: 'story',
  settings: { ...narrow, ...(variants && { variants }) },
  points: every(methods, [3], [null]),
});

/** Every set of a structure's whole training but the table, in the order of measuring. */
export function extraSets(structure: string, kind: Kind): readonly PointSet[] {
  const sets: PointSet[] = [{ ...usual, name: 'beyond', points: extras(structure, kind) }];
  if (kind === 'experts') {
    sets.push(
      narrowed('blended', ['rtn', 'gptq']),
      narrowed('zeroed', ['gptq'], { deadExperts: 'zeroed' }),
      narrowed('own tokens', ['gptq'], { expertBlend: 0 }),
      variant('blend 0', ['gptq'], { expertBlend: 0 }),
      variant('blend 512', ['gptq'], { expertBlend: 512 }),
      variant('router-weighted', ['gptq'], { expertWeights: 'router' }),
    );
  }
  if (kind === 'state') sets.push(variant('residual dropped', ['gptq', 'quip'], { residual: 'dropped' }));
  return sets;
}

/** Enough to see whether training makes rounding harder, and whether QuIP and GPTQ change places. */
export const levelMethods = ['rtn', 'gptq', 'quip', 'quip-fitted', 'quarot'] as const;

/** What the earlier levels of training are asked. */
export const levelSet = (): PointSet => ({
  ...usual,
  name: 'levels',
  points: every(levelMethods, widths, [null]),
});

/**
 * What a model of pictures is asked beside stories: captions (with their pictures, and with others in their place) and questions; and all of it
 * again after calibration on pictures too.
 */
export const pictureSets = (): readonly PointSet[] => [
  ...(['captions', 'questions'] as const).map((asked) => ({
    ...{ ...usual, name: asked, asked },
    points: every(tableMethods, widths, [null]),
  })),
  ...(['story', 'captions', 'questions'] as const).map((asked) => ({
    ...{ ...usual, name: `${asked}, pictures calibrated`, asked, calibration: 'stories and pictures' as const },
    points: every(['gptq', 'awq', 'quip'], [3, 2], [null]),
  })),
];

/** A request, checked and settled before any work: points, settings, and what the work will cost. Pure. */
import type { Model, Site } from '../model/model';
import { embeddingSite, headSite, isTable, siteId } from '../model/siteId';
import { fits, parseAssignment, recipeAt, recipesIn, requireNoInputs, someRecipe } from '../quant/recipe/assignment';
import { findPiece } from '../quant/recipe/catalog';
import { columnsTogether, needsCalibration, needsCross } from '../quant/recipe/parseRecipe';
import type { Recipe } from '../quant/recipe/recipe';
import { mostColumnsPerGroup } from '../quant/groups';
import { widestMoment } from '../tensor/gram';
import { RecipeError } from '../util/errors';
import { listed, quoted } from '../util/words';
import { parseVariants, plainVariants } from '../log/variants';
import type { PlannedPoint, RunSettings } from '../log/events';
import { minContext, type Windows } from '../measures/windows';

export const fullPrecision: PlannedPoint = {
  id: 'full-precision',
  method: 'full-precision',
  assignment: null,
  bits: 0,
  group: null,
};

/** Parts of the calibration text: more tell no more of the spread. */
export const mostDraws = 8;

/** Most points of one run: a thousand rows are no longer looked at, and each costs an evaluation. */
const maxPoints = 1000;

/**
 * The settings as they will run: recipes parsed, full precision first.
 * @throws RecipeError that names the setting.
 */
export function settle(settings: RunSettings, calibration: 'given' | 'none', maxContext: number): RunSettings {
  const { protocol, context, maxTokens, calibrationTokens, mode, seed } = settings;
  require('protocol', Object.hasOwn(minContext, protocol), `"${protocol}"`, Object.keys(minContext).join(', '));
  require('mode', mode === 'shared' || mode === 'sequential', `"${mode}"`, 'shared or sequential');
  const least = minContext[protocol];
  whole('context', context, least, maxContext, 'the model was not made for longer windows');
  if (maxTokens !== null) whole('maxTokens', maxTokens, 1, 2 ** 40);
  whole('calibrationTokens', calibrationTokens, 1, 2 ** 40);
  whole('calibrationDraws', settings.calibrationDraws ?? 1, 1, mostDraws);
  whole('seed', seed, 0, 2 ** 32 - 1);
  const variants = plainVariants(parseVariants(settings.variants ?? {}));
  const others = settings.points.filter(({ assignment }) => assignment !== null);
  require('points', others.length < maxPoints, `${others.length} points`, `at most ${maxPoints - 1}`);
  const points = [
    fullPrecision,
    ...others.map((point) => ({ ...point, assignment: parseAssignment(point.assignment) })),
  ];
  const ids = new Set<string>();
  for (const { id, assignment } of points) {
    require('points', !ids.has(id), `two points named "${id}"`, 'one of each name');
    ids.add(id);
    if (calibration === 'none' && someRecipe(assignment, needsCalibration)) {
      throw new RecipeError(
        'needs-calibration',
        `point ${id}: this recipe reads the inputs of the layers, and no calibration text was given. Choose one, or a recipe without calibration.`,
        { path: 'calibration', point: id },
      );
    }
    if (mode === 'shared' && someRecipe(assignment, needsCross)) {
      throw new RecipeError(
        'needs-sequential',
        `point ${id}: this recipe compares the inputs behind quantized blocks with those in full precision, and shared calibration has only the latter. Choose sequential calibration, or a recipe without asymmetric calibration.`,
        { path: 'mode', point: id },
      );
    }
  }
  const { variants: _, ...rest } = settings;
  return { ...rest, points, ...(variants && { variants }) };
}

type Sites = Pick<Model, 'sites' | 'blockCount'>;

const allSites = ({ sites, blockCount }: Sites): Site[] =>
  Array.from({ length: blockCount }, (_, block) => sites(block)).flat();

/**
 * Refuses exceptions that mean nothing in this model: a pattern that fits no site is a slip, inputs of embedding and head are not
 * recorded, and what neighbours absorb is in all sites of the blocks or in none.
 * @throws RecipeError that names the point.
 */
export function requireSites(model: Sites, points: readonly PlannedPoint[]): void {
  const names = new Set(allSites(model).map(({ name }) => name));
  const blocks = Array.from({ length: model.blockCount }, (_, block) => block);
  const ids = [...blocks.flatMap((block) => model.sites(block).map(({ name }) => siteId(block, name))), ...tables];
  for (const { id, assignment } of points) {
    if (!assignment) continue;
    const stray = assignment.except?.findIndex(({ where }) => !ids.some((site) => fits(where, site))) ?? -1;
    if (stray >= 0) {
      const where = quoted(assignment.except?.[stray]?.where ?? '');
      throw new RecipeError(
        'no-such-site',
        `point ${id}: ${where} fits no site of this model; expected embedding, head or, in decoder.0 to decoder.${model.blockCount - 1}, ${listed([...names])}, with * for any part.`,
        { path: `$.except[${stray}].where`, point: id },
      );
    }
    const apart = assignment.except?.findIndex(
      ({ where, recipe }) => recipe && !isTable(where) && absorbedBy(recipe) !== absorbedBy(assignment.all),
    );
    if (apart !== undefined && apart >= 0) {
      throw new RecipeError(
        'impossible-pair',
        `point ${id}: ${quoted(assignment.except?.[apart]?.where ?? '')} is not turned as the other sites are; expected one rotation in all of them, for each goes into its neighbours.`,
        { path: `$.except[${apart}].recipe`, point: id },
      );
    }
    for (const site of tables) {
      const recipe = recipeAt(assignment, site);
      if (recipe) requireNoInputs(`of ${id} at ${site}`, recipe);
    }
  }
}

const tables = [embeddingSite, headSite];

/** What neighbours absorb of the transforms, as text. */
const absorbedBy = ({ transform }: Recipe): string =>
  JSON.stringify(
    transform.flatMap((piece) => {
      const meta = findPiece('transform', piece.name);
      if (!meta?.absorbed) return [];
      return [Object.entries(piece).filter(([option]) => !meta.options[option]?.own)];
    }),
  );

/** What a device can hold and bind. Bytes. */
export interface Room {
  readonly maxBufferSize: number;
  readonly bindable: number;
}

/**
 * Refuses what the layers of this model are too wide for, before calibration has cost anything. Every method works on H in panels; only
 * what is held of a single group of columns has to fit a binding.
 * @throws RecipeError that names the site, and the point where it is one.
 */
export function requireMoments(model: Sites, points: readonly PlannedPoint[], { maxBufferSize, bindable }: Room): void {
  const widest = widestMoment(maxBufferSize);
  const site = allSites(model).reduce((most, other) => (other.cols > most.cols ? other : most));
  const { name, cols } = site;
  if (cols > widest) {
    throw new RecipeError(
      'too-wide',
      `calibration: ${name} of this model has ${cols} inputs; expected at most ${widest}, whose second moment one buffer of this adapter holds. Choose methods without calibration (RTN), a smaller model, or another machine.`,
      { path: 'calibration', found: cols, limit: widest },
    );
  }
  const most = mostColumnsPerGroup(cols, bindable);
  for (const { id, assignment } of points) {
    const recipes = assignment ? recipesIn(assignment) : [];
    const group = Math.max(0, ...recipes.map((recipe) => columnsTogether(recipe, cols)));
    if (group <= most) continue;
    throw new RecipeError(
      'too-wide',
      `point ${id}: ${name} of this model has ${cols} inputs, and this recipe looks at ${group === cols ? 'all of them' : `groups of ${group}`} at once; expected groups of at most ${most} columns. Choose a smaller group, or GPTQ or AWQ without cut ranges, which take any.`,
      { path: 'points', point: id, found: group, limit: most },
    );
  }
}

function require(field: string, holds: boolean, found: string, expected: string): void {
  if (holds) return;
  throw new RecipeError('bad-setting', `${field}: ${found}; expected ${expected}.`, { path: field, found, expected });
}

function whole(field: string, value: number, min: number, max: number, because = ''): void {
  const reason = because && value > max ? ` (${because})` : '';
  require(field, Number.isInteger(value) && value >= min && value <= max, String(
    value,
  ), `a whole number from ${min} to ${max}${reason}`);
}

/** Estimated operations of the parts of a run: they weigh progress, and size batches. */
export interface Costs {
  /** One token through one block. */
  readonly block: number;
  /** One scored token through the head. */
  readonly head: number;
  /** One token into H of all sites of a block. */
  readonly gram: number;
  /** All sites of a block by one recipe. */
  readonly solve: number;
}

/** Of a block: the mean of the model's. */
export function costsOf(model: Pick<Model, 'card'> & Sites, context: number): Costs {
  const { card, blockCount } = model;
  const all = allSites(model);
  const rows = (site: Site) => site.layers.reduce((sum, layer) => sum + layer.rows, 0);
  return {
    block: (2 * card.linearParameters) / blockCount + 4 * context * card.hidden,
    head: 2 * card.vocabulary * card.hidden,
    gram: all.reduce((sum, { cols }) => sum + cols ** 2, 0) / blockCount,
    solve: all.reduce((sum, site) => sum + 3 * rows(site) * site.cols ** 2 + site.cols ** 3 / 3, 0) / blockCount,
  };
}

/** Tokens on which every point is measured before any is measured to the end: enough to see where the curves lie. */
const roughTokens = 1024;

/** Windows of the first, rough pass; Infinity where there are too few for two passes. */
export function roughWindows({ ids, context }: Pick<Windows, 'ids' | 'context'>): number {
  const rough = Math.max(1, Math.floor(roughTokens / context));
  return ids.length > 2 * rough ? rough : Infinity;
}

/** Operations of one block on one batch: enough to keep a GPU busy, few enough that a stop is quick on a slow one. */
const batchWork = 2e9;
/** Tokens of one batch: beyond this, kernels gain nothing. */
const batchTokens = 2048;

/** Windows that run together. A RecipeError when not even one fits a binding. */
export function windowsPerBatch({ maxTokens }: Model, costs: Costs, context: number): number {
  require('context', context <= maxTokens, String(context), `at most ${maxTokens} for activations of this width`);
  return Math.max(1, Math.floor(Math.min(batchTokens, maxTokens, batchWork / costs.block) / context));
}

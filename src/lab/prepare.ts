/**
 * Points as a run works on them: for every site the recipe that solves it, with the key under which the result is kept. Made once per point
 * and site; nothing parses a recipe or makes a key after this.
 */
import type { Model } from '../model/model';
import { embeddingSite, headSite, siteId } from '../model/siteId';
import { recipeAt, someRecipe, tableRecipes, type Assignment } from '../quant/recipe/assignment';
import { needsCalibration } from '../quant/recipe/parseRecipe';
import type { Recipe } from '../quant/recipe/recipe';
import { present } from '../util/assert';
import type { PlannedPoint, RunSettings } from '../log/events';
import type { Cabinet } from './cabinet';
import type { Restorable } from './siteProblem';

/** A site of a point: what solves it and where it is kept. */
export interface Placement {
  /** See model/siteId. */
  readonly site: string;
  /**
   * The words that random numbers and the hash of a result are made of: number of the block, name. They stay what they were before sites
   * had ids, −1 for the embedding and the number of blocks for the head, so that hashes do.
   */
  readonly words: string;
  readonly recipe: Recipe;
  /** Whether H has a part in it. */
  readonly calibrated: boolean;
  readonly cabinet: Cabinet;
  readonly key: string;
}

export interface PreparedPoint extends PlannedPoint {
  readonly assignment: Assignment;
  /** By id of the site; a site that stays as stored has none. */
  readonly placements: ReadonlyMap<string, Placement>;
}

export const isQuantized = (point: PlannedPoint): point is PlannedPoint & { readonly assignment: Assignment } =>
  point.assignment !== null;

/** Cabinets for sites that H has a part in, and for others. */
export interface Cabinets {
  readonly calibrated: Cabinet;
  readonly plain: Cabinet;
}

export async function preparePoint(
  point: PlannedPoint & { readonly assignment: Assignment },
  model: Pick<Model, 'card' | 'blockCount' | 'sites'>,
  { mode }: Pick<RunSettings, 'mode'>,
  calibration: 'given' | 'none',
  cabinets: Cabinets,
): Promise<PreparedPoint> {
  const { assignment } = point;
  const { blockCount, card } = model;
  const texts = new Map<Recipe, string>();
  const textOf = (recipe: Recipe) => {
    const text = texts.get(recipe) ?? JSON.stringify(recipe);
    texts.set(recipe, text);
    return text;
  };
  const placements = new Map<string, Placement>();
  const place = async (site: string, words: string, recipe: Recipe | null, reads: 'inputs' | 'nothing') => {
    if (!recipe) return;
    // In shared calibration H costs next to nothing, and gives losses also where the recipe reads no inputs.
    const calibrated = reads === 'inputs' && calibration === 'given' && (mode === 'shared' || needsCalibration(recipe));
    const cabinet = calibrated ? cabinets.calibrated : cabinets.plain;
    placements.set(site, { site, words, recipe, calibrated, cabinet, key: await cabinet.key(textOf(recipe), site) });
  };
  const { embedding, head } = tableRecipes(point, card.tiedEmbeddings);
  await place(embeddingSite, `-1 ${embeddingSite}`, embedding, 'nothing');
  if (!card.tiedEmbeddings) await place(headSite, `${blockCount} ${headSite}`, head, 'nothing');
  for (let block = 0; block < blockCount; block++) {
    for (const { name, stays } of model.sites(block)) {
      const site = siteId(block, name);
      const recipe = recipeAt(assignment, site, stays ? 'stays' : 'replaced');
      await place(site, `${block} ${name}`, recipe, 'inputs');
    }
  }
  return { ...point, placements };
}

/** Of a site that is known to have one. */
export const placementOf = ({ id, placements }: PreparedPoint, site: string): Placement =>
  present(placements.get(site), `${site} of point ${id}`);

/** What was solved for a site, with the recipe that restores it; null where it stays as stored. */
export async function solvedAt(point: PreparedPoint, site: string): Promise<Restorable | null> {
  const placement = point.placements.get(site);
  if (!placement) return null;
  const { solved } = await placement.cabinet.get(placement.key);
  return { parts: solved.parts, recipe: placement.recipe };
}

/** Whether some recipe of the point has the property. */
export const pointNeeds = ({ assignment }: PlannedPoint, has: (recipe: Recipe) => boolean): boolean =>
  someRecipe(assignment, has);

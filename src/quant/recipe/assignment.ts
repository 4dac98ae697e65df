/**
 * A recipe for every site of a model: one for all sites of its blocks, and exceptions by the id of a site (model/siteId). JSON like a recipe,
 * parsed once, one canonical text. Embedding and head stay as they are stored unless an exception names them. Pure.
 */
import { RecipeError } from '../../util/errors';
import { quoted } from '../../util/words';
import { isTable } from '../../model/siteId';
import { asObject, needsCalibration, parseRecipe, refuse } from './parseRecipe';
import { plainRecipe } from './plain';
import type { Piece, Recipe } from './recipe';

/** `where`: an id whose parts may be "*", for any; at the end it stands for all that follows. `recipe` null leaves the site as stored. */
export interface Exception {
  readonly where: string;
  readonly recipe: Recipe | null;
}

export interface Assignment {
  readonly all: Recipe;
  /** Whether `all` means sites too that usually stay as stored (Site.stays): routers, the layers of step sizes. Released code takes them all. */
  readonly everywhere?: true;
  /** The last that fits a site wins. */
  readonly except?: readonly Exception[];
}

/** Up to version 0.1 a recipe named the grids of embedding and head, beside its slots. */
export type EarlierRecipe = Recipe & { readonly embedding?: Piece; readonly head?: Piece };

/** Most exceptions: one for every site of a large model. */
export const maxExceptions = 1000;
/** Longest pattern. */
export const maxWhere = 200;

/**
 * Of a recipe and the grids of embedding and head, where they have one: nearest values, for calibration does not see what they read. `sites`
 * "all": those too that usually stay as stored.
 */
export function assign(
  all: Recipe,
  tables: { readonly embedding?: Piece; readonly head?: Piece } = {},
  sites: 'usual' | 'all' = 'usual',
): Assignment {
  const except = (['embedding', 'head'] as const).flatMap((where): Exception[] => {
    const grid = tables[where];
    return grid ? [{ where, recipe: plainRecipe(grid) }] : [];
  });
  return { all, ...(sites === 'all' && { everywhere: true as const }), ...(except.length && { except }) };
}

/** What an earlier recipe meant. */
export function assignEarlier({ embedding, head, ...all }: EarlierRecipe): Assignment {
  return assign(all, { ...(embedding && { embedding }), ...(head && { head }) });
}

/** Whether the text can be the id of a site, or a pattern of ids. */
export const isPattern = (text: string): boolean => text.length <= maxWhere && /^[^.\s]+(\.[^.\s]+)*$/.test(text);

/** Whether the pattern is about the site. */
export function fits(where: string, site: string): boolean {
  const wanted = where.split('.');
  const parts = site.split('.');
  return (
    wanted.every((part, i) => {
      if (part === '*' && i === wanted.length - 1) return parts.length > i;
      return (part === '*' && i < parts.length) || part === parts[i];
    }) &&
    (wanted.at(-1) === '*' || wanted.length === parts.length)
  );
}

/**
 * What the site is solved by; null where it stays as stored. One that usually stays (Site.stays) is meant by its name alone: neither by the
 * recipe for all nor by "*" for all that follows, so that a block at six bits is a block whose router is as it was.
 */
export function recipeAt(
  { all, everywhere, except = [] }: Assignment,
  site: string,
  usually: 'replaced' | 'stays' = 'replaced',
): Recipe | null {
  const stays = usually === 'stays' && !everywhere;
  const means = (where: string) => fits(where, site) && (!stays || !/(^|\.)\*$/.test(where));
  const exception = except.findLast(({ where }) => means(where));
  if (exception) return exception.recipe;
  return isTable(site) || stays ? null : all;
}

/** Every recipe that it names. */
export const recipesIn = ({ all, except = [] }: Assignment): readonly Recipe[] => [
  all,
  ...except.flatMap(({ recipe }) => recipe ?? []),
];

/** Whether some recipe that it names has the property. */
export const someRecipe = (assignment: Assignment | null, has: (recipe: Recipe) => boolean): boolean =>
  assignment !== null && recipesIn(assignment).some(has);

/**
 * Checks an assignment and fills in defaults. A recipe alone is one for all sites.
 * @throws RecipeError with the JSON path of what cannot be.
 */
export function parseAssignment(json: unknown): Assignment {
  const fields = asObject(json, '$');
  if (!('all' in fields)) return parseAssignment(assignEarlier(fields as unknown as EarlierRecipe));
  for (const key of Object.keys(fields)) {
    if (key !== 'all' && key !== 'everywhere' && key !== 'except') {
      refuse(`$.${key}`, 'there is no such field', 'all, everywhere or except');
    }
  }
  const all = parseRecipe(fields['all']);
  const except = parseExceptions(fields['except']);
  const everywhere = fields['everywhere'] ?? false;
  if (typeof everywhere !== 'boolean') refuse('$.everywhere', `this is ${typeof everywhere}`, 'true or false');
  return { all, ...(everywhere && { everywhere: true as const }), ...(except.length && { except }) };
}

function parseExceptions(json: unknown): readonly Exception[] {
  if (json === undefined) return [];
  if (!Array.isArray(json) || json.length > maxExceptions) {
    return refuse(
      '$.except',
      Array.isArray(json) ? `this has ${json.length} entries` : 'this is no list',
      `a list of at most ${maxExceptions}`,
    );
  }
  return json.map((item: unknown, i): Exception => {
    const path = `$.except[${i}]`;
    const { where, recipe, ...others } = asObject(item, path);
    for (const key of Object.keys(others)) refuse(`${path}.${key}`, 'there is no such field', 'where or recipe');
    if (typeof where !== 'string' || !isPattern(where)) {
      return refuse(
        `${path}.where`,
        `this is ${typeof where === 'string' ? quoted(where) : typeof where}`,
        'the id of a site, such as "decoder.*.mlp.down"',
      );
    }
    const parsed = recipe === null ? null : parseRecipe(recipe, `${path}.recipe`);
    if (parsed && isTable(where)) requireNoInputs(`${path}.recipe`, parsed);
    return { where, recipe: parsed };
  });
}

/** @throws RecipeError where embedding or head would be solved by what reads their inputs: calibration records none of them. */
export function requireNoInputs(path: string, recipe: Recipe): void {
  if (!needsCalibration(recipe)) return;
  refuse(
    path,
    'inputs of embedding and head are not recorded, and this recipe reads them',
    'one without calibration',
    'impossible-pair',
  );
}

/** The canonical text: equal assignments have equal texts. */
export const assignmentText = (assignment: Assignment): string => JSON.stringify(parseAssignment(assignment));

export const equalAssignment = (a: Assignment, b: Assignment): boolean => assignmentText(a) === assignmentText(b);

/** The recipes of embedding and head. Where the two are one matrix, naming either means both; naming two for it is an error. */
export function tableRecipes(
  { id, assignment }: { readonly id: string; readonly assignment: Assignment | null },
  tied: boolean,
): { readonly embedding: Recipe | null; readonly head: Recipe | null } {
  const embedding = assignment && recipeAt(assignment, 'embedding');
  const head = assignment && recipeAt(assignment, 'head');
  if (!tied) return { embedding, head };
  if (embedding && head && JSON.stringify(embedding) !== JSON.stringify(head)) {
    throw new RecipeError(
      'impossible-pair',
      `point ${id}: embedding and head are one matrix in this model, and the recipe names two grids for it. Name one.`,
      { path: '$.head', point: id },
    );
  }
  return { embedding: embedding ?? head, head: head ?? embedding };
}

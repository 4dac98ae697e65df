/**
 * JSON → Recipe: the one place where a recipe from a link, a file or a command line becomes a typed value. Unknown keys, values out
 * of range and pairs that cannot work are refused by JSON path. Options left out get their defaults, so that two spellings of one
 * recipe are one recipe. Pure; no GPU code is imported.
 */
import { present } from '../../util/assert';
import { RecipeError } from '../../util/errors';
import { shortJson } from '../../util/json';
import { catalog, findPiece, piecesOf } from './catalog';
import {
  fillSlots,
  mapSlots,
  piecesIn,
  slots,
  type OptionSchema,
  type Piece,
  type PlacedPiece,
  type Recipe,
  type RecipeMetas,
  type Slot,
} from './recipe';

/** Columns in a group: more than any model has is a mistake; fewer than 2 would store more parameters than codes. */
const groupLimits = { min: 2, max: 65_536 } as const;
/** Pieces in one list; a recipe of more is not meant. */
const maxPieces = 8;

/**
 * Checks a recipe and fills in defaults.
 * @throws RecipeError with the JSON path of what cannot be.
 */
export function parseRecipe(json: unknown, path = '$'): Recipe {
  const fields = asObject(json, path);
  for (const key of Object.keys(fields)) {
    if (!slots.some(({ name }) => name === key)) refuse(`${path}.${key}`, `there is no such field`, named(slots));
  }
  const recipe = fillSlots({
    one: (slot) => parsePiece(fields[slot], slot, `${path}.${slot}`),
    many: (slot) => parseList(fields[slot], slot, `${path}.${slot}`),
  });
  const metas = metasOf(recipe);
  for (const placed of piecesIn(recipe)) {
    const reason = findPiece(placed.slot, placed.piece.name)?.refuses?.(placed.piece, recipe, metas);
    if (reason) refuse(pathOf(path, placed), reason, 'another combination', 'impossible-pair');
  }
  return recipe;
}

const named = (all: readonly { readonly name: string }[]) =>
  `${all
    .slice(0, -1)
    .map(({ name }) => name)
    .join(', ')} or ${all.at(-1)?.name}`;

/** "$.transform[0]" of "transform.0". */
const pathOf = (path: string, { place }: PlacedPiece) => `${path}.${place.replace(/\.(\d+)$/, '[$1]')}`;

/** A recipe from its telling parts; what is left out is empty or default. */
export function recipeOf(parts: Partial<Recipe> & Pick<Recipe, 'grid' | 'rounding'>): Recipe {
  return parseRecipe({ transform: [], correction: [], ...parts });
}

/** The same recipe on another grid width, group or symmetry. @throws RecipeError where that is impossible. */
export function withGrid(recipe: Recipe, options: Readonly<Record<string, string | number | boolean | null>>): Recipe {
  return parseRecipe({ ...recipe, grid: { ...recipe.grid, ...options } });
}

/** Key order and defaults settled: equal recipes have equal JSON. */
export function canonicalRecipe(recipe: Recipe): Recipe {
  return parseRecipe(recipe);
}

export function equalRecipe(a: Recipe, b: Recipe): boolean {
  return JSON.stringify(canonicalRecipe(a)) === JSON.stringify(canonicalRecipe(b));
}

/** Whether some piece reads H, and so needs a calibration text. */
export function needsCalibration(recipe: Recipe): boolean {
  return piecesIn(recipe).some(({ slot, piece }) => readsInputs(slot, piece));
}

/** Whether the piece with these options reads H. */
export function readsInputs(slot: Slot, piece: Piece): boolean {
  const calibrated = findPiece(slot, piece.name)?.calibrated ?? false;
  return typeof calibrated === 'boolean' ? calibrated : calibrated(piece);
}

/** Columns that share parameters, where the grid has such an option; null for whole rows and for grids with blocks of their own. */
export function groupSize({ grid: { group } }: Recipe): number | null {
  return typeof group === 'number' ? group : null;
}

/** Columns of a layer of `cols` inputs that the recipe looks at together: of a group, or all where whole rows are fitted in H. 0: none. */
export function columnsTogether(recipe: Recipe, cols: number): number {
  if (!needsCalibration(recipe)) return 0;
  const whole = findPiece('grid', recipe.grid.name)?.groupMoment?.(recipe.grid) ? cols : 0;
  return Math.min(cols, groupSize(recipe) ?? whole);
}

/** Whether some piece compares the inputs behind quantized blocks with those in full precision, which takes sequential calibration. */
export function needsCross(recipe: Recipe): boolean {
  return piecesIn(recipe).some(({ slot, piece }) => findPiece(slot, piece.name)?.cross);
}

/** Whether some piece compares outputs of the whole module. */
export function needsModule(recipe: Recipe): boolean {
  return piecesIn(recipe).some(({ slot, piece }) => findPiece(slot, piece.name)?.module?.(piece));
}

/** Of a recipe whose names are known. */
const metasOf = (recipe: Recipe): RecipeMetas =>
  mapSlots(recipe, ({ slot, piece: { name } }) => present(findPiece(slot, name), `the ${slot} ${name}`));

function parseList(json: unknown, slot: Slot, path: string): readonly Piece[] {
  if (json === undefined) return [];
  if (!Array.isArray(json)) return refuse(path, `this is ${show(json)}`, 'a list of pieces');
  if (json.length > maxPieces) refuse(path, `this has ${json.length} pieces`, `at most ${maxPieces}`);
  return json.map((item, i) => parsePiece(item, slot, `${path}[${i}]`));
}

function parsePiece(json: unknown, slot: Slot, path: string): Piece {
  const fields = asObject(json, path);
  const { name } = fields;
  const meta = typeof name === 'string' ? findPiece(slot, name) : undefined;
  if (!meta) {
    const elsewhere = catalog.find((other) => other.name === name);
    const known = piecesOf(slot).map((other) => other.name);
    return refuse(
      `${path}.name`,
      elsewhere ? `"${elsewhere.name}" is a ${elsewhere.slot}` : `there is no ${slot} named ${show(name)}`,
      known.length ? known.join(' or ') : `none: there is no ${slot} yet`,
    );
  }
  for (const key of Object.keys(fields)) {
    if (key !== 'name' && !Object.hasOwn(meta.options, key)) {
      const known = Object.keys(meta.options).join(', ') || 'no options';
      refuse(`${path}.${key}`, `${meta.name} has no such option`, known);
    }
  }
  const options = Object.entries(meta.options).flatMap(([key, schema]) => {
    const value = fields[key] === undefined ? schema.default : parseOption(fields[key], schema, `${path}.${key}`);
    return schema.later && value === schema.default ? [] : [[key, value]];
  });
  return { name: meta.name, ...(Object.fromEntries(options) as Record<string, Piece[string]>) };
}

function parseOption(value: unknown, schema: OptionSchema, path: string): string | number | boolean | null {
  switch (schema.kind) {
    case 'integer':
    case 'number': {
      const { kind, min, max } = schema;
      const fits = typeof value === 'number' && value >= min && value <= max;
      if (fits && (kind === 'number' || Number.isInteger(value))) return value;
      return refuse(
        path,
        `this is ${show(value)}`,
        `${kind === 'integer' ? 'a whole' : 'a'} number from ${min} to ${max}`,
      );
    }
    case 'choice':
      if (typeof value === 'string' && schema.choices.includes(value)) return value;
      return refuse(path, `this is ${show(value)}`, schema.choices.join(' or '));
    case 'switch':
      if (typeof value === 'boolean') return value;
      return refuse(path, `this is ${show(value)}`, 'true or false');
    case 'group': {
      const { min, max } = groupLimits;
      if (value === null) return null;
      if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return value;
      return refuse(path, `this is ${show(value)}`, `null (the whole row) or a whole number from ${min} to ${max}`);
    }
  }
}

export function asObject(json: unknown, path: string): Readonly<Record<string, unknown>> {
  if (typeof json === 'object' && json !== null && !Array.isArray(json)) return json as Record<string, unknown>;
  return refuse(path, `this is ${show(json)}`, 'an object');
}

function show(value: unknown): string {
  if (value === undefined) return 'missing';
  return shortJson(value, 60);
}

export function refuse(path: string, found: string, expected: string, code = 'bad-recipe'): never {
  throw new RecipeError(code, `recipe ${path}: ${found}; expected ${expected}.`, { path, found, expected });
}

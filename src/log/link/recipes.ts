/**
 * Recipes in a link: one template per method instead of one recipe per point. What a point's own columns say stands in it as "$b" (bits) and
 * "$g" (columns per group). The form alone is read; whether the pieces exist is for who runs it to say. Pure.
 */
import { assignEarlier, maxExceptions, maxWhere, type Assignment, type Exception } from '../../quant/recipe/assignment';
import { fillSlots, type Piece, type Recipe } from '../../quant/recipe/recipe';
import { damaged } from './bytes';
import { Fields, type Json } from './fields';
import { maxOptionName, maxPieces } from './limits';

/** A point's width and group. */
interface Widths {
  readonly bits: number;
  readonly group: number | null;
}

/** The assignment without what the point's own columns say. */
export function templateOf({ bits, group }: Widths, { all, ...others }: Assignment): Json {
  const grid: Record<string, Json> = { ...all.grid };
  if (grid['bits'] === bits) grid['bits'] = '$b';
  if ('group' in grid && grid['group'] === group) grid['group'] = '$g';
  return { all: { ...all, grid }, ...others } as unknown as Json;
}

export function fill({ all, ...others }: Assignment, point: Widths): Assignment {
  // Each stands for the field that the writer puts it into; elsewhere it is a text like others.
  const value = (key: string, v: Json | undefined) =>
    key === 'bits' && v === '$b' ? point.bits : key === 'group' && v === '$g' ? point.group : v;
  const grid = Object.fromEntries(Object.entries(all.grid).map(([key, v]) => [key, value(key, v)])) as Piece;
  return { all: { ...all, grid }, ...others };
}

export function readTemplate(fields: Fields): Assignment {
  const all = readRecipe(fields.fields('all'));
  const except = fields.has('except') ? fields.list('except', maxExceptions) : [];
  const everywhere = fields.has('everywhere');
  if (everywhere && fields.get('everywhere') !== true)
    throw damaged('it says of sites that stay neither that they do nor that they do not');
  return {
    all,
    ...(everywhere && { everywhere: true as const }),
    ...(except.length && { except: except.map(readException) }),
  };
}

function readException(item: Json, i: number): Exception {
  const fields = new Fields(item, `recipe.except[${i}]`);
  return {
    where: fields.text('where', maxWhere),
    recipe: fields.get('recipe') === null ? null : readRecipe(fields.fields('recipe')),
  };
}

/** Of layout 1: a recipe for all sites, with the grids of embedding and head in it. */
export function readEarlierTemplate(fields: Fields): Assignment {
  const table = (key: 'embedding' | 'head') => (fields.has(key) ? { [key]: readPiece(fields.fields(key)) } : {});
  return assignEarlier({ ...readRecipe(fields), ...table('embedding'), ...table('head') });
}

function readRecipe(fields: Fields): Recipe {
  return fillSlots({
    one: (slot) => readPiece(fields.fields(slot)),
    many: (slot) => fields.list(slot, maxPieces).map((item, i) => readPiece(new Fields(item, `recipe.${slot}[${i}]`))),
  });
}

function readPiece(fields: Fields): Piece {
  return { ...fields.options(), name: fields.text('name', maxOptionName) };
}

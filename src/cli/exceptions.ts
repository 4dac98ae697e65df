/** `--except WHERE=BITS,WHERE=stored`: sites that are not as wide as the others. Pure. */
import { isTable } from '../model/siteId';
import { isPattern, type Exception } from '../quant/recipe/assignment';
import { plainPiece, plainRecipe } from '../quant/recipe/plain';
import type { Recipe } from '../quant/recipe/recipe';
import { quoted } from '../util/words';
import { refused, textOf, wholeNumber, type Given } from './options';

interface Asked {
  readonly where: string;
  /** Null: as stored. */
  readonly bits: number | null;
}

/** A RecipeError names the entry that is wrong. */
export function askedExceptions(given: Given): readonly Asked[] {
  const text = textOf(given, 'except');
  if (text === null) return [];
  return text.split(',').map((entry) => {
    const [where = '', width = '', ...rest] = entry.trim().split('=');
    if (!isPattern(where) || !width || rest.length) {
      throw refused(
        `--except ${quoted(entry)}; expected the id of a site and its bits, such as decoder.*.mlp.down=6 or decoder.0.*=stored`,
      );
    }
    return { where, bits: width === 'stored' ? null : wholeNumber(`--except ${where}`, width, 2, 8) };
  });
}

/** As a method makes them: its own recipe at their widths; embedding and head, whose inputs nobody sees, on the plain grid. */
export function exceptionsFor(
  asked: readonly Asked[],
  group: number | null,
  recipeAt: (bits: number) => Recipe,
): readonly Exception[] {
  return asked.map(({ where, bits }) => {
    if (bits === null) return { where, recipe: null };
    if (!isTable(where)) return { where, recipe: recipeAt(bits) };
    return { where, recipe: plainRecipe({ name: plainPiece('grid').name, bits, group }) };
  });
}

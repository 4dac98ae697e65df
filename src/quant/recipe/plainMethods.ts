/**
 * Methods that round a matrix by itself: to the nearest values of a grid that reads no inputs. They need no text and no forward pass, so they
 * are what can be done with weights of a model that cannot be run. Data only.
 */
import { withGrid } from './parseRecipe';
import { isPlain } from './plain';
import { someWidth, type MethodMeta, type Recipe } from './recipe';

/** A recipe for every matrix, at a width. */
export interface PlainPoint {
  /** Unique, e.g. "rtn-3". */
  readonly id: string;
  /** Name of the method. */
  readonly method: string;
  readonly recipe: Recipe;
  /** Bits of a code. */
  readonly bits: number;
}

/** Those of `methods`. */
export const plainMethods = (methods: readonly MethodMeta[]): readonly MethodMeta[] =>
  methods.filter((method) => !method.calibrated && isPlain(method.recipe(someWidth(method), null)));

/** Those of them that have every width, and so a curve rather than a point. */
export const plainCurves = (methods: readonly MethodMeta[]): readonly MethodMeta[] =>
  plainMethods(methods).filter(({ widths }) => widths === undefined);

interface PlainForm {
  readonly widths: readonly number[];
  /** Columns that share parameters, where the method has the choice; null is the whole row. */
  readonly group: number | null;
  /** Whether grids that know the option have levels that mirror about zero. */
  readonly symmetric: boolean;
}

/** Every method at each of the widths that it has, widest first. */
export function plainPoints(methods: readonly MethodMeta[], { widths, group, symmetric }: PlainForm): PlainPoint[] {
  const ordered = [...widths].sort((a, b) => b - a);
  return methods.flatMap((method) =>
    ordered
      .filter((bits) => method.widths?.includes(bits) ?? true)
      .map((bits) => {
        const own = method.recipe(bits, group);
        const recipe = symmetric && 'symmetric' in own.grid ? withGrid(own, { symmetric }) : own;
        return { id: `${method.name}-${bits}`, method: method.name, recipe, bits };
      }),
  );
}

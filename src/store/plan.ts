/**
 * From the form to a request: which recipes at which widths. Methods and their options come from the quant room's metadata; a new
 * method needs nothing here.
 */
import type { CalibrationMode, PlannedPoint, Protocol, RunSettings } from '../log/events';
import { plainVariants, type Variants } from '../log/variants';
import { assign } from '../quant/recipe/assignment';
import { groupSize, parseRecipe, readsInputs } from '../quant/recipe/parseRecipe';
import { plainPiece } from '../quant/recipe/plain';
import { mapSlots, type MethodMeta, type Piece, type PlacedPiece, type Recipe } from '../quant/recipe/recipe';
import { listed } from './format';

export const widths = [2, 3, 4, 5, 6, 7, 8] as const;
export const groups = [null, 32, 64, 128] as const;

/** A changed option: the place in the recipe ("grid", "transform.0"), the option, its value. */
export type Overrides = Readonly<Record<string, Piece[string]>>;

export interface Setup {
  /** Names of the chosen methods. */
  readonly methods: readonly string[];
  readonly widths: readonly number[];
  readonly group: number | null;
  readonly symmetric: boolean;
  /** Bits of the embedding and of the head; null leaves them as stored. Where the two are one matrix, `embedding` is for both. */
  readonly embedding: number | null;
  readonly head: number | null;
  /** By method name: options that differ from the method's own, keyed "slot.option" or "slot.index.option". */
  readonly overrides: Readonly<Record<string, Overrides>>;
  readonly evaluation: string;
  readonly calibration: string;
  /** Pictures that are calibrated on beside a text; empty for none. */
  readonly calibrationPictures: string;
  readonly protocol: Protocol;
  readonly context: number;
  readonly maxTokens: number | null;
  readonly calibrationTokens: number;
  /** Parts of the calibration text on which calibrated points are measured. */
  readonly calibrationDraws: number;
  readonly mode: CalibrationMode;
  readonly seed: number;
  /** Other ways to calibrate; empty where it is as usual. */
  readonly variants: Variants;
  /** all: layers too that usually stay as stored. */
  readonly sites: 'usual' | 'all';
}

/**
 * The method's recipe with the form's changes. `symmetric` adds itself to grids that know the option; a method that is symmetric stays so.
 * @throws RecipeError where the changes cannot be together.
 */
export function recipeOf(method: MethodMeta, bits: number, setup: Setup): Recipe {
  const overrides = setup.overrides[method.name] ?? {};
  const change = ({ place, piece }: PlacedPiece): Piece => {
    const changed: Record<string, Piece[string]> = { ...piece };
    for (const [key, value] of Object.entries(overrides)) {
      const cut = key.lastIndexOf('.');
      if (key.slice(0, cut) === place) changed[key.slice(cut + 1)] = value;
    }
    return changed as Piece;
  };
  const recipe = method.recipe(bits, setup.group);
  const grid = setup.symmetric && 'symmetric' in recipe.grid ? { ...recipe.grid, symmetric: true } : recipe.grid;
  return parseRecipe(mapSlots({ ...recipe, grid }, change));
}

/**
 * Grids of embedding and head where the form rounds them: that of the method where it has every width and reads no inputs, which tables
 * have none of; else the plain uniform one.
 */
export function tableGrids(
  grid: Piece,
  { embedding, head, group, symmetric }: Setup,
): { readonly embedding?: Piece; readonly head?: Piece } {
  const plain = plainPiece('grid').name;
  const at = (bits: number): Piece =>
    grid.name === plain && !readsInputs('grid', grid) ? { ...grid, bits } : { name: plain, bits, group, symmetric };
  return {
    ...(embedding === null ? {} : { embedding: at(embedding) }),
    ...(head === null ? {} : { head: at(head) }),
  };
}

/** Why a method cannot run as the form stands, and what to change; null where it can. */
export function unfit(
  method: MethodMeta,
  { group, widths: chosen, mode }: Pick<Setup, 'group' | 'widths' | 'mode'>,
): string | null {
  if (!possible(method, group)) return 'Needs groups: choose a group size below.';
  if (chosen.length > 0 && widthsOf(method, chosen).length === 0) {
    return `Has ${listed(method.widths ?? [])} bits only: choose such a width below.`;
  }
  if (method.cross && mode === 'shared') return 'Needs sequential calibration: choose it below.';
  return null;
}

/** What the reason of `unfit` asks for, as a change of the form and in words; null where the method can run. */
export function remedy(
  method: MethodMeta,
  form: Pick<Setup, 'group' | 'widths' | 'mode'>,
): { readonly label: string; readonly change: Partial<Setup> } | null {
  if (unfit(method, form) === null) return null;
  const { group, widths: chosen, mode } = form;
  const own = method.widths ?? [];
  const smallest = groups.find((size) => size !== null && possible(method, size)) ?? null;
  const change: Partial<Setup> = {
    ...(possible(method, group) ? {} : { group: smallest }),
    ...(chosen.length > 0 && widthsOf(method, chosen).length === 0 ? { widths: [...chosen, ...own.slice(0, 1)] } : {}),
    ...(method.cross && mode === 'shared' ? { mode: 'sequential' as const } : {}),
  };
  const parts = [
    ...(change.group ? [`groups of ${change.group}`] : []),
    ...(change.widths ? [`${own[0]} bits`] : []),
    ...(change.mode ? ['sequential calibration'] : []),
  ];
  return { label: `Choose ${listed(parts)}`, change };
}

/** The methods that will run: chosen, and possible on the chosen groups and widths. */
export function chosenMethods(setup: Setup, methods: readonly MethodMeta[]): readonly MethodMeta[] {
  return methods.filter((method) => setup.methods.includes(method.name) && unfit(method, setup) === null);
}

export function possible(method: MethodMeta, group: number | null): boolean {
  return group !== null || method.groups !== 'required';
}

/** Those of `chosen` that the method has. */
export function widthsOf({ widths: own }: Pick<MethodMeta, 'widths'>, chosen: readonly number[]): readonly number[] {
  return own ? chosen.filter((bits) => own.includes(bits)) : chosen;
}

/** Widths in the order in which they teach: where most models are used, where methods differ, where they break; then the rest. */
const teaching = [4, 3, 2, 8, 5, 6, 7];

/** Points in the order of computing: all methods of one width after another, so that the curves grow side by side. */
export function planPoints(setup: Setup, methods: readonly MethodMeta[]): PlannedPoint[] {
  const chosen = chosenMethods(setup, methods);
  const ordered = [...setup.widths].sort((a, b) => teaching.indexOf(a) - teaching.indexOf(b));
  return ordered.flatMap((bits) =>
    chosen
      .filter((method) => widthsOf(method, [bits]).length > 0)
      .map((method) => {
        const recipe = recipeOf(method, bits, setup);
        const assignment = assign(recipe, tableGrids(recipe.grid, setup), setup.sites);
        return { id: `${method.name}-${bits}`, method: method.name, assignment, bits, group: groupSize(recipe) };
      }),
  );
}

/** How many points the form asks for. */
export function countPoints(setup: Setup, methods: readonly MethodMeta[]): number {
  return chosenMethods(setup, methods).reduce((sum, method) => sum + widthsOf(method, setup.widths).length, 0);
}

export function planRun(setup: Setup, methods: readonly MethodMeta[]): RunSettings {
  return { points: planPoints(setup, methods), ...measurementOf(setup) };
}

/** Before the ids of sets of pictures, so that they are told from texts. */
export const ofPictures = 'pictures/';
export const isPictures = (id: string): boolean => id.startsWith(ofPictures);

/** The chosen protocol, or the usual one where that is for pictures and a text is evaluated, or the other way round. */
export function protocolOf({ evaluation, protocol }: Pick<Setup, 'evaluation' | 'protocol'>): Protocol {
  const looks = protocol === 'pictures' || protocol === 'other-pictures';
  if (looks === isPictures(evaluation)) return protocol;
  return looks ? 'gptq' : 'pictures';
}

/** Ids of the text and of the pictures that are calibrated on; pictures beside a text only where the model looks at pictures. */
export function calibrationOf(
  { calibration, calibrationPictures }: Setup,
  looks: boolean,
): { readonly text: string | null; readonly pictures: string | null } {
  if (isPictures(calibration)) return { text: null, pictures: calibration };
  return { text: calibration, pictures: (looks && calibrationPictures) || null };
}

/** How the form measures, whatever it measures. */
export function measurementOf(setup: Setup): Omit<RunSettings, 'points'> {
  const { context, maxTokens, calibrationTokens, calibrationDraws, mode, seed } = setup;
  const protocol = protocolOf(setup);
  const draws = calibrationDraws > 1 ? { calibrationDraws } : {};
  const variants = plainVariants(setup.variants);
  return { protocol, context, maxTokens, calibrationTokens, ...draws, mode, seed, ...(variants && { variants }) };
}

/** From options to the request of a run. Pure but for what it is given. */
import type { PlannedPoint, RunSettings } from '../log/events';
import { mostDraws } from '../lab/plan';
import { parseVariants, plainVariants } from '../log/variants';
import { minContext } from '../measures/windows';
import { usualGoal, type Goal } from '../log/verdict/choose';
import type { ModelCard } from '../model/card';
import { groupSize, withGrid } from '../quant/recipe/parseRecipe';
import type { Recipe } from '../quant/recipe/recipe';
import { findMethod, recipes } from '../quant/recipe/recipes';
import { askedExceptions, exceptionsFor } from './exceptions';
import { choiceOf, groupOf, integerOf, listOf, refused, textOf, wholeNumber, type Given } from './options';
import { protocolOf } from './evaluation';
import { quoted } from '../util/words';

/** Windows of the published protocol; models of shorter context are taken as they are. */
const usualContext = 2048;
/** Tokens of calibration: a sixteenth of the published 128 windows of 2048, which takes seconds where those take minutes. The log says how many. */
const usualCalibration = 16_384;

export function settingsOf(given: Given, card: ModelCard): RunSettings {
  const protocol = protocolOf(given);
  const { maxContext } = card;
  const usual = Math.min(usualContext, maxContext);
  return {
    points: [],
    protocol,
    context: integerOf(given, 'context', usual, minContext[protocol], maxContext, ', the longest of this model'),
    maxTokens: given.has('max-tokens') ? integerOf(given, 'max-tokens', 1, 1, 2 ** 40) : null,
    calibrationTokens: integerOf(given, 'calibration-tokens', usualCalibration, 1, 2 ** 40),
    ...drawsOf(given),
    mode: choiceOf(given, 'mode', 'shared', ['shared', 'sequential']),
    seed: integerOf(given, 'seed', 0, 0, 2 ** 32 - 1),
    ...variantsOf(given),
  };
}

function drawsOf(given: Given): Pick<RunSettings, 'calibrationDraws'> {
  const draws = integerOf(given, 'calibration-draws', 1, 1, mostDraws);
  return draws > 1 ? { calibrationDraws: draws } : {};
}

/** "expert-blend=0,expert-weights=router,…". */
function variantsOf(given: Given): Pick<RunSettings, 'variants'> {
  const text = textOf(given, 'variants');
  if (text === null) return {};
  const entries = text.split(',').map((part): [string, unknown] => {
    const [name = '', value = ''] = part.split('=');
    const field = name.trim().replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
    return [field, field === 'expertBlend' && /^\d+$/.test(value) ? Number(value) : value];
  });
  const variants = plainVariants(parseVariants(Object.fromEntries(entries), '--variants'));
  return variants ? { variants } : {};
}

/** What the answer below the table is for. */
export function goalOf(given: Given): Goal {
  const accept = textOf(given, 'accept');
  const have = textOf(given, 'have');
  if (accept !== null && have !== null) throw refused('--accept and --have are two questions; give one of them');
  const amount = (name: string, text: string): number => {
    const value = Number(text.replace(/\s*(%|MB)$/, ''));
    if (!(value > 0) || !Number.isFinite(value))
      throw refused(`--${name} is ${quoted(text)}; expected a number above 0`);
    return value;
  };
  if (have !== null) return { kind: 'megabytes', most: amount('have', have) };
  return accept === null ? usualGoal : { kind: 'loss', most: amount('accept', accept) / 100 };
}

const isCalibrated = (given: Given): boolean => given.has('calibration') || given.has('calibration-images');

/** Methods that need no calibration text. */
const plain = recipes
  .filter(({ calibrated }) => !calibrated)
  .map(({ name }) => name)
  .join(', ');

/** Every recipe at every width, in the order given. A RecipeError names the option that is wrong, or missing for a method. */
export function pointsOf(given: Given): PlannedPoint[] {
  const wanted = textOf(given, 'recipes') ?? 'rtn,gptq';
  const widthsText = textOf(given, 'bits') ?? '2,3,4,8';
  const widths = listOf(widthsText, '--bits').map((text) => wholeNumber('--bits', text, 2, 8));
  const group = groupOf(given);
  const asked = askedExceptions(given);
  const everywhere = choiceOf(given, 'sites', 'usual', ['usual', 'all']) === 'all' || undefined;
  // "all": those that can be run as asked for; a method that is named must be possible.
  const names = wanted === 'all' ? possible(given, widths, group) : listOf(wanted, '--recipes');
  return names.flatMap((name) => {
    const method = findMethod(name);
    if (!method) {
      throw refused(
        `--recipes: there is no method ${quoted(name)}; there are ${recipes.map((m) => m.name).join(', ')}`,
      );
    }
    if (method.groups === 'required' && group === null) {
      throw refused(`--recipes: ${name} needs groups of columns; add --group N, such as --group 128`);
    }
    if (method.calibrated && !isCalibrated(given)) {
      throw refused(
        `--recipes: ${name} needs a calibration text, and none was given; add --calibration FILE or --calibration-images FILE.jsonl, or choose methods without (${plain})`,
      );
    }
    const sequential = textOf(given, 'mode') === 'sequential';
    if (method.cross && !sequential) {
      throw refused(`--recipes: ${name} compares two streams of calibration text; add --mode sequential`);
    }
    const has = widths.filter((bits) => method.widths?.includes(bits) ?? true);
    if (!has.length)
      throw refused(`--recipes: ${name} has no ${widths.join(', ')} bits; it has ${method.widths?.join(', ')}`);
    const recipeAt = (bits: number): Recipe => {
      if (method.widths?.includes(bits) === false) throw refused(`--except: ${name} has no ${bits} bits`);
      const own = method.recipe(bits, group);
      return given.has('symmetric') && 'symmetric' in own.grid ? withGrid(own, { symmetric: true }) : own;
    };
    const except = exceptionsFor(asked, group, recipeAt);
    return has.map((bits): PlannedPoint => {
      const all = recipeAt(bits);
      const assignment = { all, ...(everywhere && { everywhere }), ...(except.length && { except }) };
      return { id: `${name}-${bits}`, method: name, assignment, bits, group: groupSize(all) };
    });
  });
}

/** Names of all methods that the options allow. */
function possible(given: Given, widths: readonly number[], group: number | null): string[] {
  return recipes
    .filter(
      (method) =>
        (group !== null || method.groups !== 'required') &&
        (!method.calibrated || isCalibrated(given)) &&
        (!method.cross || textOf(given, 'mode') === 'sequential') &&
        (!method.widths || method.widths.some((width) => widths.includes(width))),
    )
    .map(({ name }) => name);
}

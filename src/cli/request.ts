/** From options to the request of a run. Pure but for what it is given. */
import type { PlannedPoint, RunSettings } from '../lab/events';
import { minContext } from '../lab/windows';
import type { ModelCard } from '../model/card';
import { withGrid } from '../quant/parseRecipe';
import { findMethod, recipes } from '../quant/recipes';
import { choiceOf, integerOf, refused, textOf, wholeNumber, type Given } from './options';

/** Windows of the published protocol; models of shorter context are taken as they are. */
const usualContext = 2048;
/** Tokens of calibration: a sixteenth of the published 128 windows of 2048, which takes seconds where those take minutes. The log says how many. */
const usualCalibration = 16_384;

export function settingsOf(given: Given, card: ModelCard): RunSettings {
  const protocol = choiceOf(given, 'protocol', 'gptq', ['gptq', 'llama.cpp']);
  const { maxContext } = card;
  const usual = Math.min(usualContext, maxContext);
  return {
    points: [],
    protocol,
    context: integerOf(given, 'context', usual, minContext[protocol], maxContext, ', the longest of this model'),
    maxTokens: given.has('max-tokens') ? integerOf(given, 'max-tokens', 1, 1, 2 ** 40) : null,
    calibrationTokens: integerOf(given, 'calibration-tokens', usualCalibration, 1, 2 ** 40),
    mode: choiceOf(given, 'mode', 'shared', ['shared', 'sequential']),
    seed: integerOf(given, 'seed', 0, 0, 2 ** 32 - 1),
  };
}

/** Methods that need no calibration text. */
const plain = recipes
  .filter(({ calibrated }) => !calibrated)
  .map(({ name }) => name)
  .join(', ');

/** Every recipe at every width, in the order given. A RecipeError names the option that is wrong, or missing for a method. */
export function pointsOf(given: Given): PlannedPoint[] {
  const names = listOf(textOf(given, 'recipes') ?? 'rtn,gptq', '--recipes');
  const widths = listOf(textOf(given, 'bits') ?? '2,3,4,8', '--bits').map((text) => wholeNumber('--bits', text, 2, 8));
  const groupText = textOf(given, 'group') ?? 'row';
  const group = groupText === 'row' ? null : wholeNumber('--group', groupText, 2, 65_536);
  return names.flatMap((name) => {
    const method = findMethod(name);
    if (!method) {
      throw refused(`--recipes: there is no method "${name}"; there are ${recipes.map((m) => m.name).join(', ')}`);
    }
    if (method.groups === 'required' && group === null) {
      throw refused(`--recipes: ${name} needs groups of columns; add --group N, such as --group 128`);
    }
    if (method.calibrated && !given.has('calibration')) {
      throw refused(
        `--recipes: ${name} needs a calibration text, and none was given; add --calibration FILE, or choose methods without (${plain})`,
      );
    }
    const missing = widths.find((bits) => method.widths && !method.widths.includes(bits));
    if (missing !== undefined) {
      throw refused(`--recipes: ${name} has no ${missing} bits; it has ${method.widths?.join(', ')}`);
    }
    return widths.map((bits): PlannedPoint => {
      const recipe = method.recipe(bits, group);
      return {
        id: `${name}-${bits}`,
        method: name,
        recipe: given.has('symmetric') ? withGrid(recipe, { symmetric: true }) : recipe,
        bits,
        group,
      };
    });
  });
}

function listOf(text: string, option: string): string[] {
  const items = text.split(',').map((item) => item.trim());
  if (items.some((item) => !item)) throw refused(`${option} "${text}" has an empty entry`);
  if (new Set(items).size !== items.length) throw refused(`${option} "${text}" names one twice`);
  return items;
}

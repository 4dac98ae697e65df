/** From options to the request of a run. Pure but for what it is given. */
import type { PlannedPoint, RunSettings } from '../lab/events';
import type { ModelCard } from '../model/card';
import { withGrid } from '../quant/parseRecipe';
import { findMethod, recipes } from '../quant/recipes';
import { choiceOf, integerOf, refused, textOf, wholeNumber, type Given } from './options';

/** Windows of the published protocol; models of shorter context are taken as they are. */
const usualContext = 2048;
/** Tokens of calibration: a sixteenth of the published 128 windows of 2048, which takes seconds where those take minutes. The log says how many. */
const usualCalibration = 16_384;

export function settingsOf(given: Given, card: ModelCard): RunSettings {
  return {
    points: [],
    protocol: choiceOf(given, 'protocol', 'gptq', ['gptq', 'llama.cpp']),
    context: integerOf(given, 'context', Math.min(usualContext, card.maxContext), 1, 2 ** 31),
    maxTokens: given.has('max-tokens') ? integerOf(given, 'max-tokens', 1, 1, 2 ** 40) : null,
    calibrationTokens: integerOf(given, 'calibration-tokens', usualCalibration, 1, 2 ** 40),
    mode: choiceOf(given, 'mode', 'shared', ['shared', 'sequential']),
    seed: integerOf(given, 'seed', 0, 0, 2 ** 32 - 1),
  };
}

/** Every recipe at every width, in the order given. */
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

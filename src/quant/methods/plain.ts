/** Methods without data: rounding to nearest on ranges of different kinds. */
import type { MethodMeta } from '../recipe/recipe';
import { recipeOf } from '../recipe/parseRecipe';
import { method, nearest } from './method';

export const plain: readonly MethodMeta[] = [
  method({
    name: 'rtn',
    label: 'RTN',
    line: 'Every weight goes to the nearest level, on its own. No calibration.',
    strategy: 'baseline',
    helps: 'At 8 bits, and often at 4 with groups; below, it is the line that the others have to beat.',
    cost: 'One pass over the weights, no calibration text, nothing extra to store.',
    recipe: (bits, group) => recipeOf({ grid: { name: 'uniform', bits, group }, rounding: nearest }),
  }),
  method({
    name: 'rtn-mse',
    label: 'RTN, mse clip',
    line: 'Nearest levels on ranges shrunk to lower the rounding error.',
    strategy: 'baseline',
    helps: 'At 2 to 4 bits on whole rows or large groups, where a few wide weights set the scale of all others.',
    cost: '80 ranges tried for each group; the same storage and inference as RTN.',
    recipe: (bits, group) => recipeOf({ grid: { name: 'uniform', bits, group, clip: 'mse' }, rounding: nearest }),
  }),
  method({
    name: 'hqq',
    label: 'HQQ',
    line: 'Levels with a real zero, which is moved until few weights have large errors. No calibration.',
    strategy: 'baseline',
    helps: 'At 3 and 4 bits in groups, when there is no calibration text at hand or none that can be trusted.',
    cost: 'Twenty steps over the weights; a half-precision zero for each group beside its scale.',
    recipe: (bits, group) => recipeOf({ grid: { name: 'hqq', bits, group }, rounding: nearest }),
  }),
];

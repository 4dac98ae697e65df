/** Low rank: a thin factorisation of what rounding lost, kept beside the codes. */
import { recipeOf } from '../recipe/parseRecipe';
import type { MethodMeta } from '../recipe/recipe';
import { compensate, method, nearest, papers, uniform } from './method';

export const lowRank: readonly MethodMeta[] = [
  method({
    name: 'lorc',
    label: 'LoRC',
    line: 'RTN, and the strongest directions of its error in two thin matrices.',
    strategy: 'low-rank',
    helps: 'Where the error has few strong directions: wide layers at 2 to 4 bits.',
    cost: 'Two thin matrices of halves beside every layer: dear on small layers, and one more product at inference.',
    paper: papers.lorc,
    recipe: (bits, group) =>
      recipeOf({ grid: uniform(bits, group), rounding: nearest, correction: [{ name: 'lowRank', metric: 'plain' }] }),
  }),
  method({
    name: 'lorc-inputs',
    label: 'LoRC in the metric of the inputs',
    line: 'RTN, and the directions of its error that the inputs make most of.',
    strategy: 'low-rank',
    helps: 'As LoRC, with calibration text at hand: the same rank buys more.',
    cost: 'As LoRC, and a calibration pass.',
    paper: papers.lorc,
    recipe: (bits, group) =>
      recipeOf({ grid: uniform(bits, group), rounding: nearest, correction: [{ name: 'lowRank', metric: 'inputs' }] }),
  }),
  method({
    name: 'gptq-lorc',
    label: 'GPTQ + LoRC',
    line: 'GPTQ, and the directions of what it left that the inputs make most of.',
    strategy: 'combination',
    helps: 'At 2 and 3 bits, when bits beside the codes are no matter.',
    cost: 'As GPTQ and LoRC together.',
    paper: papers.lorc,
    recipe: (bits, group) =>
      recipeOf({
        grid: uniform(bits, group),
        rounding: compensate,
        correction: [{ name: 'lowRank', metric: 'inputs' }],
      }),
  }),
  method({
    name: 'quarot-lorc',
    label: 'QuaRot + GPTQ + LoRC',
    line: 'Fused rotations, GPTQ, and a low rank of what is left.',
    strategy: 'combination',
    helps: 'At 2 bits: three strategies at once.',
    cost: 'As GPTQ and LoRC together; the rotation costs nothing at inference.',
    paper: papers.bench,
    recipe: (bits, group) =>
      recipeOf({
        transform: [{ name: 'rotate' }],
        grid: { ...uniform(bits, group), clip: 'mse' },
        rounding: compensate,
        correction: [{ name: 'lowRank', metric: 'inputs' }],
      }),
  }),
];

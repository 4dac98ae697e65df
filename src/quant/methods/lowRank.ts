/** Low rank: what rounding lost is made up for by a product of two thin matrices. */
import { recipeOf } from '../parseRecipe';
import type { MethodMeta } from '../recipe';
import { compensate, method, nearest, papers, uniform } from './method';

export const lowRank: readonly MethodMeta[] = [
  method({
    name: 'rtn-lorc',
    label: 'RTN + LoRC',
    line: 'Nearest levels, and the eight strongest directions of what they lose.',
    strategy: 'low-rank',
    helps: 'Without a calibration text, at 2 and 3 bits; the larger the layer, the cheaper.',
    cost: '128 bits for each row and each column: a third of a bit a weight at 768 × 768. One thin product more at inference.',
    paper: papers.lorc,
    recipe: (bits, group) =>
      recipeOf({ grid: uniform(bits, group), rounding: nearest, correction: [{ name: 'lowRank' }] }),
  }),
  method({
    name: 'lorc',
    label: 'LoRC',
    line: 'GPTQ, and the eight strongest directions of its error.',
    strategy: 'low-rank',
    helps: 'At 2 and 3 bits on large layers; on small ones finer groups buy more for the same bits.',
    cost: 'As RTN + LoRC, and what GPTQ takes.',
    paper: papers.lorc,
    recipe: (bits, group) =>
      recipeOf({ grid: uniform(bits, group), rounding: compensate, correction: [{ name: 'lowRank' }] }),
  }),
  method({
    name: 'lorc-inputs',
    label: 'LoRC, metric of the inputs',
    line: 'GPTQ, and the eight directions of its error that the inputs amplify most.',
    strategy: 'low-rank',
    helps: 'As LoRC, and always at least as good in the error of the layer: strong inputs come first.',
    cost: 'As LoRC, and one more Cholesky factorisation per site.',
    paper: papers.lorc,
    recipe: (bits, group) =>
      recipeOf({
        grid: uniform(bits, group),
        rounding: compensate,
        correction: [{ name: 'lowRank', metric: 'inputs' }],
      }),
  }),
];

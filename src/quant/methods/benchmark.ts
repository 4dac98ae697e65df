/** The configurations that the benchmark released (PTQ-Bench, arXiv 2502.13178, its configs): not those of the papers. */
import { recipeOf } from '../recipe/parseRecipe';
import type { MethodMeta } from '../recipe/recipe';
import { compensate, method, nearest, papers, uniform } from './method';

export const benchmark: readonly MethodMeta[] = [
  method({
    name: 'ptq-bench/gptq',
    label: 'PTQ-Bench GPTQ',
    line: 'GPTQ in act-order on whole rows.',
    strategy: 'compensation',
    helps: 'To compare with the benchmark’s own line.',
    cost: 'As GPTQ act-order.',
    paper: papers.bench,
    groups: 'own',
    recipe: (bits) =>
      recipeOf({
        transform: [{ name: 'permute', order: 'activation' }],
        grid: uniform(bits, null),
        rounding: compensate,
      }),
  }),
  method({
    name: 'ptq-bench/quip',
    label: 'PTQ-Bench QuIP',
    line: 'QuIP with its range of 2.4 root mean squares and one greedy pass.',
    strategy: 'rotation',
    helps: 'To compare with the benchmark’s own line.',
    cost: 'As QuIP, and one pass over all columns.',
    paper: papers.bench,
    groups: 'own',
    recipe: (bits) =>
      recipeOf({
        transform: [{ name: 'incohere' }, { name: 'permute', order: 'reversed' }],
        grid: { name: 'tensor', bits },
        rounding: { ...compensate, damping: 0.02, passes: 1 },
      }),
  }),
  method({
    name: 'ptq-bench/awq',
    label: 'PTQ-Bench AWQ',
    line: 'AWQ in groups of 128, while the other lines of the benchmark have whole rows.',
    strategy: 'salience',
    helps: 'To compare with the benchmark’s own line; it is not like for like.',
    cost: 'As AWQ, and a scale and zero for each group of 128.',
    paper: papers.bench,
    groups: 'own',
    recipe: (bits) =>
      recipeOf({ transform: [{ name: 'scale' }], grid: { name: 'awq', bits, group: 128 }, rounding: nearest }),
  }),
];

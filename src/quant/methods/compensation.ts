/** Compensation: columns make up for the rounding errors of others. */
import type { MethodMeta } from '../recipe/recipe';
import { recipeOf } from '../recipe/parseRecipe';
import { compensate, method, papers, uniform } from './method';

const activation = { name: 'permute', order: 'activation' } as const;

export const compensation: readonly MethodMeta[] = [
  method({
    name: 'gptq',
    label: 'GPTQ',
    line: 'Each column makes up for the rounding errors of the columns before it.',
    strategy: 'compensation',
    helps: 'From 4 bits down, on inputs whose channels go together; the more so without groups.',
    cost: 'A calibration pass and one Cholesky factorisation per site; storage and inference as RTN.',
    paper: papers.gptq,
    recipe: (bits, group) => recipeOf({ grid: { name: 'uniform', bits, group }, rounding: compensate }),
  }),
  method({
    name: 'gptq-act-order',
    label: 'GPTQ act-order',
    line: 'GPTQ, columns with the strongest inputs first; groups follow that order.',
    strategy: 'compensation',
    helps:
      'Where a few channels carry most of the input: they are rounded while all others can still make up for them.',
    cost: 'As GPTQ, and one index per column wherever groups follow the order: slower to read at inference.',
    paper: papers.gptq,
    recipe: (bits, group) =>
      recipeOf({ transform: [activation], grid: { name: 'uniform', bits, group }, rounding: compensate }),
  }),
  method({
    name: 'gptq-static',
    label: 'GPTQ act-order, static groups',
    line: 'GPTQ in act-order on contiguous groups whose scales come from the original weights.',
    strategy: 'compensation',
    helps: 'Where act-order helps and its scattered groups are too slow at inference.',
    cost: 'As GPTQ; groups stay contiguous, but their scales do not see compensated weights.',
    paper: papers.gptq,
    recipe: (bits, group) =>
      recipeOf({
        transform: [activation],
        grid: { name: 'uniform', bits, group },
        rounding: { ...compensate, groups: 'static' },
      }),
  }),
  method({
    name: 'gptq-gar',
    label: 'GPTQ group-aware order',
    line: 'GPTQ with columns ordered inside groups and groups among themselves: act-order without its cost at inference.',
    strategy: 'compensation',
    helps: 'Where act-order helps and groups must stay contiguous.',
    cost: 'As GPTQ; nothing extra to store or to read at inference.',
    paper: papers.gar,
    groups: 'required',
    recipe: (bits, group) =>
      recipeOf({
        transform: [{ name: 'permute', order: 'group-aware' }],
        grid: { name: 'uniform', bits, group },
        rounding: compensate,
      }),
  }),
  method({
    name: 'gptq-mse',
    label: 'GPTQ, mse clip',
    line: 'GPTQ on ranges shrunk to lower the rounding error.',
    strategy: 'compensation',
    helps: 'At 2 and 3 bits on whole rows or large groups, where the range decides.',
    cost: 'As GPTQ, and 80 ranges tried for each group.',
    paper: papers.gptq,
    recipe: (bits, group) => recipeOf({ grid: { name: 'uniform', bits, group, clip: 'mse' }, rounding: compensate }),
  }),
  method({
    name: 'ldlq',
    label: 'LDLQ',
    line: 'GPTQ from the last column to the first: the same feedback, from the LDL factors of H.',
    strategy: 'compensation',
    helps: 'As GPTQ; which of the two orders does better is a matter of the layer.',
    cost: 'As GPTQ.',
    paper: papers.quip,
    recipe: (bits, group) =>
      recipeOf({
        transform: [{ name: 'permute', order: 'reversed' }],
        grid: uniform(bits, group),
        rounding: { ...compensate, groups: 'static' },
      }),
  }),
  method({
    name: 'gptaq',
    label: 'GPTAQ',
    line: 'GPTQ that also makes up for what the quantized blocks before have done to the inputs.',
    strategy: 'compensation',
    helps: 'At 2 and 3 bits and in deep models, where errors of earlier blocks add up. Calibrate sequentially.',
    cost: 'Two streams of calibration, one more product of moments and two triangular solves per site.',
    paper: papers.gptaq,
    recipe: (bits, group) => recipeOf({ grid: uniform(bits, group), rounding: { name: 'asymmetric' } }),
  }),
  method({
    name: 'quantease',
    label: 'QuantEase',
    line: 'Every column in turn is rounded anew to what is best given all the others, twenty times over.',
    strategy: 'compensation',
    helps: 'Wherever GPTQ does; it needs no inverse.',
    cost: 'Twenty sweeps, each as much as GPTQ after its factorisation; storage and inference as RTN.',
    paper: { title: 'QuantEase: Optimization-based Quantization for Language Models', arxiv: '2309.01885' },
    recipe: (bits, group) => recipeOf({ grid: uniform(bits, group), rounding: { name: 'descend' } }),
  }),
];

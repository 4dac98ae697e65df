/** Salience: what matters more is kept better, by scales, by ranges or by bits. */
import { recipeOf } from '../recipe/parseRecipe';
import type { MethodMeta, Piece } from '../recipe/recipe';
import { compensate, method, nearest, papers, uniform } from './method';

const scale: Piece = { name: 'scale' };

/** Share of binary weights with which binary and 8-bit codes come to `bits` on average, before the mask: share + 8 (1 − share). */
const binaryShare = (bits: number) => Math.round(((8 - bits) / 7) * 1000) / 1000;

export const salience: readonly MethodMeta[] = [
  method({
    name: 'awq',
    label: 'AWQ',
    line: 'Columns with strong inputs are scaled up, by what loses least (read from H); then ranges are cut by the error of the output.',
    strategy: 'salience',
    helps: 'At 3 and 4 bits in groups, where some channels of the input are much stronger than others.',
    cost: 'Twenty roundings and a clip search for each site; the scales pass into the layers before and cost nothing.',
    paper: papers.awq,
    recipe: (bits, group) => recipeOf({ transform: [scale], grid: { name: 'awq', bits, group }, rounding: nearest }),
  }),
  method({
    name: 'awq-module',
    label: 'AWQ, module search',
    line: 'AWQ with scales searched as published, by the output of the whole attention or MLP on up to 2 048 tokens of text.',
    strategy: 'salience',
    helps: 'To see what the faster search by H gives away.',
    cost: 'As AWQ, and twenty runs of each attention and MLP.',
    paper: papers.awq,
    recipe: (bits, group) =>
      recipeOf({
        transform: [{ ...scale, search: 'module' }],
        grid: { name: 'awq', bits, group },
        rounding: nearest,
      }),
  }),
  method({
    name: 'autoawq',
    label: 'AutoAWQ',
    line: 'AWQ with scales that also look at the weights, as most published checkpoints were made.',
    strategy: 'salience',
    helps: 'As AWQ; compare the two where columns of weights differ much in size.',
    cost: 'As AWQ.',
    paper: papers.awq,
    recipe: (bits, group) =>
      recipeOf({
        transform: [{ ...scale, formula: 'AutoAWQ' }],
        grid: { name: 'awq', bits, group },
        rounding: nearest,
      }),
  }),
  method({
    name: 'imatrix',
    label: 'RTN, importance',
    line: 'Nearest levels on ranges that weigh each error by the mean square of its input: the idea of the importance matrix.',
    strategy: 'salience',
    helps: 'A cheap step up from RTN at 2 to 4 bits: it only needs the diagonal of H.',
    cost: '80 ranges tried for each group, a calibration pass.',
    recipe: (bits, group) =>
      recipeOf({ grid: { name: 'uniform', bits, group, clip: 'importance' }, rounding: nearest }),
  }),
  method({
    name: 'pb-llm',
    label: 'PB-LLM',
    line: 'Most weights become one of two values, the salient rest keeps 8 bits, and GPTQ makes up for the errors of both.',
    strategy: 'salience',
    helps: 'Near 2 bits on whole rows, where equal bits for all weights break down.',
    cost: 'A mask of one bit a weight on top of the codes: look at bits per weight, not at the width.',
    paper: papers.pbllm,
    groups: 'own',
    widths: [2, 3, 4],
    recipe: (bits) => recipeOf({ grid: { name: 'partial', binary: binaryShare(bits) }, rounding: compensate }),
  }),
  method({
    name: 'pb-llm-published',
    label: 'PB-LLM, published statistics',
    line: 'PB-LLM with row statistics over zeros in place of salient weights, as its code has them.',
    strategy: 'salience',
    helps: 'To see what the slip in the published code costs.',
    cost: 'As PB-LLM.',
    paper: papers.pbllm,
    groups: 'own',
    widths: [2, 3, 4],
    recipe: (bits) =>
      recipeOf({
        grid: { name: 'partial', binary: binaryShare(bits), statistics: 'published' },
        rounding: compensate,
      }),
  }),
  method({
    name: 'awq-gptq',
    label: 'AWQ + GPTQ',
    line: 'GPTQ on weights scaled by AWQ.',
    strategy: 'combination',
    helps: 'At 2 and 3 bits in groups: scales tame the ranges, feedback makes up for what is left.',
    cost: 'As AWQ and GPTQ together; nothing extra to store.',
    paper: papers.bench,
    recipe: (bits, group) => recipeOf({ transform: [scale], grid: uniform(bits, group), rounding: compensate }),
  }),
  method({
    name: 'awq-gptq-mse',
    label: 'AWQ + GPTQ, mse clip',
    line: 'GPTQ on weights scaled by AWQ, on ranges cut where that lowers the error.',
    strategy: 'combination',
    helps: 'At 2 bits, where a range that holds every weight is far too wide.',
    cost: 'As AWQ + GPTQ, and 80 ranges tried for each group.',
    paper: papers.bench,
    recipe: (bits, group) =>
      recipeOf({
        transform: [scale],
        grid: { ...uniform(bits, group), clip: 'mse' },
        rounding: compensate,
      }),
  }),
  method({
    name: 'owq',
    label: 'OWQ',
    line: 'The one column in a hundred whose errors matter most stays in half precision; GPTQ rounds the others.',
    strategy: 'salience',
    helps: 'At 2 and 3 bits, where a few channels of the input are far stronger than all others.',
    cost: '16 bits a weight on one column in a hundred: an eighth of a bit a weight at 3 bits. A gather at inference.',
    paper: papers.owq,
    recipe: (bits, group) =>
      recipeOf({ grid: uniform(bits, group), rounding: compensate, correction: [{ name: 'keep' }] }),
  }),
];

/** The literature: each method a few lines over the pieces of the catalog, with the defaults of its paper. Data only. */
import { findPiece } from './catalog';
import { canonicalRecipe, equalRecipe, recipeOf } from './parseRecipe';
import type { MethodMeta, Paper, Piece, Recipe } from './recipe';

const gptqPaper: Paper = {
  title: 'GPTQ: Accurate Post-Training Quantization for Generative Pre-trained Transformers',
  arxiv: '2210.17323',
};
const garPaper: Paper = {
  title: 'Dual Precision Quantization for Efficient and Accurate Deep Neural Networks Inference',
  arxiv: '2505.14638',
};
const nearest: Piece = { name: 'nearest' };
const compensate: Piece = { name: 'compensate' };
const activation: Piece = { name: 'permute', order: 'activation' };

export const recipes: readonly MethodMeta[] = [
  {
    name: 'rtn',
    label: 'RTN',
    line: 'Every weight goes to the nearest level, on its own. No calibration.',
    strategy: 'baseline',
    helps: 'At 8 bits, and often at 4 with groups; below, it is the line that the others have to beat.',
    cost: 'One pass over the weights, no calibration text, nothing extra to store.',
    paper: null,
    calibrated: false,
    groups: 'any',
    recipe: (bits, group) => recipeOf({ grid: { name: 'uniform', bits, group }, rounding: nearest }),
  },
  {
    name: 'rtn-mse',
    label: 'RTN, mse clip',
    line: 'Nearest levels on ranges shrunk to lower the rounding error.',
    strategy: 'baseline',
    helps: 'At 2 to 4 bits on whole rows or large groups, where a few wide weights set the scale of all others.',
    cost: '80 ranges tried for each group; the same storage and inference as RTN.',
    paper: null,
    calibrated: false,
    groups: 'any',
    recipe: (bits, group) => recipeOf({ grid: { name: 'uniform', bits, group, clip: 'mse' }, rounding: nearest }),
  },
  {
    name: 'gptq',
    label: 'GPTQ',
    line: 'Each column makes up for the rounding errors of the columns before it.',
    strategy: 'compensation',
    helps: 'From 4 bits down, on inputs whose channels go together; the more so without groups.',
    cost: 'A calibration pass and one Cholesky factorisation per site; storage and inference as RTN.',
    paper: gptqPaper,
    calibrated: true,
    groups: 'any',
    recipe: (bits, group) => recipeOf({ grid: { name: 'uniform', bits, group }, rounding: compensate }),
  },
  {
    name: 'gptq-act-order',
    label: 'GPTQ act-order',
    line: 'GPTQ, columns with the strongest inputs first; groups follow that order.',
    strategy: 'compensation',
    helps:
      'Where a few channels carry most of the input: they are rounded while all others can still make up for them.',
    cost: 'As GPTQ, and one index per column wherever groups follow the order: slower to read at inference.',
    paper: gptqPaper,
    calibrated: true,
    groups: 'any',
    recipe: (bits, group) =>
      recipeOf({ transform: [activation], grid: { name: 'uniform', bits, group }, rounding: compensate }),
  },
  {
    name: 'gptq-static',
    label: 'GPTQ act-order, static groups',
    line: 'GPTQ in act-order on contiguous groups whose scales come from the original weights.',
    strategy: 'compensation',
    helps: 'Where act-order helps and its scattered groups are too slow at inference.',
    cost: 'As GPTQ; groups stay contiguous, but their scales do not see compensated weights.',
    paper: gptqPaper,
    calibrated: true,
    groups: 'any',
    recipe: (bits, group) =>
      recipeOf({
        transform: [activation],
        grid: { name: 'uniform', bits, group },
        rounding: { ...compensate, groups: 'static' },
      }),
  },
  {
    name: 'gptq-gar',
    label: 'GPTQ group-aware order',
    line: 'GPTQ with columns ordered inside groups and groups among themselves: act-order without its cost at inference.',
    strategy: 'compensation',
    helps: 'Where act-order helps and groups must stay contiguous.',
    cost: 'As GPTQ; nothing extra to store or to read at inference.',
    paper: garPaper,
    calibrated: true,
    groups: 'required',
    recipe: (bits, group) =>
      recipeOf({
        transform: [{ name: 'permute', order: 'group-aware' }],
        grid: { name: 'uniform', bits, group },
        rounding: compensate,
      }),
  },
  {
    name: 'gptq-mse',
    label: 'GPTQ, mse clip',
    line: 'GPTQ on ranges shrunk to lower the rounding error.',
    strategy: 'compensation',
    helps: 'At 2 and 3 bits on whole rows or large groups, where the range decides.',
    cost: 'As GPTQ, and 80 ranges tried for each group.',
    paper: gptqPaper,
    calibrated: true,
    groups: 'any',
    recipe: (bits, group) => recipeOf({ grid: { name: 'uniform', bits, group, clip: 'mse' }, rounding: compensate }),
  },
];

export function findMethod(name: string): MethodMeta | undefined {
  return recipes.find((method) => method.name === name);
}

/** The method that a recipe is, at any width, group and symmetry; undefined for a composition of one's own. */
export function methodOf(recipe: Recipe): MethodMeta | undefined {
  const { bits, group, symmetric } = recipe.grid;
  if (typeof bits !== 'number' || !(group === null || typeof group === 'number')) return undefined;
  const body = canonicalRecipe({ ...recipe, embedding: undefined, head: undefined });
  return recipes.find((method) => {
    if (method.groups === 'required' && group === null) return false;
    if (method.widths && !method.widths.includes(bits)) return false;
    const plain = method.recipe(bits, group);
    return equalRecipe(symmetric === true ? { ...plain, grid: { ...plain.grid, symmetric } } : plain, body);
  });
}

/** A short label: "GPTQ 3-bit g32 symmetric", or the pieces one by one where no method has this name. */
export function describeRecipe(recipe: Recipe): string {
  const method = methodOf(recipe);
  const grid = describePiece('grid', recipe.grid);
  const name =
    method?.label ??
    [
      ...recipe.transform.map((piece) => describePiece('transform', piece)),
      describePiece('rounding', recipe.rounding),
      ...recipe.correction.map((piece) => describePiece('correction', piece)),
    ].join(' + ');
  const extra = [
    ...(recipe.embedding ? [`embedding ${describePiece('grid', recipe.embedding)}`] : []),
    ...(recipe.head ? [`head ${describePiece('grid', recipe.head)}`] : []),
  ];
  // The clip is part of a method's own name.
  return [name, method ? grid.replace(' mse clip', '') : grid, ...extra].join(' ');
}

function describePiece(slot: 'transform' | 'grid' | 'rounding' | 'correction', piece: Piece): string {
  const meta = findPiece(slot, piece.name);
  if (!meta) return piece.name;
  if (meta.describe) return meta.describe(piece);
  const differing = Object.entries(meta.options).filter(([key, schema]) => (piece[key] ?? null) !== schema.default);
  return [meta.name, ...differing.map(([key]) => `${key} ${String(piece[key])}`)].join(' ');
}

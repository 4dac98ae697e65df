/** Rotation: a basis in which no weight and no input stands out. */
import { recipeOf } from '../recipe/parseRecipe';
import type { MethodMeta, Piece } from '../recipe/recipe';
import { compensate, method, nearest, papers, uniform } from './method';

const reversed: Piece = { name: 'permute', order: 'reversed' };
const fused: Piece = { name: 'rotate' };
const online: Piece = { ...fused, online: 'hadamard' };
const incohere: Piece = { name: 'incohere' };
/** QuIP adds 1 % of the mean diagonal twice. */
const published: Piece = { ...compensate, damping: 0.02 };

export const rotation: readonly MethodMeta[] = [
  method({
    name: 'quip',
    label: 'QuIP',
    line: 'Random orthogonal bases on both sides, one scale a matrix, LDLQ rounding.',
    strategy: 'rotation',
    helps: 'At 2 bits on whole rows. Its range of 2.4 root mean squares is right at 4 bits and too wide at 2.',
    cost: 'Two small orthogonal factors and a permutation on each side, applied when the model runs.',
    paper: papers.quip,
    groups: 'own',
    recipe: (bits) =>
      recipeOf({ transform: [incohere, reversed], grid: { name: 'tensor', bits }, rounding: published }),
  }),
  method({
    name: 'quip-fitted',
    label: 'QuIP, fitted range',
    line: 'QuIP with the range that loses least at each width in place of 2.4 root mean squares.',
    strategy: 'rotation',
    helps: 'At 2 and 3 bits, to see how much of QuIP’s loss is its range.',
    cost: 'As QuIP.',
    paper: papers.quip,
    groups: 'own',
    recipe: (bits) =>
      recipeOf({
        transform: [incohere, reversed],
        grid: { name: 'tensor', bits, multiplier: 'fitted' },
        rounding: published,
      }),
  }),
  method({
    name: 'quip-sharp',
    label: 'QuIP#',
    line: 'A randomized Hadamard basis on both sides, and eight weights at once on a lattice codebook, with LDLQ between them.',
    strategy: 'rotation',
    helps: 'At 2 bits: a lattice holds normal weights better than any equally spaced levels. Not with groups.',
    cost: 'Fast Hadamard transforms when the model runs; no scales beside the codes. Without the published fine-tuning.',
    paper: papers.quipSharp,
    groups: 'own',
    widths: [2, 3, 4],
    recipe: (bits) =>
      recipeOf({ transform: [{ name: 'hadamard' }], grid: { name: 'e8p', bits }, rounding: compensate }),
  }),
  method({
    name: 'quarot-rtn',
    label: 'QuaRot + RTN',
    line: 'The residual stream and the value heads in a random Hadamard basis, fused into the weights; nearest rounding.',
    strategy: 'rotation',
    helps: 'Where single channels stand out; alone it spreads errors but makes up for none.',
    cost: 'One pass over the model; nothing at inference. Tied embeddings have to be stored twice.',
    paper: papers.quarot,
    recipe: (bits, group) => recipeOf({ transform: [fused], grid: uniform(bits, group), rounding: nearest }),
  }),
  method({
    name: 'quarot',
    label: 'QuaRot + GPTQ',
    line: 'QuaRot’s fused rotations, then GPTQ on symmetric ranges that minimise the error.',
    strategy: 'combination',
    helps: 'At 2 and 3 bits: the benchmark’s best combination.',
    cost: 'As GPTQ, and a rotation of weights and moments; nothing at inference.',
    paper: papers.quarot,
    recipe: (bits, group) =>
      recipeOf({
        transform: [fused],
        grid: { ...uniform(bits, group), symmetric: true, clip: 'mse' },
        rounding: compensate,
      }),
  }),
  method({
    name: 'quarot-asymmetric',
    label: 'QuaRot + GPTQ, asymmetric',
    line: 'QuaRot’s fused rotations, then GPTQ on ranges with a zero, cut where that lowers the error.',
    strategy: 'combination',
    helps: 'At 2 bits, where a symmetric grid wastes one of its four levels.',
    cost: 'As QuaRot + GPTQ, and the zeros.',
    paper: papers.bench,
    recipe: (bits, group) =>
      recipeOf({ transform: [fused], grid: { ...uniform(bits, group), clip: 'mse' }, rounding: compensate }),
  }),
  method({
    name: 'quarot-gptaq',
    label: 'QuaRot + GPTAQ',
    line: 'QuaRot’s fused rotations, then GPTAQ on ranges with a zero, cut where that lowers the error.',
    strategy: 'combination',
    helps: 'At 2 and 3 bits: rotation, ranges, and errors of earlier blocks made up for as well.',
    cost: 'As GPTAQ: a pass of the calibration text for each point, twice through each block.',
    paper: papers.gptaq,
    recipe: (bits, group) =>
      recipeOf({
        transform: [fused],
        grid: { ...uniform(bits, group), clip: 'mse' },
        rounding: { name: 'asymmetric' },
      }),
  }),
  method({
    name: 'quarot-online',
    label: 'QuaRot + GPTQ, online',
    line: 'QuaRot + GPTQ with the rotations that no neighbour can absorb: before the down projection, and over the heads of attention.',
    strategy: 'combination',
    helps:
      'Where inputs of the down projection stand out, and where the stream cannot turn: what reads it has a rotation of its own.',
    cost: 'As QuaRot + GPTQ; when the model runs fast Hadamard transforms before these layers, and a bit for each of their signs.',
    paper: papers.quarot,
    recipe: (bits, group) =>
      recipeOf({
        transform: [online],
        grid: { ...uniform(bits, group), symmetric: true, clip: 'mse' },
        rounding: compensate,
      }),
  }),
  method({
    name: 'quip-gptq',
    label: 'QuIP + GPTQ',
    line: 'QuIP’s bases, then GPTQ on ranges of rows or groups.',
    strategy: 'combination',
    helps: 'At 2 bits: the benchmark’s best on mixtures of experts.',
    cost: 'As QuIP at inference, as GPTQ while quantizing.',
    paper: papers.bench,
    recipe: (bits, group) =>
      recipeOf({ transform: [incohere], grid: { ...uniform(bits, group), clip: 'mse' }, rounding: compensate }),
  }),
  method({
    name: 'hadamard-gptq',
    label: 'Hadamard + GPTQ',
    line: 'A randomized Hadamard basis on both sides of every matrix, then GPTQ.',
    strategy: 'combination',
    helps: 'At 2 bits; unlike QuaRot it also turns the input of the down projection.',
    cost: 'Fast Hadamard transforms and a bit for each sign, applied when the model runs.',
    paper: papers.quipSharp,
    recipe: (bits, group) =>
      recipeOf({
        transform: [{ name: 'hadamard' }],
        grid: { ...uniform(bits, group), clip: 'mse' },
        rounding: compensate,
      }),
  }),
];

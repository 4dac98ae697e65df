/** The block formats of other programs, as they round, with importance weights, and as grids of GPTQ. */
import { recipeOf } from '../recipe/parseRecipe';
import type { MethodMeta, Piece } from '../recipe/recipe';
import { compensate, method, nearest } from './method';

/** Grid, label, width, bits per weight. */
const formats = [
  ['q2_k', 'Q2_K', 2, 2.625],
  ['q3_k', 'Q3_K', 3, 3.4375],
  ['q4_0', 'Q4_0', 4, 4.5],
  ['q4_1', 'Q4_1', 4, 5],
  ['q4_k', 'Q4_K', 4, 4.5],
  ['iq4_nl', 'IQ4_NL', 4, 4.5],
  ['q5_0', 'Q5_0', 5, 5.5],
  ['q5_1', 'Q5_1', 5, 6],
  ['q5_k', 'Q5_K', 5, 5.5],
  ['q6_k', 'Q6_K', 6, 6.5625],
  ['q8_0', 'Q8_0', 8, 8.5],
] as const;

const llamaCpp = formats.flatMap(([name, label, width, bits]) => {
  const told = { groups: 'own', widths: [width] } as const;
  const blocks = label.endsWith('_K')
    ? ' on rows of whole blocks of 256, else a smaller format as llama.cpp takes it'
    : '';
  const cost = `${bits} bits per weight, scales included${blocks}; nothing else.`;
  // Nothing is searched in blocks of 8 bits, so importance would change nothing.
  const searched = name !== 'q8_0';
  const weighed: Piece = searched ? { name, importance: 'inputs' } : { name };
  return [
    method({
      ...told,
      name,
      label: `llama.cpp ${label}`,
      line: `The ${label} blocks of GGUF files, searched block by block. No calibration.`,
      strategy: 'baseline',
      helps: 'What a GGUF file of this type would lose: the line to beat for anyone who runs llama.cpp.',
      cost,
      recipe: () => recipeOf({ grid: { name }, rounding: nearest }),
    }),
    ...(searched
      ? [
          method({
            ...told,
            name: `${name}-imatrix`,
            label: `llama.cpp ${label}, imatrix`,
            line: `${label} blocks whose search weighs errors by the mean square of the inputs.`,
            strategy: 'salience',
            helps: 'The same file format, better filled; the more so at 2 and 3 bits.',
            cost: `${cost} A calibration pass.`,
            recipe: () => recipeOf({ grid: weighed, rounding: nearest }),
          }),
        ]
      : []),
    method({
      ...told,
      name: `gptq-${name}`,
      label: `GPTQ on ${label}`,
      line: `GPTQ whose levels are those of ${label} blocks, so that the file can be run by llama.cpp.`,
      strategy: 'combination',
      helps: 'Where llama.cpp is the runtime and calibration text is at hand.',
      cost: `${cost} A calibration pass and a factorisation for each site.`,
      recipe: () => recipeOf({ grid: weighed, rounding: compensate }),
    }),
  ];
});

export const blockFormats: readonly MethodMeta[] = [
  ...llamaCpp,
  method({
    name: 'mlc-q4f16_1',
    label: 'MLC q4f16_1',
    line: 'The 4-bit groups of 32 that WebLLM runs: symmetric, a half for each scale. No calibration.',
    strategy: 'baseline',
    helps: 'What a model loses on the way to WebLLM.',
    cost: '4.5 bits per weight.',
    groups: 'own',
    widths: [4],
    recipe: () => recipeOf({ grid: { name: 'q4f16_1' }, rounding: nearest }),
  }),
  method({
    name: 'matmulnbits',
    label: 'ONNX MatMulNBits',
    line: 'The symmetric 4-bit blocks of 32 that onnxruntime runs. No calibration.',
    strategy: 'baseline',
    helps: 'What a model loses on the way to onnxruntime and transformers.js.',
    cost: '4.5 bits per weight: a half for the scale of each block of 32, and no zero points.',
    groups: 'own',
    widths: [4],
    recipe: () => recipeOf({ grid: { name: 'matmulnbits' }, rounding: nearest }),
  }),
  method({
    name: 'gptq-matmulnbits',
    label: 'GPTQ on MatMulNBits',
    line: 'GPTQ whose levels are those of MatMulNBits blocks.',
    strategy: 'combination',
    helps: 'Where onnxruntime is the runtime and calibration text is at hand.',
    cost: 'As MatMulNBits; a calibration pass and a factorisation for each site.',
    groups: 'own',
    widths: [4],
    recipe: () => recipeOf({ grid: { name: 'matmulnbits' }, rounding: compensate }),
  }),
];

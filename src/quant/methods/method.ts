/** How a method of the literature is written down: its telling parts. What follows from them is filled in. Data only. */
import { needsCalibration, needsCross } from '../recipe/parseRecipe';
import { someWidth, type MethodMeta, type Paper, type Piece } from '../recipe/recipe';

type Told = Omit<MethodMeta, 'calibrated' | 'cross' | 'groups' | 'paper'> &
  Partial<Pick<MethodMeta, 'groups' | 'paper'>>;

export function method(told: Told): MethodMeta {
  const { groups = 'any', paper = null } = told;
  const recipe = told.recipe(someWidth(told), groups === 'own' ? null : 32);
  return { ...told, groups, paper, calibrated: needsCalibration(recipe), cross: needsCross(recipe) };
}

export const nearest: Piece = { name: 'nearest' };
export const compensate: Piece = { name: 'compensate' };
export const uniform = (bits: number, group: number | null): Piece => ({ name: 'uniform', bits, group });

export const papers = {
  gptq: {
    title: 'GPTQ: Accurate Post-Training Quantization for Generative Pre-trained Transformers',
    arxiv: '2210.17323',
  },
  gar: {
    title: 'Dual Precision Quantization for Efficient and Accurate Deep Neural Networks Inference',
    arxiv: '2505.14638',
  },
  gptaq: { title: 'GPTAQ: Efficient Finetuning-Free Quantization for Asymmetric Calibration', arxiv: '2504.02692' },
  awq: { title: 'AWQ: Activation-aware Weight Quantization for LLM Compression and Acceleration', arxiv: '2306.00978' },
  owq: {
    title: 'OWQ: Outlier-Aware Weight Quantization for Efficient Fine-Tuning and Inference of Large Language Models',
    arxiv: '2306.02272',
  },
  pbllm: { title: 'PB-LLM: Partially Binarized Large Language Models', arxiv: '2310.00034' },
  quip: { title: 'QuIP: 2-Bit Quantization of Large Language Models With Guarantees', arxiv: '2307.13304' },
  quipSharp: {
    title: 'QuIP#: Even Better LLM Quantization with Hadamard Incoherence and Lattice Codebooks',
    arxiv: '2402.04396',
  },
  quarot: { title: 'QuaRot: Outlier-Free 4-Bit Inference in Rotated LLMs', arxiv: '2404.00456' },
  lorc: {
    title:
      'ZeroQuant-V2: Exploring Post-training Quantization in LLMs from Comprehensive Study to Low Rank Compensation',
    arxiv: '2303.08302',
  },
  bench: {
    title:
      'Benchmarking Post-Training Quantization in LLMs: Comprehensive Taxonomy, Unified Evaluation, and Comparative Analysis',
    arxiv: '2502.13178',
  },
} as const satisfies Readonly<Record<string, Paper>>;

/** Weak columns in half precision as the page, the command line and the parser know it. */
import type { PieceMeta } from '../recipe/recipe';

export const keep: PieceMeta = {
  name: 'keep',
  slot: 'correction',
  label: 'Keep columns',
  line: 'The few columns whose rounding errors the inputs amplify most stay in half precision, and make up for the errors of the others.',
  paper: {
    title: 'OWQ: Outlier-Aware Weight Quantization for Efficient Fine-Tuning and Inference of Large Language Models',
    arxiv: '2306.02272',
  },
  calibrated: true,
  options: {
    share: {
      kind: 'number',
      label: 'Share kept',
      help: 'Columns kept, as a share of all; at least one. Each costs 16 bits a weight and 32 for its place.',
      default: 0.01,
      min: 0.0001,
      max: 0.1,
    },
  },
  refuses: (_, __, { transform }) =>
    transform.some(({ absorbed, columns }) => absorbed && columns === 'mixed')
      ? 'a fused rotation turns every column'
      : null,
};

/** Partial binarisation as the page, the command line and the parser know it. */
import type { PieceMeta } from '../recipe/recipe';

export const partial: PieceMeta = {
  name: 'partial',
  slot: 'grid',
  label: 'Partially binary',
  line: 'Most weights become one of two values of their row; the salient rest keeps 8 bits, and a mask says which is which.',
  paper: { title: 'PB-LLM: Partially Binarized Large Language Models', arxiv: '2310.00034' },
  calibrated: ({ salience }) => salience === 'hessian',
  wholeRows: true,
  options: {
    binary: {
      kind: 'number',
      label: 'Binary share',
      help: 'Share of the weights that become binary.',
      default: 0.9,
      min: 0,
      max: 1,
    },
    salience: {
      kind: 'choice',
      label: 'Salience',
      help: 'magnitude: |w|; hessian: w² over the squared diagonal of the Cholesky factor of H⁻¹, what removing the weight would cost.',
      default: 'hessian',
      choices: ['magnitude', 'hessian'],
    },
    statistics: {
      kind: 'choice',
      label: 'Row statistics',
      help: 'corrected: mean and mean deviation of the binary weights; published: of the whole row with zeros where weights are salient, which makes the two values too small.',
      default: 'corrected',
      choices: ['corrected', 'published'],
    },
  },
  describe: ({ binary, statistics }) =>
    `${Math.round(Number(binary) * 1000) / 10} % binary${statistics === 'published' ? ' published statistics' : ''}`,
};

/** Low-rank compensation as the page, the command line and the parser know it. */
import type { PieceMeta } from '../recipe/recipe';

export const lowRank: PieceMeta = {
  name: 'lowRank',
  slot: 'correction',
  label: 'Low rank',
  line: 'The strongest directions of the rounding error are kept as two thin matrices, and added to the rounded weights.',
  paper: {
    title:
      'ZeroQuant-V2: Exploring Post-training Quantization in LLMs from Comprehensive Study to Low Rank Compensation',
    arxiv: '2303.08302',
  },
  calibrated: ({ metric }) => metric === 'inputs',
  options: {
    rank: {
      kind: 'integer',
      label: 'Rank',
      help: 'Directions that are kept. Each costs a number for every row and every column: much on small layers.',
      default: 8,
      min: 1,
      max: 64,
    },
    metric: {
      kind: 'choice',
      label: 'Error is measured',
      help: 'plain: all weights alike, as published; inputs: in the metric of the inputs, as compensation does.',
      default: 'plain',
      choices: ['plain', 'inputs'],
    },
    factors: {
      kind: 'choice',
      label: 'Factors',
      help: 'f16: half precision; int8: eight bits and a scale for each direction on each side.',
      default: 'f16',
      choices: ['f16', 'int8'],
    },
  },
};

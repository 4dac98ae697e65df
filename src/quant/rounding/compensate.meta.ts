/** Compensation as the page, the command line and the parser know it. */
import { dampingOption, groupsOption } from '../recipe/options';
import type { PieceMeta } from '../recipe/recipe';

export const compensate: PieceMeta = {
  name: 'compensate',
  rank: 1,
  slot: 'rounding',
  label: 'Compensate',
  line: 'Columns are rounded one after another; each makes up for the errors of those before it, in the metric of the inputs.',
  paper: {
    title: 'GPTQ: Accurate Post-Training Quantization for Generative Pre-trained Transformers',
    arxiv: '2210.17323',
  },
  calibrated: true,
  inTurn: true,
  options: {
    damping: dampingOption,
    groups: groupsOption,
    staleness: {
      kind: 'choice',
      label: 'Dynamic groups see',
      help: 'fresh: every column before the group; published: only finished blocks of 128 columns, as the published code does.',
      default: 'fresh',
      choices: ['fresh', 'published'],
    },
    passes: {
      kind: 'integer',
      label: 'Greedy passes',
      help: 'Passes over all columns afterwards: each is rounded anew, given all others (QuIP).',
      default: 0,
      min: 0,
      max: 20,
    },
  },
  refuses: ({ passes }, _, { grid }) =>
    passes !== 0 && (grid.width ?? 1) > 1
      ? 'greedy passes are over single columns, and this grid rounds several'
      : null,
};

/** Asymmetric compensation as the page, the command line and the parser know it. */
import { dampingOption, groupsOption } from '../recipe/options';
import type { PieceMeta } from '../recipe/recipe';

export const asymmetric: PieceMeta = {
  name: 'asymmetric',
  slot: 'rounding',
  label: 'Compensate, asymmetric',
  line: 'Compensation that also makes up for what the quantized blocks before have done to the inputs of the layer.',
  paper: {
    title: 'GPTAQ: Efficient Finetuning-Free Quantization for Asymmetric Calibration',
    arxiv: '2504.02692',
  },
  calibrated: true,
  inTurn: true,
  cross: true,
  options: {
    damping: dampingOption,
    alpha: {
      kind: 'number',
      label: 'Strength',
      help: 'Share of the change of the inputs that is made up for; 0 is compensation alone.',
      default: 0.25,
      min: 0,
      max: 1,
    },
    groups: groupsOption,
  },
};

/** Asymmetric compensation as the page, the command line and the parser know it. */
import type { PieceMeta } from '../recipe';

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
  cross: true,
  options: {
    damping: {
      kind: 'number',
      label: 'Damping',
      help: 'Added to the diagonal of H, as a share of its mean. Raised where H is still not positive definite.',
      default: 0.01,
      min: 1e-6,
      max: 1,
    },
    alpha: {
      kind: 'number',
      label: 'Strength',
      help: 'Share of the change of the inputs that is made up for; 0 is compensation alone.',
      default: 0.25,
      min: 0,
      max: 1,
    },
    groups: {
      kind: 'choice',
      label: 'Group parameters',
      help: 'dynamic: fitted when the walk enters a group, on compensated weights; static: all fitted first, on the original weights.',
      default: 'dynamic',
      choices: ['dynamic', 'static'],
    },
  },
};

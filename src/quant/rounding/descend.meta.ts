/** Coordinate descent as the page, the command line and the parser know it. */
import type { PieceMeta } from '../recipe/recipe';
import { compensate } from './compensate.meta';
import { nearest } from './nearest.meta';

export const descend: PieceMeta = {
  name: 'descend',
  slot: 'rounding',
  label: 'Descend',
  line: 'Every column in turn is rounded anew to what is best given all the others, again and again.',
  paper: {
    title: 'QuantEase: Optimization-based Quantization for Language Models',
    arxiv: '2309.01885',
  },
  calibrated: true,
  inTurn: true,
  options: {
    sweeps: {
      kind: 'integer',
      label: 'Sweeps',
      help: 'How often all columns have their turn. None loses more than the one before it.',
      default: 20,
      min: 1,
      max: 100,
    },
    damping: {
      kind: 'number',
      label: 'Damping',
      help: 'Share of the mean of diag H that is added to it; 0: none, as in the paper, whose weights run away where calibration is short or all alike.',
      default: 0.01,
      min: 0,
      max: 1,
    },
    start: {
      kind: 'choice',
      label: 'Start',
      help: 'weights: unrounded until their turn in the first sweep; nearest and compensate: from the result of that rounding, which is then never made worse.',
      default: 'weights',
      choices: ['weights', nearest.name, compensate.name],
    },
  },
};

/** The uniform grid as the page, the command line and the parser know it. */
import { bitsOption, groupOption } from '../recipe/options';
import type { PieceMeta } from '../recipe/recipe';

export const uniform: PieceMeta = {
  name: 'uniform',
  rank: 0,
  slot: 'grid',
  label: 'Uniform',
  line: 'Equally spaced levels between the smallest and the largest weight of a row or group; zero is always a level.',
  paper: null,
  calibrated: ({ clip }) => clip === 'importance',
  options: {
    bits: bitsOption,
    group: groupOption(null),
    symmetric: {
      kind: 'switch',
      label: 'Symmetric',
      help: 'Levels mirror about zero: no zero point is stored.',
      default: false,
    },
    clip: {
      kind: 'choice',
      label: 'Range',
      help: 'min-max covers every weight; mse shrinks the range where that lowers the error (exponent 2.4, 80 steps of 1 %); importance does so by squared errors times the mean square of their inputs.',
      default: 'min-max',
      choices: ['min-max', 'mse', 'importance'],
    },
  },
  describe: ({ bits, group, symmetric, clip }) =>
    [
      `${bits}-bit`,
      group === null ? 'row' : `g${group}`,
      ...(symmetric === true ? ['symmetric'] : []),
      ...(clip === 'mse' || clip === 'importance' ? [`${clip} clip`] : []),
    ].join(' '),
};

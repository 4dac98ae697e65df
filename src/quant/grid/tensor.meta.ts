/** QuIP's grid as the page, the command line and the parser know it. */
import { bitsOption } from '../recipe/options';
import type { PieceMeta } from '../recipe/recipe';

export const tensor: PieceMeta = {
  name: 'tensor',
  slot: 'grid',
  label: 'One scale a matrix',
  line: 'Equally spaced levels whose range is a multiple of the root mean square of the whole matrix.',
  paper: { title: 'QuIP: 2-Bit Quantization of Large Language Models With Guarantees', arxiv: '2307.13304' },
  calibrated: false,
  wholeRows: true,
  options: {
    bits: { ...bitsOption, default: 2 },
    multiplier: {
      kind: 'choice',
      label: 'Range',
      help: 'published: 2.4 times the root mean square at every width; fitted: what loses least at this width (1.5, 2.1, 2.4 at 2, 3, 4 bits).',
      default: 'published',
      choices: ['published', 'fitted'],
    },
  },
  describe: ({ bits, multiplier }) => `${bits}-bit tensor${multiplier === 'fitted' ? ', fitted range' : ''}`,
};

/** Q5_1 as the page, the command line and the parser know it. */
import { blockMeta } from './blockMeta';

export const q5_1 = blockMeta(
  'q5_1',
  'Q5_1',
  '5-bit blocks of 32 columns with a scale and a least value: 6 bits a weight.',
);

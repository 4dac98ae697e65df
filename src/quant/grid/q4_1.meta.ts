/** Q4_1 as the page, the command line and the parser know it. */
import { blockMeta } from './blockMeta';

export const q4_1 = blockMeta(
  'q4_1',
  'Q4_1',
  '4-bit blocks of 32 columns with a scale and a least value: 5 bits a weight.',
);

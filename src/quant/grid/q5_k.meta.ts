/** Q5_K as the page, the command line and the parser know it. */
import { blockMeta } from './blockMeta';

export const q5_k = blockMeta(
  'q5_k',
  'Q5_K',
  '5-bit blocks of 256 columns, a 6-bit scale and floor for every 32: 5.5 bits a weight. Other column counts fall back to Q5_1.',
);

/** Q4_K as the page, the command line and the parser know it. */
import { blockMeta } from './blockMeta';

export const q4_k = blockMeta(
  'q4_k',
  'Q4_K',
  '4-bit blocks of 256 columns, a 6-bit scale and floor for every 32: 4.5 bits a weight. Other column counts fall back to Q5_0.',
);

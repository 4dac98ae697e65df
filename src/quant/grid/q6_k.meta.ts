/** Q6_K as the page, the command line and the parser know it. */
import { blockMeta } from './blockMeta';

export const q6_k = blockMeta(
  'q6_k',
  'Q6_K',
  '6-bit blocks of 256 columns, an 8-bit scale for every 16: 6.56 bits a weight. Other column counts fall back to Q8_0.',
);

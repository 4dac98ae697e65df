/** Q3_K as the page, the command line and the parser know it. */
import { blockMeta } from './blockMeta';

export const q3_k = blockMeta(
  'q3_k',
  'Q3_K',
  '3-bit blocks of 256 columns, a 6-bit scale for every 16: 3.44 bits a weight. Other column counts fall back to IQ4_NL.',
);

/** Q2_K as the page, the command line and the parser know it. */
import { blockMeta } from './blockMeta';

export const q2_k = blockMeta(
  'q2_k',
  'Q2_K',
  '2-bit blocks of 256 columns, a 4-bit scale and floor for every 16: 2.625 bits a weight. Other column counts fall back to IQ4_NL.',
);

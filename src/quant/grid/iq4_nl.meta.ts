/** IQ4_NL as the page, the command line and the parser know it. */
import { blockMeta } from './blockMeta';

export const iq4_nl = blockMeta(
  'iq4_nl',
  'IQ4_NL',
  '4-bit blocks of 32 columns on 16 unequally spaced levels: 4.5 bits a weight.',
);

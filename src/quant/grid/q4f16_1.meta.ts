/** MLC's q4f16_1 as the page, the command line and the parser know it. */
import { blockMeta } from './blockMeta';

export const q4f16_1 = blockMeta(
  'q4f16_1',
  'MLC q4f16_1',
  'The groups of WebLLM: 32 columns, 15 equally spaced levels about zero, one half-precision scale: 4.5 bits a weight.',
);

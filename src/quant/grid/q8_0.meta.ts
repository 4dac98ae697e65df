/** Q8_0 as the page, the command line and the parser know it. */
import { blockMeta } from './blockMeta';

// Its scale is that of the largest weight: nothing is searched.
export const q8_0 = blockMeta('q8_0', 'Q8_0', '8-bit blocks of 32 columns with one scale: 8.5 bits a weight.', false);

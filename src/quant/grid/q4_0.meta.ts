/** Q4_0 as the page, the command line and the parser know it. */
import { blockMeta } from './blockMeta';

export const q4_0 = blockMeta('q4_0', 'Q4_0', '4-bit blocks of 32 columns with one scale: 4.5 bits a weight.');

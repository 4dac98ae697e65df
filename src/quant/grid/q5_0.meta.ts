/** Q5_0 as the page, the command line and the parser know it. */
import { blockMeta } from './blockMeta';

export const q5_0 = blockMeta('q5_0', 'Q5_0', '5-bit blocks of 32 columns with one scale: 5.5 bits a weight.');

/**
 * The llama.cpp block formats as the page, the command line and the parser know them. Of a nested block (256 columns) the line says
 * what a matrix falls back to whose columns are not whole blocks.
 */
import { blockMeta } from './blockMeta';

export const q4_0 = blockMeta('q4_0', 'Q4_0', '4-bit blocks of 32 columns with one scale: 4.5 bits a weight.');

export const q4_1 = blockMeta(
  'q4_1',
  'Q4_1',
  '4-bit blocks of 32 columns with a scale and a least value: 5 bits a weight.',
);

export const q5_0 = blockMeta('q5_0', 'Q5_0', '5-bit blocks of 32 columns with one scale: 5.5 bits a weight.');

export const q5_1 = blockMeta(
  'q5_1',
  'Q5_1',
  '5-bit blocks of 32 columns with a scale and a least value: 6 bits a weight.',
);

// Its scale is that of the largest weight: nothing is searched.
export const q8_0 = blockMeta('q8_0', 'Q8_0', '8-bit blocks of 32 columns with one scale: 8.5 bits a weight.', false);

export const iq4_nl = blockMeta(
  'iq4_nl',
  'IQ4_NL',
  '4-bit blocks of 32 columns on 16 unequally spaced levels: 4.5 bits a weight.',
);

export const q2_k = blockMeta(
  'q2_k',
  'Q2_K',
  '2-bit blocks of 256 columns, a 4-bit scale and floor for every 16: 2.625 bits a weight. Other column counts fall back to IQ4_NL.',
);

export const q3_k = blockMeta(
  'q3_k',
  'Q3_K',
  '3-bit blocks of 256 columns, a 6-bit scale for every 16: 3.44 bits a weight. Other column counts fall back to IQ4_NL.',
);

export const q4_k = blockMeta(
  'q4_k',
  'Q4_K',
  '4-bit blocks of 256 columns, a 6-bit scale and floor for every 32: 4.5 bits a weight. Other column counts fall back to Q5_0.',
);

export const q5_k = blockMeta(
  'q5_k',
  'Q5_K',
  '5-bit blocks of 256 columns, a 6-bit scale and floor for every 32: 5.5 bits a weight. Other column counts fall back to Q5_1.',
);

export const q6_k = blockMeta(
  'q6_k',
  'Q6_K',
  '6-bit blocks of 256 columns, an 8-bit scale for every 16: 6.56 bits a weight. Other column counts fall back to Q8_0.',
);

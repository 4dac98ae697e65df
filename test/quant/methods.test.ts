/**
 * Every method at each of its widths against float64 on 576 columns, groups of 128 with a tail of 64; one of the nested formats on two
 * whole blocks. The other problems are in methodsMiddle.long.test.ts and methodsOuter.long.test.ts.
 */
import { recipes } from '../../src/quant/recipes';
import { testMethods } from './methods';

testMethods(576, 128);
testMethods(
  512,
  null,
  recipes.filter(({ name }) => name.includes('q4_k')),
);

/**
 * Every method against float64 on 576 columns, groups of 128 with a tail of 64, at 3 bits or the first width that it has; one of the
 * nested formats on two whole blocks. The other widths and problems are in the long tests of methods.
 */
import { recipes } from '../../src/quant/recipe/recipes';
import { testMethods } from './methods';

testMethods(576, 128, recipes, 'fast');
testMethods(
  512,
  null,
  recipes.filter(({ name }) => name.includes('q4_k')),
);

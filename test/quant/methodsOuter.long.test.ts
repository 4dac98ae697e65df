/**
 * Every method against float64 on 1376 columns, groups of 64 with a tail of 32; the other widths on 576 columns (methods.test.ts), and the
 * other nested formats on two whole blocks.
 */
import { recipes } from '../../src/quant/recipe/recipes';
import { testMethods } from './methods';

testMethods(576, 128, recipes, 'long');
testMethods(1376, 64);
testMethods(
  512,
  null,
  recipes.filter(({ name }) => /q\d_k/.test(name) && !name.includes('q4_k')),
);

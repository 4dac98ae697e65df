/** Every method against float64 on 576 and 1376 columns, groups with tails of 64 and 32; nested blocks on two whole ones. */
import { recipes } from '../../src/quant/recipes';
import { testMethods } from './methods';

testMethods(576, 128);
testMethods(1376, 64);
testMethods(
  512,
  null,
  recipes.filter(({ name }) => /q\d_k/.test(name)),
);

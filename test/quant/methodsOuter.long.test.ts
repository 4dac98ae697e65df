/** Every method against float64 on 1376 columns, groups of 64 with a tail of 32; the other nested formats on two whole blocks. */
import { recipes } from '../../src/quant/recipes';
import { testMethods } from './methods';

testMethods(1376, 64);
testMethods(
  512,
  null,
  recipes.filter(({ name }) => /q\d_k/.test(name) && !name.includes('q4_k')),
);

/** Every method against float64 on 896 and 960 columns: groups of 96 leave a tail of 32; whole rows. */
import { testMethods } from './methods';

testMethods(896, 96);
testMethods(960, null);

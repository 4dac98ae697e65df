/** The first mutants; the others are in fuzz.long.test.ts. */
import { testHeaders, testTokenizers } from './mutations';

testHeaders(0, 1500);
testTokenizers(0, 700);

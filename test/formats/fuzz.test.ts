/** The first mutants; the others are in fuzz.long.test.ts. */
import { testHeaders, testPatterns, testTexts, testTokenizers } from './mutations';

testHeaders(0, 1500);
testTokenizers(0, 700);
testPatterns(0, 1000);
testTexts(0, 1500);

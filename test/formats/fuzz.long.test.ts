/** The mutants after those of fuzz.test.ts. */
import { testHeaders, testPatterns, testTexts, testTokenizers } from './mutations';

testHeaders(1500, 10_000);
testTokenizers(700, 5_000);
testPatterns(1000, 20_000);
testTexts(1500, 10_000);

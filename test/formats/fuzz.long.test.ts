/** The mutants after those of fuzz.test.ts. */
import { testHeaders, testTokenizers } from './mutations';

testHeaders(1500, 10_000);
testTokenizers(700, 5_000);

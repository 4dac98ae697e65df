/** The wide cases of AWQ against its twin; the others are in scale.test.ts. */
import { testClipSearch, testScales } from './scaleTwin';

testScales('long');
testClipSearch('long');

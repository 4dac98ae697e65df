/** The laws of every method, for those that do not stand in laws.test.ts. */
import { testEightBits, testStored } from './methodLaws';

testEightBits('long');
testStored('long');

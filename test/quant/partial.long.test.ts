/** The widest case of PB-LLM; the others are in partial.test.ts. */
import { testPartial } from './partialTwin';

testPartial('long');

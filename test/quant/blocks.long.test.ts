/** The other cases of compensation on export grids (blocks.test.ts). */
import { testCompensation } from './exportCompensation';

testCompensation('long');

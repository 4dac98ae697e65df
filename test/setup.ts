/** For every test file: Dawn's globals. */
import { openDawn } from '../src/gpu/dawn';

openDawn();

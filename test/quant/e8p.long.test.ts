/** The wide cases of compensation on E8P; the others are in e8p.test.ts. */
import { testBlockLdlq } from './e8pSolve';

testBlockLdlq('long');

/** The looks of the page with everything open that the fast tier leaves out. */
import { testEverythingOpen } from './matrixPage';

testEverythingOpen('light', 390);
testEverythingOpen('dark', 1280);

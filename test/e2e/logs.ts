/** Logs for tests of the page: written and read as the lab does, and made-up ones. */
import { loadModule } from './modules';

export const { readLog, writeLog } = await loadModule<typeof import('../../src/log/file')>('src/log/file.ts');
export const { sampleLog } = await loadModule<typeof import('../store/sampleLog')>('test/store/sampleLog.ts');

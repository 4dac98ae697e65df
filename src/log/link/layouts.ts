/** Every layout that there ever was: how it is read, and how the newest is written.  */
import type { SharedRun } from './sharedRun';
import { readV1 } from './v1';
import { readV2, writeV2 } from './v2';

export const readers: ReadonlyMap<string, (text: string) => SharedRun> = new Map([
  ['1', readV1],
  ['2', readV2],
]);

export const newest = { version: '2', write: writeV2 } as const;

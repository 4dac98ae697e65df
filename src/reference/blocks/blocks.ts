/** Every block format by name. */
import type { BlockName } from '../../util/blockBytes';
import type { BlockFormat } from './format';
import { nestedBlocks } from './nested';
import { plainBlocks } from './plain';

export const blocks: Readonly<Record<BlockName, BlockFormat>> = { ...plainBlocks, ...nestedBlocks };

/** MLC's q4f16_1, what WebLLM runs: groups of 32 columns, s = max |w| / 7 as a half, ŵ = s(c − 7), 15 levels. */
import type { Grid } from '../problem';
import type { Piece } from '../recipe/recipe';
import { rowBlockStorage } from './rowBlocks';

export function q4f16_1({ importance }: Piece): Grid {
  const inputs = importance === 'inputs';
  return {
    width: 1,
    group: 32,
    sets: 1,
    setOf: () => 0,
    shader: 'half_uniform',
    constants: { RULE: 2, IMPORTANCE: inputs ? 1 : 0 },
    bits: 4,
    importance: inputs ? 'inputs' : 'none',
    fitWork: inputs ? 80 * 8 : 4,
    storage: rowBlockStorage({ bits: 4, block: 32, scale: 'f16', zero: 'none', fill: 7 }),
  };
}

/**
 * HQQ (Badri and Shaji, Mobius Labs 2023, not on arXiv): ŵ = s(c − z) with a real zero z, found without data by half-quadratic steps for
 * the least |w − ŵ|^0.7. Groups lie along the inputs (the published default groups across rows); each group stops on its own and keeps
 * its best zero, where the published solver stops with the whole matrix and keeps the step after. Scale and zero are halves from the
 * start. Float64 twin: reference/hqq.ts.
 */
import { assert } from '../../util/assert';
import type { Grid } from '../problem';
import type { Piece } from '../recipe';
import { groupStorage } from '../storage';

export function hqq({ bits, group, importance }: Piece): Grid {
  assert(typeof bits === 'number' && (group === null || typeof group === 'number'), 'a parsed hqq piece');
  const inputs = importance === 'inputs';
  return {
    width: 1,
    group: group ?? Infinity,
    sets: 1,
    setOf: () => 0,
    shader: 'hqq',
    constants: { IMPORTANCE: inputs ? 1 : 0 },
    bits,
    importance: inputs ? 'inputs' : 'none',
    // Twenty steps, a power in each.
    fitWork: 20 * 24,
    storage: groupStorage({ bits, scale: 'f16', zero: 'f16' }),
  };
}

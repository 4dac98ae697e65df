/**
 * The uniform grid: ŵ = s(c − z) with c in 0 … 2^bits − 1; scale and zero per row, or per group of columns, of the range of its weights
 * widened to hold 0 (the quantizer of the published GPTQ code). Scales are the halves that are stored. The arithmetic is shaders/grid/uniform.wgsl, its float64 twin
 * reference/uniform.ts.
 */
import { assert } from '../../util/assert';
import type { Grid } from '../problem';
import type { Piece } from '../recipe/recipe';
import { groupStorage } from '../storage';

export function uniform({ bits, group, symmetric, clip }: Piece): Grid {
  assert(typeof bits === 'number' && (group === null || typeof group === 'number'), 'a parsed uniform piece');
  return {
    width: 1,
    group: group ?? Infinity,
    sets: 1,
    setOf: () => 0,
    shader: 'uniform',
    constants: {
      SYMMETRIC: symmetric === true ? 1 : 0,
      CLIP_MSE: clip === 'mse' ? 1 : 0,
      CLIP_IMPORTANCE: clip === 'importance' ? 1 : 0,
    },
    bits,
    importance: clip === 'importance' ? 'inputs' : 'none',
    // A clip search looks at every weight 80 times, for mse with a power each time.
    fitWork: clip === 'min-max' ? 4 : 80 * (clip === 'mse' ? 16 : 8),
    // As exported formats store them: half-precision scale, zero as wide as a code.
    storage: groupStorage({ bits, scale: 'f16', zero: symmetric === true ? 'none' : bits }),
  };
}

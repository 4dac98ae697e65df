/**
 * The blocks of ONNX Runtime's MatMulNBits: ŵ = s(c − z), blocks of columns from the left, the last one filled up. Symmetric: s is the
 * value of the largest magnitude over −2^(bits−1), z = 2^(bits−1), not stored; otherwise a zero point for each block, rows filled to whole
 * bytes. Scales are halves, or float32 in a float32 graph.
 */
import { assert } from '../../util/assert';
import type { Grid } from '../problem';
import type { Piece } from '../recipe/recipe';
import { rowBlockStorage } from './rowBlocks';

export function matmulnbits({ bits: text, block: size, symmetric, scale, importance }: Piece): Grid {
  const [bits, block] = [Number(text), Number(size)];
  assert(bits > 0 && block > 0, 'a parsed matmulnbits piece');
  const inputs = importance === 'inputs';
  const f16 = scale === 'f16';
  return {
    width: 1,
    group: block,
    sets: 1,
    setOf: () => 0,
    shader: 'half_uniform',
    constants: { RULE: symmetric === true ? 0 : 1, HALF_SCALE: f16 ? 1 : 0, IMPORTANCE: inputs ? 1 : 0 },
    bits,
    importance: inputs ? 'inputs' : 'none',
    fitWork: inputs ? 80 * 8 : 4,
    storage: rowBlockStorage({
      bits,
      block,
      scale: f16 ? 'f16' : 'f32',
      zero: symmetric === true ? 'none' : 'code',
      fill: 2 ** (bits - 1),
    }),
  };
}

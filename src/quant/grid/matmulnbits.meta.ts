/** The grid of ONNX Runtime's MatMulNBits as the page, the command line and the parser know it. */
import type { PieceMeta } from '../recipe/recipe';
import { importanceOption } from '../recipe/options';

export const matmulnbits: PieceMeta = {
  name: 'matmulnbits',
  slot: 'grid',
  label: 'ONNX MatMulNBits',
  line: 'The blocks that onnxruntime-web multiplies with: equally spaced levels, scales of half precision.',
  paper: null,
  calibrated: ({ importance }) => importance === 'inputs',
  options: {
    bits: {
      kind: 'choice',
      label: 'Bits',
      help: 'Bits of a code: what the operator takes.',
      default: '4',
      choices: ['2', '4', '8'],
    },
    block: {
      kind: 'choice',
      label: 'Block',
      help: 'Columns that share a scale; 32 has the fastest kernels.',
      default: '32',
      choices: ['16', '32', '64', '128', '256'],
    },
    symmetric: { kind: 'switch', label: 'Symmetric', help: 'No zero points are stored.', default: true },
    scale: {
      kind: 'choice',
      label: 'Scales',
      help: 'f16 for a graph in half precision, f32 for one in float32.',
      default: 'f16',
      choices: ['f16', 'f32'],
    },
    importance: importanceOption,
  },
  describe: ({ bits, block, symmetric, scale, importance }) =>
    [
      `MatMulNBits ${bits}-bit g${block}`,
      ...(symmetric === true ? [] : ['zero points']),
      ...(scale === 'f16' ? [] : ['f32 scales']),
      ...(importance === 'inputs' ? ['importance'] : []),
    ].join(' '),
};

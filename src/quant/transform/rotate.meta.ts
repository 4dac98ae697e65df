/** Fused rotations as the page, the command line and the parser know them. */
import type { PieceMeta } from '../recipe/recipe';

export const rotate: PieceMeta = {
  name: 'rotate',
  slot: 'transform',
  label: 'Fused rotation',
  known: 'QuaRot',
  line: 'The residual stream and the value heads are rotated; neighbouring matrices absorb it, so it costs nothing when the model runs.',
  paper: { title: 'QuaRot: Outlier-Free 4-Bit Inference in Rotated LLMs', arxiv: '2404.00456' },
  calibrated: false,
  columns: 'mixed',
  absorbed: true,
  options: {
    basis: {
      kind: 'choice',
      label: 'Basis',
      help: 'hadamard: a Hadamard matrix with random signs; orthogonal: a random orthogonal matrix.',
      default: 'hadamard',
      choices: ['hadamard', 'orthogonal'],
    },
    online: {
      kind: 'choice',
      label: 'Online',
      help: 'none: what no neighbour can absorb keeps its basis; hadamard: it is turned just before the layer, each time the model runs, for a bit a column.',
      default: 'none',
      choices: ['none', 'hadamard'],
      later: true,
      own: true,
    },
  },
  refuses: (piece, { transform }) =>
    transform[0] === piece ? null : 'the rotation goes into the neighbours as they are, so it is the first transform',
};

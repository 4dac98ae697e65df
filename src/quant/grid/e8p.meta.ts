/** The lattice codebook of QuIP# as the page, the command line and the parser know it. */
import type { PieceMeta } from '../recipe/recipe';

export const e8p: PieceMeta = {
  name: 'e8p',
  slot: 'grid',
  label: 'E8 lattice',
  line: 'Eight weights are one codeword of a lattice codebook; one scale for the whole matrix. For weights in a rotated basis.',
  paper: {
    title: 'QuIP#: Even Better LLM Quantization with Hadamard Incoherence and Lattice Codebooks',
    arxiv: '2402.04396',
  },
  calibrated: false,
  width: 8,
  wholeRows: true,
  options: {
    bits: {
      kind: 'integer',
      label: 'Bits',
      help: 'Bits of a weight. 2: the lattice codebook; 3 and 4: a second codebook for what the first leaves.',
      default: 2,
      min: 2,
      max: 4,
    },
  },
  refuses: (_, { rounding }, { transform }) =>
    transform.some(({ columns }) => columns === 'moved')
      ? 'eight weights share a codeword, so columns stay where they are'
      : typeof rounding['passes'] === 'number' && rounding['passes'] > 0
        ? 'greedy passes change one column at a time, and eight share a codeword'
        : null,
  describe: ({ bits }) => `${bits}-bit E8`,
};

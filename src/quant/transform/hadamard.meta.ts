/** The randomized Hadamard transform as the page, the command line and the parser know it. */
import { balanceOption } from '../recipe/options';
import type { PieceMeta } from '../recipe/recipe';

export const hadamard: PieceMeta = {
  name: 'hadamard',
  slot: 'transform',
  label: 'Randomized Hadamard',
  known: 'Hadamard',
  line: 'Rows and columns get random signs and are mixed by a Hadamard matrix, so that no weight stands out.',
  paper: {
    title: 'QuIP#: Even Better LLM Quantization with Hadamard Incoherence and Lattice Codebooks',
    arxiv: '2402.04396',
  },
  calibrated: false,
  columns: 'mixed',
  options: { balance: balanceOption },
};

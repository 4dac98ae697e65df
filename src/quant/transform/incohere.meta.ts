/** Incoherence processing as the page, the command line and the parser know it. */
import { balanceOption } from '../recipe/options';
import type { PieceMeta } from '../recipe/recipe';

export const incohere: PieceMeta = {
  name: 'incohere',
  slot: 'transform',
  label: 'Incoherence processing',
  known: 'QuIP',
  line: 'Columns are balanced against their inputs, then both sides are rotated at random, so that no weight stands out.',
  paper: { title: 'QuIP: 2-Bit Quantization of Large Language Models With Guarantees', arxiv: '2307.13304' },
  calibrated: true,
  columns: 'mixed',
  options: {
    rescale: {
      kind: 'switch',
      label: 'Rescale',
      help: 'Scale columns by (diag H / diag WᵀW)^¼ before the rotation; a half for each is stored.',
      default: true,
    },
    balance: balanceOption,
  },
};

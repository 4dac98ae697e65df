/** Column order as the page, the command line and the parser know it. */
import type { PieceMeta } from '../recipe/recipe';

export const permute: PieceMeta = {
  name: 'permute',
  slot: 'transform',
  label: 'Column order',
  known: 'Act-order',
  line: 'The columns with the strongest inputs come first, while there are still others left to make up for their errors.',
  paper: {
    title: 'Dual Precision Quantization for Efficient and Accurate Deep Neural Networks Inference',
    arxiv: '2505.14638',
  },
  calibrated: true,
  columns: 'moved',
  options: {
    order: {
      kind: 'choice',
      label: 'Order',
      help: 'activation: by the diagonal of H, groups follow the order; group-aware: columns inside groups, then groups, so that groups stay contiguous; reversed: from the last to the first, which makes LDLQ of GPTQ.',
      default: 'activation',
      choices: ['activation', 'group-aware', 'reversed'],
    },
  },
  refuses: (piece, { transform, grid }, metas) => {
    const { order } = piece;
    if (transform.at(-1) !== piece)
      return 'the column order is the last transform, so that codes can be stored in the original order';
    const rows = grid['group'] === null || metas.grid.wholeRows === true;
    if (order === 'group-aware' && rows) return 'group-aware order needs groups, and the grid has whole rows';
    if (metas.rounding.inTurn) return null;
    if (rows) return 'nearest rounding on whole rows does not depend on column order';
    return order === 'activation' ? null : 'nearest rounding does not depend on this order';
  },
};

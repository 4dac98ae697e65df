/** Activation-aware scales as the page, the command line and the parser know them. */
import type { PieceMeta } from '../recipe/recipe';

export const scale: PieceMeta = {
  name: 'scale',
  slot: 'transform',
  label: 'Activation-aware scales',
  known: 'AWQ',
  line: 'Columns with strong inputs are scaled up before rounding and their inputs down, by as much as loses least.',
  paper: {
    title: 'AWQ: Activation-aware Weight Quantization for LLM Compression and Acceleration',
    arxiv: '2306.00978',
  },
  calibrated: true,
  columns: 'scaled',
  readsGrid: true,
  module: ({ search }) => search === 'module',
  options: {
    formula: {
      kind: 'choice',
      label: 'Formula',
      help: 'llm-awq: a power of the mean input; AutoAWQ: over a power of the mean relative weight ("duo scaling").',
      default: 'llm-awq',
      choices: ['llm-awq', 'AutoAWQ'],
    },
    search: {
      kind: 'choice',
      label: 'Search',
      help: 'layer: the error of the layer’s own output, from H; module: of attention or MLP, by running them, as published.',
      default: 'layer',
      choices: ['layer', 'module'],
    },
  },
  refuses: (piece, { transform }, metas) => {
    const after = metas.transform.slice(transform.indexOf(piece) + 1).find(({ columns }) => columns !== 'moved');
    if (after) return `scales act on single columns, which "${after.name}" after them would mix: scales come last`;
    if (piece.search === 'module' && transform[0] !== piece) {
      return 'the module is run in its own basis: scales that are searched by its output come first';
    }
    if ((metas.grid.width ?? 1) > 1) return 'scales are searched on a grid whose columns are rounded one by one';
    return null;
  },
};

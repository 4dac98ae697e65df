/** AWQ's grid as the page, the command line and the parser know it. */
import { bitsOption, groupOption } from '../recipe/options';
import type { PieceMeta } from '../recipe/recipe';

export const awq: PieceMeta = {
  name: 'awq',
  slot: 'grid',
  label: 'AWQ',
  line: 'Equally spaced levels over the range of a group, which need not hold zero, cut where that lowers the error of the output.',
  paper: {
    title: 'AWQ: Activation-aware Weight Quantization for LLM Compression and Acceleration',
    arxiv: '2306.00978',
  },
  calibrated: ({ clip }) => clip === true,
  groupMoment: ({ clip }) => clip === true,
  options: {
    bits: bitsOption,
    group: groupOption(128),
    clip: {
      kind: 'switch',
      label: 'Clip',
      help: 'Searches ten ranges from the whole one down to 55 % of it, by the error of the group’s part of the output.',
      default: true,
    },
  },
  refuses: ({ clip }, { rounding }, { transform }) =>
    clip === true && rounding['groups'] === 'static' && transform.some(({ columns }) => columns === 'moved')
      ? 'the clip search fits consecutive columns of the new order, static groups hold those of the original one'
      : null,
  describe: ({ bits, group, clip }) =>
    [`AWQ ${bits}-bit`, group === null ? 'row' : `g${group}`, ...(clip === true ? [] : ['unclipped'])].join(' '),
};

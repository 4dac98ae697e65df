/** HQQ as the page, the command line and the parser know it. */
import { bitsOption, groupOption, importanceOption } from '../recipe/options';
import type { PieceMeta } from '../recipe/recipe';

export const hqq: PieceMeta = {
  name: 'hqq',
  slot: 'grid',
  label: 'HQQ',
  line: 'Equally spaced levels with a real zero, moved until few weights have large errors. No data.',
  paper: null,
  calibrated: ({ importance }) => importance === 'inputs',
  options: {
    bits: bitsOption,
    group: groupOption(64),
    importance: importanceOption,
    stop: {
      kind: 'choice',
      label: 'Stop',
      help: 'matrix: all groups of a matrix take as many steps, and end with the zeros of the last one (hqq 0.2.8); group: each group stops on its own, and keeps its best zero.',
      default: 'matrix',
      choices: ['matrix', 'group'],
    },
  },
  refuses: ({ stop }, { rounding }, { transform }) =>
    stop !== 'group' && rounding['groups'] === 'static' && transform.some(({ columns }) => columns === 'moved')
      ? 'zeros of a whole matrix are of consecutive columns of the new order, static groups hold those of the original one'
      : null,
  describe: ({ bits, group, importance, stop }) =>
    [
      `HQQ ${bits}-bit`,
      group === null ? 'row' : `g${group}`,
      ...(importance === 'inputs' ? ['importance'] : []),
      ...(stop === 'group' ? ['stop by group'] : []),
    ].join(' '),
};

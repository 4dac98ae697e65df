/** HQQ as the page, the command line and the parser know it. */
import type { PieceMeta } from '../recipe';
import { importanceOption } from './blockMeta';

export const hqq: PieceMeta = {
  name: 'hqq',
  slot: 'grid',
  label: 'HQQ',
  line: 'Equally spaced levels with a real zero, moved until few weights have large errors. No data.',
  paper: null,
  calibrated: ({ importance }) => importance === 'inputs',
  options: {
    bits: { kind: 'integer', label: 'Bits', help: 'Bits of a code: 2^bits levels.', default: 4, min: 2, max: 8 },
    group: {
      kind: 'group',
      label: 'Group',
      help: 'Columns that share a scale and zero; the whole row when empty.',
      default: 64,
    },
    importance: importanceOption,
  },
  describe: ({ bits, group, importance }) =>
    [`HQQ ${bits}-bit`, group === null ? 'row' : `g${group}`, ...(importance === 'inputs' ? ['importance'] : [])].join(
      ' ',
    ),
};

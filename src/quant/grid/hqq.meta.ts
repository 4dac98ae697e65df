/** HQQ as the page, the command line and the parser know it. */
import { bitsOption, groupOption, importanceOption } from '../options';
import type { PieceMeta } from '../recipe';

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
  },
  describe: ({ bits, group, importance }) =>
    [`HQQ ${bits}-bit`, group === null ? 'row' : `g${group}`, ...(importance === 'inputs' ? ['importance'] : [])].join(
      ' ',
    ),
};

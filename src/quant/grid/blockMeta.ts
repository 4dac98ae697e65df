/** What the metadata of block formats without options but importance have in common: those of llama.cpp and of MLC. */
import { importanceOption } from '../recipe/options';
import type { PieceMeta } from '../recipe/recipe';

/** `name`: the piece's; `label`: the format's in files. `search`: whether fits search, so that importance can weigh what they find. */
export function blockMeta(name: string, label: string, line: string, search = true): PieceMeta {
  return {
    name,
    slot: 'grid',
    label,
    line,
    paper: null,
    calibrated: ({ importance }) => importance === 'inputs',
    options: search ? { importance: importanceOption } : {},
    describe: ({ importance }) => (importance === 'inputs' ? `${label} importance` : label),
  };
}

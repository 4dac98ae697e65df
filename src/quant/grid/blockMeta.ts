/** What the metadata of the llama.cpp block formats have in common. */
import type { OptionSchema, PieceMeta } from '../recipe';

export const importanceOption: OptionSchema = {
  kind: 'choice',
  label: 'Importance',
  help: 'none: errors of weights count by the format’s own rule; inputs: times the mean square of each column’s input, the importance matrix.',
  default: 'none',
  choices: ['none', 'inputs'],
};

/** `name`: the piece's; `label`: the format's in files. */
export function blockMeta(name: string, label: string, line: string): PieceMeta {
  return {
    name,
    slot: 'grid',
    label,
    line,
    paper: null,
    calibrated: ({ importance }) => importance === 'inputs',
    options: { importance: importanceOption },
    describe: ({ importance }) => (importance === 'inputs' ? `${label} importance` : label),
  };
}

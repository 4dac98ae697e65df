/** Options that several pieces have, as the page, the command line and the parser know them. */
import type { OptionSchema } from './recipe';

export const bitsOption = {
  kind: 'integer',
  label: 'Bits',
  help: 'Bits of a code: 2^bits levels.',
  default: 4,
  min: 2,
  max: 8,
} as const satisfies OptionSchema;

export const groupOption = (usual: number | null): OptionSchema => ({
  kind: 'group',
  label: 'Group',
  help: 'Columns that share a scale and zero; the whole row when empty.',
  default: usual,
});

export const importanceOption: OptionSchema = {
  kind: 'choice',
  label: 'Importance',
  help: 'none: errors of weights count by the format’s own rule; inputs: times the mean square of each column’s input, the importance matrix.',
  default: 'none',
  choices: ['none', 'inputs'],
};

export const dampingOption: OptionSchema = {
  kind: 'number',
  label: 'Damping',
  help: 'Added to the diagonal of H, as a share of its mean. Raised where H is still not positive definite.',
  default: 0.01,
  min: 1e-6,
  max: 1,
};

export const groupsOption: OptionSchema = {
  kind: 'choice',
  label: 'Group parameters',
  help: 'dynamic: fitted when the walk enters a group, on compensated weights; static: all fitted first, on the original weights.',
  default: 'dynamic',
  choices: ['dynamic', 'static'],
};

/** Of transforms that mix rows: balance.ts. */
export const balanceOption: OptionSchema = {
  kind: 'switch',
  label: 'Balance',
  help: 'Divides each matrix of the site by its root mean square before their rows are mixed.',
  default: true,
};

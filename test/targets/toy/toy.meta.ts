import type { TargetMeta } from '../../../src/targets/target';

export const toy: TargetMeta = {
  name: 'toy',
  label: 'Toy',
  line: 'A model as text, a line for each tensor.',
  refuses: (_, { parameters }) => (parameters > 1e6 ? 'text of more than a million weights is not read' : null),
};

import type { MeasureMeta } from './measure';

export const agreement: MeasureMeta = {
  name: 'agreement',
  line: 'How often the model would go on as full precision does.',
  place: 2,
  values: [
    {
      name: 'top1',
      label: 'Top-1',
      help: 'Share of tokens for which the most likely next token is the same as in full precision.',
      better: 'high',
      scale: 'linear',
      as: 'share',
      against: 'full precision',
      shown: 'table',
    },
  ],
};

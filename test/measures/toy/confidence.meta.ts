import type { MeasureMeta } from '../../../src/measures/measure';

export const confidence: MeasureMeta = {
  name: 'confidence',
  line: 'How often the model is surer of the text than of all else together.',
  place: 3,
  values: [
    {
      name: 'confident',
      label: 'Confident',
      help: 'Share of tokens that the model gave more than one half.',
      better: 'high',
      scale: 'linear',
      as: 'share',
      against: 'nothing',
      shown: 'table',
      axis: { label: 'Confident', title: 'share of tokens above one half' },
    },
  ],
};

import type { MeasureMeta } from './measure';

export const accuracy: MeasureMeta = {
  name: 'accuracy',
  line: 'How often the model finds the right one of several answers.',
  place: 3,
  values: [
    {
      name: 'accuracy',
      label: 'Accuracy',
      help: 'Share of questions whose right answer the model finds the most likely of the given ones, all tokens of an answer together.',
      better: 'high',
      scale: 'linear',
      as: 'share',
      against: 'nothing',
      shown: 'pictures',
      axis: { label: 'Accuracy', title: 'share of right answers' },
    },
  ],
};

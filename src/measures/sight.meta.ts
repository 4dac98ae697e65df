import type { MeasureMeta } from './measure';

export const sight: MeasureMeta = {
  name: 'sight',
  line: 'What the model takes from pictures: how much worse it tells them when another stands in their place.',
  place: 3,
  values: [
    {
      name: 'otherPicture',
      label: 'Other picture',
      help: 'Perplexity of the same texts with another picture of the set in place of each. A model that does not look has the same with either.',
      better: 'low',
      scale: 'log',
      as: 'number',
      against: 'nothing',
      shown: 'pictures',
      axis: { label: 'Other picture', title: 'perplexity with another picture' },
    },
    {
      name: 'sight',
      label: 'From the picture',
      help: 'What the right picture saves against another one, in nats per token: ln of the one perplexity over the other. Zero where the model does not look.',
      better: 'high',
      scale: 'linear',
      as: 'number',
      against: 'nothing',
      shown: 'pictures',
      axis: { label: 'From the picture', title: 'nats per token that the picture saves' },
    },
  ],
};

import type { MeasureMeta } from './measure';

export const routing: MeasureMeta = {
  name: 'routing',
  line: 'How often tokens go to other experts than in full precision.',
  place: 4,
  values: [
    {
      name: 'rerouted',
      label: 'Rerouted',
      help: 'Share of the choices of experts that came out otherwise than in full precision, over tokens and layers: a token whose experts change meets other weights altogether.',
      better: 'low',
      scale: 'linear',
      as: 'share',
      against: 'full precision',
      shown: 'experts',
    },
  ],
};

import type { MeasureMeta } from './measure';

export const divergence: MeasureMeta = {
  name: 'divergence',
  line: 'How far the model has moved from full precision, on the same windows.',
  place: 1,
  values: [
    {
      name: 'lnRatio',
      label: 'ln ratio',
      help: 'The logarithm of the perplexity over that of full precision, on the same windows. 0 is no loss; 0.01 is about 1 % more perplexity, 0.69 twice as much.',
      better: 'low',
      scale: 'linear',
      as: 'number',
      against: 'full precision',
      shown: 'table',
      axis: { label: 'ln ratio', title: 'ln (perplexity / full precision)' },
    },
    {
      name: 'kld',
      label: 'KLD',
      help: 'Kullback-Leibler divergence: how far the predicted probabilities moved from those of full precision, in nats per token. 0 is the same model.',
      better: 'low',
      scale: 'log',
      as: 'number',
      against: 'full precision',
      shown: 'table',
      axis: { label: 'KL divergence', title: 'KL divergence from full precision, nats' },
    },
    {
      name: 'kld99',
      label: 'KLD 99 %',
      help: 'The divergence that one token in a hundred exceeds.',
      better: 'low',
      scale: 'log',
      as: 'number',
      against: 'full precision',
      shown: 'file',
    },
  ],
};

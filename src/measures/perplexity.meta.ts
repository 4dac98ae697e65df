import type { MeasureMeta } from './measure';

export const perplexity: MeasureMeta = {
  name: 'perplexity',
  line: 'How surprised the model is by the text.',
  place: 0,
  values: [
    {
      name: 'perplexity',
      label: 'Perplexity',
      help: 'How surprised the model is by a text: exp of the mean negative log-likelihood per token. Lower is better; 6 means about as unsure as a choice among 6 words.',
      better: 'low',
      scale: 'log',
      as: 'number',
      against: 'nothing',
      shown: 'table',
      axis: { label: 'Perplexity', title: 'perplexity' },
    },
    {
      name: 'bitsPerByte',
      label: 'Bits per byte',
      help: 'The same surprise per byte of text, in bits: the only form in which models with different tokenizers can be compared.',
      better: 'low',
      scale: 'linear',
      as: 'number',
      against: 'nothing',
      shown: 'file',
    },
  ],
};

/** The words of the page and what they mean, for readers who meet them here first. One place; everywhere a term stands it is from here. */

import { valueMetas } from '../measures/catalog';
import type { ValueMeta } from '../measures/measure';

export interface Meaning {
  /** As it stands in a list of words. */
  readonly word: string;
  /** One to three plain sentences. */
  readonly text: string;
}

const words = {
  interval: {
    word: '95 % interval',
    text: 'Where the value would lie on another text of the same kind, 95 times of 100. Methods whose difference has an interval around 0 cannot be told apart.',
  },
  bits: {
    word: 'Bits',
    text: 'The width of a rounded weight: 3 bits are 8 levels. What is stored is more, because scales and zeros count too: see bits/weight.',
  },
  'bits-per-weight': {
    word: 'bits/weight',
    text: 'Storage per rounded weight, with the scales and zeros of its group and all that a method adds. “all weights” counts the whole model: embeddings, head and norms too.',
  },
  group: {
    word: 'Group',
    text: 'So many columns of a row share one scale and one zero. Smaller groups fit better and cost more bits; “row” is one scale for the whole row.',
  },
  rtn: {
    word: 'RTN',
    text: 'Round to nearest: every weight goes to the nearest level, on its own. The simplest method, needs no text, and the measure for all others.',
  },
  calibration: {
    word: 'Calibration',
    text: 'Text that runs through the model before rounding, to see which inputs are strong. Shared: once in full precision, for all points. Sequential: for each point again, behind the layers that are already rounded. With several calibration texts, points are solved on disjoint parts of it: what they owe to the text.',
  },
  protocol: {
    word: 'Protocol',
    text: 'How a text is cut into windows and which tokens count. “gptq” is the one of the GPTQ paper (not the method), “llama.cpp” that of its perplexity tool. Compare only within one.',
  },
  context: {
    word: 'Context',
    text: 'Tokens per window of the evaluation. Longer windows give lower perplexities and take longer.',
  },
  fits: {
    word: 'fits',
    text: 'Whether the weights fit the memory of this GPU: all at once (fits), read layer by layer (streamed), or not even one layer (too big).',
  },
  hash: {
    word: 'Hash',
    text: 'SHA-256 over the codes and parameters of the rounded layer. Two runs with the same hash made the same bits.',
  },
  error: {
    word: 'Error',
    text: 'How much of a layer’s output is lost by rounding its weights: 1 % means that the squared error is a hundredth of the output’s own square.',
  },
  'of-nearest': {
    word: 'of nearest',
    text: 'The layer’s error as a share of that of rounding to nearest on the same grid. Below 100 % the method helped there.',
  },
  damping: {
    word: 'Damping',
    text: 'A little added to the diagonal of the inputs’ moments, so that they can be solved: a share of its mean. More was needed where it is above 1 %.',
  },
  'effective-rank': {
    word: 'Directions',
    text: 'How many directions of a layer’s inputs the calibration text has filled: the effective rank of their second moments, at most the number of inputs. An expert that few tokens reach knows few.',
  },
  outliers: {
    word: 'Outliers',
    text: 'The largest weight over the root mean square (the usual size) of all. Large outliers stretch the grid and coarsen everything else; rotations make them small.',
  },
} as const satisfies Readonly<Record<string, Meaning>>;

export type TermName = keyof typeof words;

/** What a value is called and means: its meta says it. */
export const meaningOf = ({ label, help }: ValueMeta): Meaning => ({ word: label, text: help });

export const glossary: Readonly<Record<TermName, Meaning>> = words;

/** All of them, values first. */
export const meanings: readonly Meaning[] = [...valueMetas.map(meaningOf), ...Object.values(words)];

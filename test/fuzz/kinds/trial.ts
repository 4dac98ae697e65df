/** A kind that does on purpose what a reader must not: for the test of the watcher. */
import { FormatError } from '../../../src/util/errors';
import { must, textOf, type Kind } from '../kind';

/** What an input says, and what comes of it. */
const deeds: Readonly<Record<string, () => string>> = {
  good: () => 'accepted',
  odd: () => {
    throw new FormatError('odd', 'an odd input');
  },
  foreign: () => {
    throw new TypeError('not one of ours');
  },
  wordy: () => {
    throw new FormatError('wordy', 'x'.repeat(5000));
  },
  wrong: () => {
    must(false, 'what must hold does not');
    return 'accepted';
  },
  // No timer of the process runs any more.
  endless: () => {
    for (;;);
  },
  // Nor does anything that catches errors.
  fatal: () => process.exit(3),
};
export const names = Object.keys(deeds);

export const kinds: readonly Kind[] = [
  {
    name: 'trial',
    share: 1,
    make: (rng) => ({ deed: names[rng.integer(names.length)] ?? '' }),
    attempt: (input) => Promise.resolve().then(() => deeds[textOf(input, 'deed')]?.() ?? ''),
  },
];

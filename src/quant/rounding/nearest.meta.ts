/** Rounding to nearest as the page, the command line and the parser know it. */
import type { PieceMeta } from '../recipe/recipe';

export const nearest: PieceMeta = {
  name: 'nearest',
  rank: 0,
  slot: 'rounding',
  label: 'Nearest',
  line: 'Every weight goes to the nearest level, on its own.',
  paper: null,
  calibrated: false,
  options: {},
};

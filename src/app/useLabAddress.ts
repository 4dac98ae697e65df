/** The address of the lab as it was left: with the shown run's link, where it has one. */
import { useLabState } from './context';

export const useLabAddress = (): string =>
  useLabState(({ shelf, shown }) => shelf.find(({ id }) => id === shown)?.link ?? '') || '#';

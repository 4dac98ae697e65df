/** What a run was calibrated on as one thing: a text, pictures with what is told of them, or both. Pure. */
import type { TextCard } from './events';

interface Calibrations<T> {
  readonly calibration: T | null;
  readonly calibrationPictures?: T;
}

/** The one or two of them, the text first. */
export const calibrations = <T>({ calibration, calibrationPictures }: Calibrations<T>): readonly T[] => [
  ...(calibration ? [calibration] : []),
  ...(calibrationPictures ? [calibrationPictures] : []),
];

/** Null where nothing was calibrated. Names and fingerprints of both stand side by side. */
export function calibratedOn<T extends Pick<TextCard, 'label' | 'fingerprint'>>(
  of: Calibrations<T>,
): { readonly label: string; readonly fingerprint: string } | null {
  const all = calibrations(of);
  if (!all.length) return null;
  return {
    label: all.map(({ label }) => label).join(' and '),
    fingerprint: all.map(({ fingerprint }) => fingerprint).join('+'),
  };
}

/** Tokens of all of it; null where nothing was calibrated. */
export function calibrationTokensOf(of: Calibrations<TextCard>): number | null {
  const all = calibrations(of);
  return all.length ? all.reduce((sum, { tokens }) => sum + tokens, 0) : null;
}

/** What the page tells people apart from results: errors with their remedy, warnings, and confirmations. */
import { isBitcurveError, toErrorRecord } from '../util/errors';

export interface Notice {
  readonly id: number;
  readonly tone: 'error' | 'warning' | 'note';
  readonly title: string;
  readonly text: string;
  /** What still works, where that is not plain. */
  readonly stays: string | null;
}

let next = 1;

export function notice(tone: Notice['tone'], title: string, text: string, stays: string | null = null): Notice {
  return { id: next++, tone, title, text, stays };
}

/** An error as a notice. One that is not ours is a defect, and says so. */
export function errorNotice(title: string, error: unknown, stays: string | null = null): Notice {
  const { name, message } = toErrorRecord(error);
  const text = isBitcurveError(error) ? message : `${name}: ${message} (this is a defect of Bitcurve)`;
  return notice('error', title, text, stays);
}

/** What the page tells people apart from results: errors with their remedy, warnings, and confirmations. */
import { errorWords } from './format';

export interface Notice {
  readonly id: number;
  readonly tone: 'error' | 'warning' | 'note';
  readonly title: string;
  readonly text: string;
  /** What still works, where that is not plain. */
  readonly stays: string | null;
  /** What it is about: it goes when that is over. Null stays until it is dismissed. */
  readonly topic: Topic | null;
  /** The run that can be gone on with from here. */
  readonly continues: string | null;
}

/** checkpoint: one that did not open or is another; busy: something that a run under way did not allow. */
export type Topic = 'checkpoint' | 'link' | 'run' | 'busy';

let next = 1;

export function notice(
  tone: Notice['tone'],
  title: string,
  text: string,
  { stays = null, topic = null, continues = null }: Partial<Pick<Notice, 'stays' | 'topic' | 'continues'>> = {},
): Notice {
  return { id: next++, tone, title, text, stays, topic, continues };
}

/** An error as a notice. */
export function errorNotice(
  title: string,
  error: unknown,
  more: Partial<Pick<Notice, 'stays' | 'topic'>> = {},
): Notice {
  return notice('error', title, errorWords(error), more);
}

/** One wording for everything that has to wait for the end of a run. */
export function busyNotice(what: string): Notice {
  return notice('warning', 'A run is under way', `Stop it before you open ${what}.`, { topic: 'busy' });
}

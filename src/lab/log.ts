/**
 * A run's log as a file: NDJSON, one event a line. Replay is a fold over the events, so a saved log shows what the live run showed.
 * Reading is for untrusted files: every line is checked against the form of its event, with limits and the number of the line.
 */
import { FormatError } from '../util/errors';
import type { RunEvent } from './events';
import { checkEvent } from './logForms';

/** Largest log that is read. A sweep of 100 points over 100 blocks has 30 MB. Characters. */
const maxLog = 200_000_000;
/** Longest line. The start of a run with 1 000 points has 600 kB. */
const maxLine = 4_000_000;
/** Most events. */
const maxEvents = 2_000_000;

export const writeEvent = (event: RunEvent): string => JSON.stringify(event) + '\n';

export const writeLog = (events: readonly RunEvent[]): string => events.map(writeEvent).join('');

/** The events of a log. A FormatError that names the line when one is not an event; blank lines are passed over. */
export function readLog(text: string): RunEvent[] {
  if (text.length > maxLog) throw new FormatError('log-too-large', `the log has more than ${maxLog} characters`);
  const events: RunEvent[] = [];
  let line = 0;
  for (let begin = 0; begin < text.length;) {
    const newline = text.indexOf('\n', begin);
    const end = newline < 0 ? text.length : newline;
    line++;
    const content = text.slice(begin, end).trim();
    begin = end + 1;
    if (!content) continue;
    if (content.length > maxLine) throw broken(line, `has more than ${maxLine} characters`);
    if (events.length === maxEvents) throw broken(line, `is one more than the ${maxEvents} events that are read`);
    events.push(readEvent(content, line));
  }
  const first = events[0];
  if (!first)
    throw new FormatError('log-empty', 'the log is empty: it should hold one event a line, as "Download log" saves it');
  if (first.type !== 'run-started') throw broken(1, `is "${first.type}", and a log begins with "run-started"`);
  return events;
}

/** One line. Logs that were cut while being written end in half a line, which is named like any other defect. */
function readEvent(content: string, line: number): RunEvent {
  let value: unknown;
  try {
    value = JSON.parse(content);
  } catch {
    throw broken(line, 'is not JSON');
  }
  const wrong = checkEvent(value);
  if (wrong) throw broken(line, wrong);
  return value as RunEvent;
}

const broken = (line: number, what: string) =>
  new FormatError(
    'log-damaged',
    `log, line ${line}: ${what}. Take the file as "Download log" or the command line wrote it.`,
    {
      line,
    },
  );

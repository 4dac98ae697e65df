/**
 * A run's log as a file: NDJSON, one event a line. Replay is a fold over the events, so a saved log shows what the live run showed.
 * Reading is for untrusted files: every line is checked against the form of its event (logForms.ts) and against the lines before it
 * (logLaws.ts), with limits and the number of the line. What the writer writes, the reader reads.
 */
import { FormatError } from '../util/errors';
import { isTooDeep, maxJsonDepth } from '../util/json';
import type { RunEvent } from './events';
import { checkEvent } from './forms';
import { LogLaws } from './laws';
import { fromLine } from './lines';

export { writeEvent, writeLog } from './write';

/** Largest log that is read. A sweep of 100 points over 100 blocks has 30 MB. Characters, or bytes of a file. */
const maxLog = 200_000_000;
/** Longest line. The start of a run with 1 000 points has 600 kB. */
const maxLine = 4_000_000;
/** Most events. */
const maxEvents = 2_000_000;
/** Most lines without an event: a log has none, an editor may leave some. */
const maxBlank = 1000;
/** Bytes of a file that are read between two breaths of the page: some 10 ms of work. */
const sliceBytes = 500_000;

/** The events of a log. A FormatError that names the line when one is not an event; blank lines are passed over. */
export function readLog(text: string): RunEvent[] {
  if (text.length > maxLog) throw tooLarge(`more than ${maxLog} characters`);
  const reader = new LogReader();
  reader.add(text);
  return reader.end();
}

/**
 * The events of a file. `breathe` is awaited between slices of some milliseconds, so that whoever reads a large file stays awake.
 * @throws FormatError as `readLog`, as soon as the first wrong line is read.
 */
export async function readLogFile(file: Blob, breathe: () => Promise<void>): Promise<RunEvent[]> {
  if (file.size > maxLog) throw tooLarge(`${file.size} bytes, more than ${maxLog}`);
  const reader = new LogReader();
  const decoder = new TextDecoder();
  for (let at = 0; at < file.size; at += sliceBytes) {
    const bytes = await file.slice(at, at + sliceBytes).arrayBuffer();
    reader.add(decoder.decode(bytes, { stream: true }));
    await breathe();
  }
  reader.add(decoder.decode());
  return reader.end();
}

class LogReader {
  readonly #events: RunEvent[] = [];
  readonly #laws = new LogLaws();
  /** The line that is not complete yet, in the parts that came. */
  #parts: string[] = [];
  #length = 0;
  #line = 1;
  #blank = 0;

  add(text: string): void {
    let begin = 0;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', begin)) {
      this.#append(text.slice(begin, end));
      this.#endLine();
      begin = end + 1;
    }
    this.#append(text.slice(begin));
  }

  end(): RunEvent[] {
    this.#endLine();
    if (!this.#events.length) {
      throw new FormatError(
        'log-empty',
        'the log is empty: it should hold one event a line, as "Download log" saves it',
      );
    }
    return this.#events;
  }

  #append(part: string): void {
    this.#length += part.length;
    if (this.#length > maxLine) throw broken(this.#line, `has more than ${maxLine} characters`);
    if (part) this.#parts.push(part);
  }

  #endLine(): void {
    const content = this.#parts.join('').trim();
    this.#parts = [];
    this.#length = 0;
    if (content) this.#read(content);
    else if (++this.#blank > maxBlank)
      throw broken(this.#line, `is one more than the ${maxBlank} blank lines of a log`);
    this.#line++;
  }

  /** One line. Logs that were cut while being written end in half a line, which is named like any other defect. */
  #read(content: string): void {
    const refuse = (what: string | null) => {
      if (what !== null) throw broken(this.#line, what);
    };
    if (this.#events.length === maxEvents) refuse(`is one more than the ${maxEvents} events that are read`);
    if (isTooDeep(content)) refuse(`is nested deeper than ${maxJsonDepth} levels`);
    let value: unknown;
    try {
      value = JSON.parse(content);
    } catch {
      return refuse('is not JSON');
    }
    refuse(checkEvent(value));
    const event = fromLine(value as Record<string, unknown>);
    if (!this.#events.length) refuse(notTheBeginning(event));
    refuse(this.#laws.check(event));
    this.#events.push(event);
  }
}

/** A run that ends before it starts has no results: what it has to say is why. */
function notTheBeginning(event: RunEvent): string | null {
  if (event.type === 'run-started') return null;
  const failed = event.type === 'run-failed' ? `. The run failed before it began: ${event.error.message}` : '';
  return `is "${event.type}", and a log begins with "run-started"${failed}`;
}

const tooLarge = (size: string) =>
  new FormatError('log-too-large', `the log has ${size}, the most that is read`, { limit: maxLog });

const broken = (line: number, what: string) =>
  new FormatError(
    'log-damaged',
    `log, line ${line}: ${what}. Take the file as "Download log" or the command line wrote it.`,
    {
      line,
    },
  );

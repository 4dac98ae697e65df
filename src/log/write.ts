/** A run's log as lines of NDJSON: what file.ts reads again. */
import type { RunEvent } from './events';
import { maxLosses, maxText } from './limits';
import { toLine } from './lines';

/**
 * An event as a line. NaN and infinity become null, which is read as "not measured" where something was measured. What is longer than
 * the reader takes is cut or, where it may be absent, left out.
 */
export const writeEvent = (event: RunEvent): string => JSON.stringify(toLine(fit(event))) + '\n';

export const writeLog = (events: readonly RunEvent[]): string => events.map(writeEvent).join('');

function fit(event: RunEvent): RunEvent {
  if (event.type === 'run-failed' || event.type === 'point-failed') {
    const { message, details } = event.error;
    const short = (text: string) => (text.length > maxText ? `${text.slice(0, maxText - 1)}…` : text);
    const shorter = Object.entries(details).map(([key, v]) => [key, typeof v === 'string' ? short(v) : v] as const);
    return { ...event, error: { ...event.error, message: short(message), details: Object.fromEntries(shorter) } };
  }
  if (event.type === 'point-finished' && (event.losses?.length ?? 0) > maxLosses) {
    // So many windows have narrow intervals of their own; comparing them pair by pair is what is lost.
    return { type: event.type, result: event.result };
  }
  return event;
}

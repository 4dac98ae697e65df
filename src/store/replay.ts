/** A saved log as a view, in slices: a log of some hundred megabytes takes seconds, and the page stays awake meanwhile. */
import type { RunEvent } from '../log/events';
import { readLogFile } from '../log/file';
import { breathe, slice } from './breathe';
import { emptyRun, foldEvents, type RunView } from './runView';

export interface Replay {
  readonly events: RunEvent[];
  readonly view: RunView;
}

/** @throws FormatError that names the line. */
export async function readReplay(file: Blob): Promise<Replay> {
  const events = await readLogFile(file, breathe);
  let view = emptyRun;
  for (let at = 0; at < events.length; at += slice) {
    view = foldEvents(view, events.slice(at, at + slice));
    await breathe();
  }
  return { events, view };
}

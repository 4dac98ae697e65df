/** How the shelf's runs get into the browser's storage, and what happens when that is full, refused, or changed by another tab. */
import type { RunEvent } from '../log/events';
import { writeLog } from '../log/write';
import { toErrorRecord } from '../util/errors';
import type { KeptRuns } from './keptRuns';
import type { Bench } from './bench';
import { notice } from './notices';
import { breathe, slice } from './breathe';
import type { Replay } from './replay';
import { newestFirst, surplus, type RunRecord, type ShelfRun } from './runRecord';

/** Characters of one log from which on layers are no longer kept, only points: what a log is read back to (log/file) is more. */
const mostOfOne = 60e6;

/** The shelf as its storage sees it. */
export interface Contents {
  /** Logs of the runs that were looked at. */
  readonly logs: ReadonlyMap<string, readonly RunEvent[]>;
  readonly find: (id: string) => ShelfRun | null;
  readonly put: (run: ShelfRun) => void;
  readonly takeOff: (ids: readonly string[]) => void;
}

export interface Keeping {
  /** Whether there is a storage at all. */
  readonly there: boolean;
  /** Puts every run that is kept on the shelf; returns those that were under way when their page went, newest first. */
  load(storage: KeptRuns): Promise<readonly ShelfRun[]>;
  /** @throws FormatError where what is kept is no log. */
  read(id: string): Promise<Replay>;
  /** Adds lines to the log of a run and forgets the run `instead`, in one step. */
  write(run: ShelfRun, lines: string, instead: string | undefined): void;
  rewrite(run: ShelfRun): void;
  /** Keeps a log that came as a whole, in slices: a large one takes seconds. Too large a one stays in its tab. */
  keepWhole(id: string): Promise<void>;
  /** Keeps what changed of a run beside its log. */
  change(run: ShelfRun): void;
  remove(ids: readonly string[]): Promise<void>;
  /** Removes the oldest runs without a name, where there are too many. */
  trim(): void;
  hold(id: string): () => void;
}

export function createKeeping({ store, notify }: Bench, { logs, find, put, takeOff }: Contents): Keeping {
  let kept: KeptRuns | null = null;
  /** Runs whose log could not be written. */
  const troubled = new Map<string, 'mending' | 'given up'>();

  const rewrite = (run: ShelfRun) => kept?.rewrite(recordOf(run), linesOf(logs.get(run.id) ?? [], 0));

  /** The storage refused: older runs make room once; then the run goes on without it. */
  async function mend(id: string, cause: unknown): Promise<void> {
    if (troubled.has(id)) return;
    troubled.set(id, 'mending');
    try {
      await trim(1 / 2);
      for (let run = find(id); run; run = find(id)) {
        const length = logs.get(id)?.length;
        await rewrite(run);
        // What came in the meantime was not written by anybody.
        if (logs.get(id)?.length !== length) continue;
        troubled.delete(id);
        return;
      }
    } catch {
      giveUp(id, cause);
    }
  }

  function giveUp(id: string, cause: unknown): void {
    troubled.set(id, 'given up');
    const run = find(id);
    if (!run) return;
    put({ ...run, keeping: 'tab' });
    const why = toErrorRecord(cause).message.replace(/\.$/, '');
    const text = `The browser’s storage refused it: ${why}. Download its log to keep it.`;
    const stays = 'It stays as it is until this tab is closed.';
    notify(notice('warning', 'This run is not kept', text, { stays, topic: 'run' }));
  }

  async function trim(share = 1): Promise<void> {
    const { shelf, shown, beside } = store.getState();
    const spared = new Set([...beside, ...logs.keys(), ...((await kept?.underWay()) ?? []), ...(shown ? [shown] : [])]);
    const gone = surplus(shelf.filter(({ keeping }) => keeping === 'kept').map(recordOf), spared, share);
    if (gone.length === 0) return;
    await kept?.remove(gone);
    takeOff(gone);
  }

  /** Takes over what other tabs have changed. */
  async function refresh(storage: KeptRuns): Promise<void> {
    const [records, busy] = await Promise.all([storage.list(), storage.underWay()]);
    const { shelf, shown, beside } = store.getState();
    const known = new Map(records.map((record) => [record.id, record]));
    const here = shelf.filter(
      ({ id, keeping }) => keeping === 'tab' || known.has(id) || id === shown || beside.includes(id),
    );
    const renewed = here.map((run) => {
      const record = known.get(run.id);
      if (!record) return run;
      return run.view ? { ...run, name: record.name } : onShelf(record, busy.has(run.id));
    });
    const more = records.filter(({ id }) => !find(id)).map((record) => onShelf(record, busy.has(record.id)));
    store.setState({ shelf: newestFirst([...renewed, ...more]) });
  }

  const change = (run: ShelfRun) => {
    if (run.keeping === 'kept') kept?.change(recordOf(run)).catch((error: unknown) => void mend(run.id, error));
  };

  return {
    get there() {
      return kept !== null;
    },
    async load(storage) {
      kept = storage;
      const [records, busy] = await Promise.all([storage.list(), storage.underWay()]);
      store.setState({ shelf: newestFirst(records.map((record) => onShelf(record, busy.has(record.id)))) });
      storage.watch(() => void refresh(storage));
      await trim().catch(() => undefined);
      const left = store
        .getState()
        .shelf.filter(({ summary, elsewhere }) => summary.status === 'running' && !elsewhere);
      for (const run of left) {
        // Said once: from now on it is a stopped one.
        const stopped: ShelfRun = { ...run, summary: { ...run.summary, status: 'stopped' } };
        put(stopped);
        change(stopped);
      }
      return left;
    },
    async read(id) {
      const { readReplay } = await import('./replay');
      return readReplay(new Blob([(await kept?.log(id)) ?? '']));
    },
    write(run, lines, instead) {
      if (!kept || run.source === 'link' || troubled.has(run.id)) return;
      kept.append(recordOf(run), lines, instead).catch((error: unknown) => void mend(run.id, error));
    },
    rewrite(run) {
      if (run.keeping === 'kept') rewrite(run)?.catch((error: unknown) => void mend(run.id, error));
    },
    async keepWhole(id) {
      const events = logs.get(id) ?? [];
      let lines = '';
      for (let at = 0; at < events.length && lines.length <= mostOfOne; at += slice) {
        lines += linesOf(events.slice(at, at + slice), 0);
        await breathe();
      }
      const run = find(id);
      if (!run || !kept) return;
      if (lines.length > mostOfOne) return put({ ...run, keeping: 'tab' });
      put({ ...run, size: lines.length });
      await kept.rewrite(recordOf({ ...run, size: lines.length }), lines).catch((error: unknown) => mend(id, error));
    },
    change,
    async remove(ids) {
      await kept?.remove(ids).catch(() => undefined);
    },
    trim: () => void trim().catch(() => undefined),
    hold: (id) => kept?.hold(id) ?? (() => {}),
  };
}

function recordOf({ id, name, source, at, summary, link, size }: ShelfRun): RunRecord {
  return { id, name, source, at, summary, link, size };
}

const onShelf = (record: RunRecord, elsewhere: boolean): ShelfRun => ({
  ...record,
  view: null,
  keeping: 'kept',
  share: null,
  elsewhere,
});

/** Lines to be kept: progress says nothing afterwards, and a very long log gives up its layers. `size`: characters that it has. */
export function linesOf(events: readonly RunEvent[], size: number): string {
  const long = size > mostOfOne;
  return writeLog(events.filter(({ type }) => type !== 'progressed' && !(long && type === 'site-quantized')));
}

/**
 * The shelf: the one home of runs. Each has a record, a log, and the view that is folded from it; one is shown, any number lie beside it
 * in the chart. What is added to a log is kept in the browser in the same step, so that whatever is on screen outlives the page. A
 * shared run, which the address holds, has no log and is not kept.
 */
import type { RunEvent } from '../log/events';
import type { SharedRun } from '../log/link/sharedRun';
import { covers } from './covers';
import { createKeeping, linesOf } from './keeping';
import type { KeptRuns } from './keptRuns';
import type { Bench } from './bench';
import { errorNotice } from './notices';
import type { Replay } from './replay';
import type { Notebook } from './remember';
import { newestFirst, summaryOf, type RunRecord, type ShelfRun } from './runRecord';
import { emptyRun, foldEvents, type RunView } from './runView';
import type { LabState } from './state';

/** What people do with runs. */
export interface ShelfActions {
  /** Shows a run of the shelf. */
  openRun(id: string): Promise<void>;
  /** Draws a run beside the shown one, or no longer. */
  setBeside(id: string, where: 'beside' | 'away'): Promise<void>;
  /** An empty name takes the name away. */
  nameRun(id: string, name: string): void;
  /** Takes a run off the shelf; the last one that was can be put back. */
  deleteRun(id: string): Promise<void>;
  putBack(): void;
}

export interface Shelf extends ShelfActions {
  /** Reads what is kept, and shows what was shown last. The run that was under way when its page went, if there is one. */
  load(storage: KeptRuns | null, tab: Notebook | null): Promise<ShelfRun | null>;
  /** The run that is shown last where the address says nothing. */
  showLast(): Promise<void>;
  find(id: string | null): ShelfRun | null;
  /** Every event of a run; empty for a link. */
  logOf(id: string | null): Promise<readonly RunEvent[]>;
  /** The shown run's. */
  readonly log: readonly RunEvent[];
  /**
   * A new run, shown from now on. It takes the place of those `over` which it goes on as soon as it has all that they measured.
   */
  begin(source: RunRecord['source'], from: Beginning): ShelfRun;
  append(id: string, events: readonly RunEvent[]): void;
  /** A run that ended without saying how. */
  close(id: string, status: 'stopped' | 'failed'): void;
  /** Says that this tab is at work on the run, until the function is called. */
  hold(id: string): () => void;
  /** Takes a run that came to nothing off the shelf and shows another. */
  discard(id: string, shown: string | null): void;
  setLink(id: string, link: string): void;
  /** Shows a run whose view is here; none for null. */
  show(run: ShelfRun | null, also?: Partial<LabState>): void;
}

export interface Beginning {
  readonly events?: readonly RunEvent[];
  /** A whole log with its view, instead of events. */
  readonly log?: Replay;
  readonly shared?: { readonly share: SharedRun; readonly view: RunView; readonly link: string };
  readonly over?: readonly string[];
  readonly also?: Partial<LabState>;
}

const shownKey = 'bitcurve shown';

export function createShelf(bench: Bench): Shelf {
  const { store, notify } = bench;
  let tab: Notebook | null = null;
  const logs = new Map<string, RunEvent[]>();
  /** Runs that a run goes on, while they are not yet covered by it. */
  const goingOn = new Map<string, readonly string[]>();

  const find = (id: string | null) => store.getState().shelf.find((run) => run.id === id) ?? null;

  function put(run: ShelfRun): void {
    store.setState(({ shelf, shown }) => ({
      shelf: shelf.map((other) => (other.id === run.id ? run : other)),
      ...(shown === run.id && run.view ? { run: run.view, source: run.source } : {}),
    }));
  }

  function show(run: ShelfRun | null, also: Partial<LabState> = {}): void {
    store.setState(({ beside }) => ({
      shown: run?.id ?? null,
      run: run?.view ?? emptyRun,
      source: run?.source ?? null,
      beside: beside.filter((id) => id !== run?.id),
      ...also,
    }));
    try {
      tab?.setItem(shownKey, run?.id ?? '');
    } catch {
      // Refused: the next visit shows the newest run.
    }
  }

  /** Takes runs off the shelf; their storage is another matter. */
  function takeOff(ids: readonly string[]): void {
    for (const id of ids) logs.delete(id);
    store.setState(({ shelf, beside }) => ({
      shelf: shelf.filter(({ id }) => !ids.includes(id)),
      beside: beside.filter((id) => !ids.includes(id)),
    }));
  }

  const keeping = createKeeping(bench, { logs, find, put, takeOff });

  /** Changes what is known of a run beside its log. */
  function change(id: string, changes: Partial<Pick<ShelfRun, 'name' | 'link' | 'view' | 'summary'>>): void {
    const run = find(id);
    if (!run) return;
    put({ ...run, ...changes });
    keeping.change({ ...run, ...changes });
  }

  /** Reads a run's log and folds it, where that has not been done; null where it cannot be read. */
  async function loaded(id: string): Promise<ShelfRun | null> {
    const run = find(id);
    if (!run || run.view) return run;
    try {
      const { events, view: left } = await keeping.read(id);
      const view = closed(left, 'stopped');
      logs.set(id, events);
      const opened = { ...run, view, summary: summaryOf(view) };
      put(opened);
      return opened;
    } catch (error) {
      notify(
        errorNotice('The run could not be read', error, { stays: 'The other runs are as they were.', topic: 'run' }),
      );
      return null;
    }
  }

  function append(id: string, events: readonly RunEvent[]): void {
    const run = find(id);
    const log = logs.get(id);
    if (!run?.view || !log) return;
    for (const event of events) log.push(event);
    const view = foldEvents(run.view, events);
    const lines = linesOf(events, run.size);
    const over =
      goingOn
        .get(id)
        ?.map(find)
        .filter((other) => other !== null) ?? [];
    // Points are compared one by one, which is much for every window.
    const more = run.size === 0 || events.some(({ type }) => type === 'point-finished');
    const instead = more ? over.find((other) => other.view && covers(view, other.view)) : undefined;
    const name = run.name ?? instead?.name ?? null;
    const added: ShelfRun = { ...run, name, view, summary: summaryOf(view), size: run.size + lines.length };
    put(added);
    if (instead) {
      goingOn.set(
        id,
        over.filter((other) => other !== instead).map((other) => other.id),
      );
      takeOff([instead.id]);
    }
    if (lines || instead) keeping.write(added, lines, instead?.id);
  }

  return {
    async load(storage, notebook) {
      tab = notebook;
      return (storage && (await keeping.load(storage))[0]) ?? null;
    },
    async showLast() {
      const { shelf } = store.getState();
      const ready = shelf.filter(({ elsewhere }) => !elsewhere);
      const last = ready.find(({ id }) => id === tab?.getItem(shownKey));
      // One that measured nothing hides no results.
      const best = last?.summary.finished
        ? last
        : (ready.find(({ summary }) => summary.finished > 0) ?? last ?? ready[0]);
      const run = best && (await loaded(best.id));
      if (run) show(run);
    },
    find,
    async logOf(id) {
      if (id !== null) await loaded(id);
      return logs.get(id ?? '') ?? [];
    },
    get log() {
      return logs.get(store.getState().shown ?? '') ?? [];
    },
    begin(source, { events = [], log, shared, over = [], also = {} }) {
      const id = newId();
      const view = shared?.view ?? log?.view ?? emptyRun;
      const began = events.find((event) => event.type === 'run-started');
      const run: ShelfRun = {
        id,
        name: null,
        source,
        at: source === 'live' && began ? began.at : new Date().toISOString(),
        summary: summaryOf(view),
        link: shared?.link ?? null,
        size: 0,
        view,
        keeping: keeping.there && source !== 'link' ? 'kept' : 'tab',
        share: shared?.share ?? null,
        elsewhere: false,
      };
      logs.set(id, log?.events ?? []);
      goingOn.set(id, over);
      store.setState(({ shelf }) => ({ shelf: [run, ...shelf] }));
      show(run, also);
      append(id, events);
      if (log) void keeping.keepWhole(id);
      keeping.trim();
      return find(id) ?? run;
    },
    append,
    close(id, status) {
      const view = find(id)?.view;
      if (view) change(id, { view: closed(view, status), summary: summaryOf(closed(view, status)) });
    },
    hold: (id) => keeping.hold(id),
    discard(id, other) {
      takeOff([id]);
      void keeping.remove([id]);
      show(find(other));
    },
    setLink(id, link) {
      if (find(id)?.link !== link) change(id, { link });
    },
    show,
    async openRun(id) {
      if (store.getState().activity !== 'idle') return;
      const run = await loaded(id);
      if (!run?.view) return;
      const shared = run.share ? { share: run.share, run: run.view } : null;
      show(run, { shared, matrixBits: null, announcement: 'The run is shown.' });
    },
    async setBeside(id, where) {
      if (where === 'beside' && !(await loaded(id))?.view) return;
      store.setState(({ beside, shown }) => {
        const others = beside.filter((other) => other !== id);
        return { beside: where === 'beside' && id !== shown ? [...others, id] : others };
      });
    },
    nameRun(id, name) {
      change(id, { name: name.trim().slice(0, longestName) || null });
    },
    async deleteRun(id) {
      const { activity, shown } = store.getState();
      const run = await loaded(id);
      // A run under way has to be stopped first.
      if (!run || run.elsewhere || (activity !== 'idle' && shown === id)) return;
      const log = logs.get(id) ?? [];
      store.setState({ removed: { run, log } });
      takeOff([id]);
      if (shown === id) show(null, { shared: null, matrixBits: null });
      if (run.keeping === 'kept') await keeping.remove([id]);
    },
    putBack() {
      const { removed } = store.getState();
      if (!removed) return;
      const { run, log } = removed;
      logs.set(run.id, [...log]);
      store.setState(({ shelf }) => ({ shelf: newestFirst([...shelf, run]), removed: null }));
      keeping.rewrite(run);
    },
  };
}

/** Characters of a name. */
const longestName = 80;

/** Not crypto.randomUUID, which pages without TLS do not have. */
const newId = () => Array.from(crypto.getRandomValues(new Uint32Array(4)), (word) => word.toString(36)).join('-');

const closed = (view: RunView, status: 'stopped' | 'failed'): RunView =>
  view.status === 'running' ? { ...view, status, progress: null } : view;

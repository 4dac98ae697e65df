/**
 * The page's lab: one store and what can be done to it. Everything that people do goes through here; React only draws the state
 * and calls these. Every failure becomes a notice and leaves what was there in place.
 */
import { createStore, type StoreApi } from 'zustand/vanilla';
import type { Goal } from '../log/verdict/choose';
import type { MethodMeta, PieceMeta } from '../quant/recipe/recipe';
import type { Engine } from '../worker/client';
import type { SourceFile } from '../worker/protocol';
import type { Bench } from './bench';
import { createCheckpoints, type Checkpoints } from './checkpoints';
import { firstDemo } from './demos';
import { createLinks, type Links } from './links';
import { createMatrices, type Matrices } from './combinations';
import { recall, remember, type Notebook } from './remember';
import { errorNotice, notice, type Notice } from './notices';
import { learnPace } from './pace';
import type { Setup } from './plan';
import type { KeptRuns } from './keptRuns';
import { runName, type ShelfRun } from './runRecord';
import { createRuns, type Runs } from './runs';
import { createShelf, type ShelfActions } from './shelf';
import { startingState, type LabState } from './state';
import { watchTab } from './tab';
import { createTexts, type Texts } from './texts';

export interface Lab extends Checkpoints, Links, Matrices, Runs, ShelfActions, Texts {
  readonly store: StoreApi<LabState>;
  readonly engine: Engine;
  readonly methods: readonly MethodMeta[];
  readonly pieces: readonly PieceMeta[];
  /** Reads the manifests, opens the adapter, then the default demo; shows the run of the address if there is one. */
  start(): Promise<void>;
  /** Files from a drop or a picker, of any kind the lab reads. */
  receive(files: readonly SourceFile[]): Promise<void>;
  configure(change: Partial<Setup>): void;
  /** A field holds what cannot be taken over (`reason`), or no longer does (null). */
  mistake(field: string, reason: string | null): void;
  look(axes: Partial<LabState['axes']>): void;
  /** What the answer is for: a loss that is accepted, or room that there is. */
  aim(goal: Goal): void;
  readonly notify: (notice: Notice) => void;
  dismiss(id: number): void;
  /** For tests: the device is destroyed as by a driver reset. */
  loseDevice(): Promise<void>;
}

export interface Parts {
  readonly engine: Engine;
  readonly methods: readonly MethodMeta[];
  readonly pieces: readonly PieceMeta[];
  /** Where the form is remembered from visit to visit; null or none: nowhere. */
  readonly notebook?: Notebook | null;
  /** Where runs are kept; none: in memory alone. */
  readonly keptRuns?: Promise<KeptRuns | null>;
  /** Where a tab remembers which run it showed. */
  readonly tab?: Notebook | null;
}

export function createLab({ engine, methods, pieces, notebook = null, keptRuns, tab = null }: Parts): Lab {
  const store = createStore<LabState>(() => startingState);
  const bench: Bench = {
    store,
    engine,
    methods,
    pieces,
    set: (change) => store.setState(change),
    notify: (added) =>
      store.setState(({ notices }) => ({
        // The same trouble twice is one notice, the newest.
        notices: [...notices.filter(({ title, text }) => title !== added.title || text !== added.text), added],
        // Errors and warnings are alerts of their own; a confirmation passes, so it is said.
        ...(added.tone === 'note' ? { announcement: `${added.title}. ${added.text}` } : {}),
      })),
    settle: (...topics) =>
      store.setState(({ notices }) => {
        const left = notices.filter(({ topic }) => topic === null || !topics.includes(topic));
        return left.length < notices.length ? { notices: left } : {};
      }),
  };
  const texts = createTexts(bench);
  const shelf = createShelf(bench);
  const runs = createRuns(bench, texts, shelf);
  const checkpoints = createCheckpoints(bench, (card) => runs.opened(card));
  const links = createLinks(bench, runs, shelf);
  const matrices = createMatrices(bench, runs);

  async function connectAdapter(): Promise<void> {
    try {
      const report = await engine.ask('adapter', null);
      bench.set({ engine: { status: 'ready', report, memory: null, reason: null } });
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      bench.set({ engine: { status: 'missing', report: null, memory: null, reason } });
    }
  }

  /** Says that the page went in mid-run, and how to go on. */
  function tellInterrupted(run: ShelfRun | null): void {
    const { engine: at, demos } = store.getState();
    if (!run || at.status !== 'ready') return;
    const { name, fingerprint } = run.summary.model;
    const here = demos.models.some((model) => model.fingerprint === fingerprint);
    const text = `${runName(run)}: its finished points ${at.report?.keepsLayers ? 'and layers ' : ''}are kept. ${
      here ? 'Continue measures' : `Open ${name} again; then Continue measures`
    } what is missing.`;
    bench.notify(notice('warning', 'The last run did not end', text, { topic: 'run', continues: run.id }));
  }

  return {
    ...checkpoints,
    ...links,
    ...matrices,
    ...runs,
    ...texts,
    openRun: (id) => shelf.openRun(id),
    setBeside: (id, where) => shelf.setBeside(id, where),
    nameRun: (id, name) => shelf.nameRun(id, name),
    deleteRun: (id) => shelf.deleteRun(id),
    putBack: () => shelf.putBack(),
    store,
    engine,
    methods,
    pieces,
    async start() {
      const last = recall(notebook, methods);
      store.setState(({ setup }) => ({ setup: { ...setup, ...last.setup } }));
      // A link that is pasted into the open tab, and the way back from it.
      addEventListener('hashchange', () => void links.openAddress());
      watchTab(store);
      const interrupted = await shelf.load((await keptRuns) ?? null, tab);
      // What the address shows comes first: it needs neither adapter nor model.
      await links.openAddress();
      if (store.getState().shown === null) await shelf.showLast();
      // Not before: the address still had to be read.
      links.followRuns();
      await Promise.all([connectAdapter(), texts.readManifest(), checkpoints.readManifest()]);
      const { demos, shared } = store.getState();
      tellInterrupted(interrupted);
      if (notebook) remember(notebook, store);
      learnPace(store, notebook);
      const again = demos.models.find(({ id }) => id === last.demo) ?? firstDemo(demos);
      if (again && !shared) await checkpoints.chooseDemo(again.id);
    },
    async receive(files) {
      if (files.length === 0) return;
      const { receive } = await import('./receive');
      await receive(bench, { texts, runs, checkpoints }, files);
    },
    configure: (change) => store.setState(({ setup }) => ({ setup: { ...setup, ...change } })),
    mistake: (field, reason) =>
      store.setState(({ mistakes: { [field]: _, ...others } }) => ({
        mistakes: reason === null ? others : { ...others, [field]: reason },
      })),
    look: (axes) => store.setState((state) => ({ axes: { ...state.axes, ...axes } })),
    aim: (goal) => store.setState({ goal }),
    notify: bench.notify,
    dismiss: (id) => store.setState(({ notices }) => ({ notices: notices.filter((n) => n.id !== id) })),
    async loseDevice() {
      try {
        await engine.ask('lose-device', null);
      } catch (error) {
        bench.notify(errorNotice('The device could not be destroyed', error));
      }
    },
  };
}

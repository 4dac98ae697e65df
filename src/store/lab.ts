/**
 * The page's lab: one store and what can be done to it. Everything that people do goes through here; React only draws the state
 * and calls these. Every failure becomes a notice and leaves what was there in place.
 */
import { createStore, type StoreApi } from 'zustand/vanilla';
import type { MethodMeta, PieceMeta } from '../quant/recipe';
import type { Engine } from '../worker/client';
import type { SourceFile } from '../worker/protocol';
import { createCheckpoints, type Checkpoints } from './checkpoints';
import { sortDropped } from './dropped';
import { createLinks, type Links } from './links';
import { errorNotice, type Notice, type Topic } from './notices';
import type { Setup } from './plan';
import { createRuns, type Runs } from './runs';
import { startingState, type DemoModel, type LabState } from './state';
import { createTexts, type Texts } from './texts';

/** What the parts of the lab share. */
export interface Bench {
  readonly store: StoreApi<LabState>;
  readonly engine: Engine;
  readonly methods: readonly MethodMeta[];
  readonly pieces: readonly PieceMeta[];
  readonly set: (change: Partial<LabState>) => void;
  readonly notify: (notice: Notice) => void;
  /** Takes away the notices about something that is over. */
  readonly settle: (...topics: Topic[]) => void;
}

export interface Lab extends Checkpoints, Links, Runs, Texts {
  readonly store: StoreApi<LabState>;
  readonly methods: readonly MethodMeta[];
  readonly pieces: readonly PieceMeta[];
  /** Reads the manifests, opens the adapter, then the default demo; shows the run of the address if there is one. */
  start(): Promise<void>;
  /** Files from a drop or a picker, of any kind the lab reads. */
  receive(files: readonly SourceFile[]): Promise<void>;
  configure(change: Partial<Setup>): void;
  look(axes: Partial<LabState['axes']>): void;
  readonly notify: (notice: Notice) => void;
  dismiss(id: number): void;
  /** For tests: the device is destroyed as by a driver reset. */
  loseDevice(): Promise<void>;
}

export interface Parts {
  readonly engine: Engine;
  readonly methods: readonly MethodMeta[];
  readonly pieces: readonly PieceMeta[];
}

export function createLab({ engine, methods, pieces }: Parts): Lab {
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
  const runs = createRuns(bench, texts);
  const checkpoints = createCheckpoints(bench, (card) => runs.opened(card));
  const links = createLinks(bench, runs.share);

  async function connectAdapter(): Promise<void> {
    try {
      const report = await engine.ask('adapter', null);
      bench.set({ engine: { status: 'ready', report, reason: null } });
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      bench.set({ engine: { status: 'missing', report: null, reason } });
    }
  }

  return {
    ...checkpoints,
    ...links,
    ...runs,
    ...texts,
    store,
    methods,
    pieces,
    async start() {
      // A link that is pasted into the open tab, and the way back from it.
      addEventListener('hashchange', () => void links.openAddress());
      // What the address shows comes first: it needs neither adapter nor model.
      await links.openAddress();
      await Promise.all([connectAdapter(), texts.readManifest(), checkpoints.readManifest()]);
      const { demos, shared } = store.getState();
      const best = demos.reduce<DemoModel | undefined>(
        (a, b) => (a && a.tokensSeen >= b.tokensSeen ? a : b),
        undefined,
      );
      if (best && !shared) await checkpoints.chooseDemo(best.id);
    },
    async receive(files) {
      if (files.length === 0) return;
      const dropped = await sortDropped(files);
      for (const text of dropped.texts) texts.addText(text);
      const log = dropped.logs.at(-1);
      if (log) await runs.replay(log);
      if (dropped.checkpoint.length) await checkpoints.openFiles(dropped.checkpoint);
    },
    configure: (change) => store.setState(({ setup }) => ({ setup: { ...setup, ...change } })),
    look: (axes) => store.setState((state) => ({ axes: { ...state.axes, ...axes } })),
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

/** Starting, stopping and replaying runs, and taking their log and tables away as files. */
import type { RunEvent, RunSettings } from '../lab/events';
import { writeLog } from '../lab/log';
import { sharedRun, type SharedName, type SharedRun } from '../lab/permalink';
import type { ModelCard } from '../model/card';
import { needsCalibration } from '../quant/parseRecipe';
import { Cancelled, FetchError, RecipeError } from '../util/errors';
import { Restarted } from '../worker/client';
import type { RunRequest, SourceFile, TextSource } from '../worker/protocol';
import { createBatch } from './batch';
import { download } from './download';
import { toCsv, toJson } from './exports';
import type { Bench } from './lab';
import { adapterName } from './format';
import { busyNotice, errorNotice, notice } from './notices';
import { outlived, type KeptRun, type ShownRun } from './otherRun';
import { planRun } from './plan';
import { readReplay } from './replay';
import { foldEvents, type RunView } from './runView';
import type { LabState } from './state';
import type { Texts } from './texts';

export interface Runs {
  run(): Promise<void>;
  /** Runs what a plan asks for on the chosen texts. A plan that cannot be is said, and costs nothing. */
  runPlanned(plan: () => RunSettings): Promise<void>;
  /** Runs the shared run's own settings on the open checkpoint. */
  reproduce(): Promise<void>;
  /** A checkpoint was opened: the one of the shared run is run again, another one is named as different. */
  opened(card: ModelCard): void;
  /** What a link to the shown run holds; null while no point is finished. */
  readonly share: () => SharedRun | null;
  stop(): void;
  /** What is shown, to be kept beside `next` that takes its place; null where nothing of it would be lost. */
  readonly keep: (next: RunView) => KeptRun | null;
  /** The shown run and the one that is kept beside it change places. */
  showOther(): void;
  /** Shows the run of a saved log. */
  replay(file: SourceFile): Promise<void>;
  downloadLog(): void;
  downloadTable(format: 'csv' | 'json'): void;
}

export function createRuns({ store, engine, methods, notify, settle }: Bench, texts: Texts): Runs {
  /** Every event of the shown run, for the saved log. Beside the store: nothing draws it. */
  let log: RunEvent[] = [];
  let running: AbortController | null = null;
  /** Logs that were asked for, so that the last one is what is shown. */
  let replays = 0;

  const show = (events: readonly RunEvent[]) => {
    for (const event of events) log.push(event);
    store.setState(({ run }) => {
      const folded = foldEvents(run, events);
      const announcement = announce(run, folded);
      return announcement === null ? { run: folded } : { run: folded, announcement };
    });
  };
  const batch = createBatch((events: readonly RunEvent[]) => {
    if (log !== before?.log) return show(events);
    // What was shown before gives way to the run's beginning: a request that fails or is stopped before it costs nothing.
    const begins = events.findIndex(({ type }) => type === 'run-started');
    if (begins < 0) return;
    log = [];
    store.setState({ source: 'live' });
    show(events.slice(begins));
    const kept = outlived(before, store.getState().run);
    if (kept) store.setState({ otherRun: kept });
  });
  /** What the run under way took the place of, and what was kept beside that. */
  let before: (ShownRun & Pick<LabState, 'otherRun'>) | null = null;

  /** Asks the engine for a run and shows its events until it ends. One that fails before it measures leaves what was there. */
  async function start(request: () => Promise<RunRequest>): Promise<void> {
    if (running) return;
    running = new AbortController();
    const { run: earlier, source, otherRun } = store.getState();
    before = { run: earlier, source, log, otherRun };
    settle('run');
    store.setState({ activity: 'running' });
    try {
      const ask = await request();
      store.setState(({ run }) => ({
        run: { ...run, status: 'running', progress: null, secondsElapsed: null, error: null },
        announcement: 'The run started.',
      }));
      await engine.ask('run', ask, { signal: running.signal, onEvents: (events) => batch.add(events) });
      batch.flush();
      if (log === before.log) {
        end('stopped', before);
        store.setState({ announcement: 'The run stopped before it began.' });
      }
    } catch (error) {
      batch.flush();
      const status = error instanceof Cancelled ? 'stopped' : 'failed';
      const stays = end(status, before);
      if (status === 'failed') notify(errorNotice('The run failed', error, { stays, topic: 'run' }));
      if (error instanceof Restarted) {
        const model = store.getState().checkpoint.card?.name ?? 'The model';
        notify(
          notice('note', 'The engine was started again', `It did not hear the stop. ${model} is open again.`, {
            stays,
            topic: 'run',
          }),
        );
      }
    } finally {
      batch.flush();
      running = null;
      before = null;
      store.setState({ activity: 'idle' });
      settle('busy');
    }
    const memory = await engine.ask('memory', null).catch(() => null);
    store.setState(({ engine: known }) => ({ engine: { ...known, memory } }));
  }

  /** A run that ended early. Without a value of its own it gives the place back; returns what is kept, in words. */
  function end(status: 'stopped' | 'failed', earlier: NonNullable<typeof before>): string | null {
    const { run } = store.getState();
    const began = log !== earlier.log;
    const measured = began && run.points.some(({ perplexity, kept }) => perplexity !== null && !kept);
    // A new run that was stopped on purpose keeps its place, unless it had only begun to repeat the earlier one.
    const yields = !began || status === 'failed' || run.points.some(({ kept }) => kept);
    if (earlier.run.points.length > 0 && !measured && yields) {
      ({ log } = earlier);
      store.setState({ run: earlier.run, source: earlier.source, otherRun: earlier.otherRun });
      return 'The results from before are still shown.';
    }
    close(status);
    if (run.points.some(({ state }) => state === 'finished'))
      return 'Finished points are kept: the same run goes on from the last finished layer.';
    return run.layers.length ? 'Finished layers are kept: the same run goes on from them.' : null;
  }

  /** A log that ends without saying how. */
  const close = (status: 'stopped' | 'failed') =>
    store.setState(({ run }) => (run.status === 'running' ? { run: { ...run, status, progress: null } } : {}));

  /** The link names the adapter as the page does. */
  function shareLog(): SharedRun | null {
    const started = log.find((event) => event.type === 'run-started');
    const shared = sharedRun(log);
    return shared && started ? { ...shared, adapter: adapterName(started.adapter) } : shared;
  }

  async function sharedText(shared: SharedName): Promise<TextSource> {
    const id = await texts.find(shared);
    if (id) return texts.textOf(id);
    throw new FetchError(
      'shared-text',
      `The shared run used the text "${shared.label}" (${shared.fingerprint}), which is not here. Drop it, then choose Reproduce.`,
      { text: shared.label, fingerprint: shared.fingerprint },
    );
  }

  async function reproduce(): Promise<void> {
    const share = store.getState().shared?.share;
    if (!share) return;
    await start(async () => ({
      settings: share.settings,
      evaluation: await sharedText(share.evaluation),
      calibration: share.calibration && (await sharedText(share.calibration)),
    }));
  }

  async function runPlanned(plan: () => RunSettings): Promise<void> {
    await start(async () => {
      const { evaluation, calibration } = store.getState().setup;
      const settings = plan();
      if (settings.points.length === 0) {
        throw new RecipeError('nothing-planned', 'Nothing is chosen to run. Choose at least one method and one width.');
      }
      const calibrated = settings.points.some(({ recipe }) => recipe && needsCalibration(recipe));
      return {
        settings,
        evaluation: await texts.textOf(evaluation),
        calibration: calibrated ? await texts.textOf(calibration) : null,
      };
    });
  }

  return {
    run: () => runPlanned(() => planRun(store.getState().setup, methods)),
    runPlanned,
    reproduce,
    opened(card) {
      const { shared, source } = store.getState();
      if (!shared) return;
      const { fingerprint, label } = shared.share.model;
      if (fingerprint !== card.fingerprint) {
        notify(
          notice(
            'warning',
            'This is a different checkpoint',
            `The shared run is of ${label} (${fingerprint}); ${card.name} is ${card.fingerprint}. Numbers will differ.`,
            {
              stays: 'You can run it all the same; the shared points stay for comparison.',
              topic: 'checkpoint',
            },
          ),
        );
      } else if (source === 'link' && !card.remarks?.length) void reproduce();
    },
    share: shareLog,
    stop() {
      if (!running) return;
      store.setState({ activity: 'stopping', announcement: 'Stopping.' });
      running.abort();
    },
    keep(next) {
      const { run, source } = store.getState();
      return outlived({ run, source, log }, next);
    },
    showOther() {
      const { run, source, otherRun } = store.getState();
      // A shared run is in the address: Back leaves it.
      if (!otherRun || running || source === 'link') return;
      const kept = { run, source, log, newer: !otherRun.newer };
      ({ log } = otherRun);
      store.setState({
        run: otherRun.run,
        source: otherRun.source,
        otherRun: kept,
        matrixBits: null,
        announcement: kept.newer ? 'The run before is shown.' : 'The newer run is shown.',
      });
    },
    async replay({ path, blob }) {
      if (running) {
        notify(busyNotice(path));
        return;
      }
      const turn = ++replays;
      try {
        const { events, view } = await readReplay(blob);
        // A large log takes its time: what was asked for meanwhile comes first.
        if (turn !== replays) return;
        if (running) return notify(busyNotice(path));
        const { run, source } = store.getState();
        const shown = { run, source, log };
        log = events;
        store.setState({ run: view, source: 'log', matrixBits: null, announcement: `${path} is shown.` });
        const kept = outlived(shown, store.getState().run);
        if (kept) store.setState({ otherRun: kept });
        // A log that ends in mid-run is of a run that nobody finished.
        close('stopped');
      } catch (error) {
        notify(errorNotice(`${path} could not be read`, error, { stays: 'What was shown before is kept.' }));
      }
    },
    downloadLog: () => download(`${fileName(store.getState().run)}.ndjson`, 'application/x-ndjson', writeLog(log)),
    downloadTable(format) {
      const { run } = store.getState();
      const text = format === 'csv' ? toCsv(run.points) : toJson(run.points);
      download(`${fileName(run)}.${format}`, format === 'csv' ? 'text/csv' : 'application/json', text);
    },
  };
}

function fileName({ about }: RunView): string {
  const model = (about?.model.name ?? 'bitcurve').replace(/[^\w.-]+/g, '-');
  return `${model}-${(about?.at ?? '').slice(0, 19).replace(/[:T]/g, '-') || 'run'}`;
}

/** What a screen reader should say of the step from one view to the next; null for nothing. */
function announce(before: RunView, after: RunView): string | null {
  if (after.status !== before.status) {
    if (after.status === 'finished') return `The run finished with ${after.points.length} points.`;
    if (after.status === 'stopped')
      return after.layers.length
        ? 'The run stopped. Finished layers are kept: the same run goes on from them.'
        : 'The run stopped.';
    return null;
  }
  const finished = (view: RunView) => view.points.filter(({ state }) => state === 'finished').length;
  const now = finished(after);
  return now > finished(before) ? `${now} of ${after.points.length} points finished.` : null;
}

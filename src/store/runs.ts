/** Starting, stopping and replaying runs, and taking their log and tables away as files. */
import type { RunEvent, RunSettings } from '../log/events';
import { writeLog } from '../log/write';
import { sharedRun, type SharedName, type SharedRun } from '../log/link/sharedRun';
import { finishedPoints, type FinishedPoint } from '../log/takeOver';
import type { ModelCard } from '../model/card';
import { isMatrixMethod } from '../quant/recipe/combinations';
import { someRecipe } from '../quant/recipe/assignment';
import { needsCalibration } from '../quant/recipe/parseRecipe';
import { Cancelled, FetchError, RecipeError } from '../util/errors';
import { Restarted } from '../worker/client';
import type { RunRequest, SourceFile, TextSource } from '../worker/protocol';
import { createBatch } from './batch';
import { download } from './download';
import { toCsv, toJson } from './exports';
import type { Bench } from './bench';
import { adapterName } from './format';
import { busyNotice, errorNotice, notice } from './notices';
import { calibrationOf, planRun } from './plan';
import { isMeasured, type RunView } from './runView';
import type { Shelf } from './shelf';
import type { Texts } from './texts';

export interface Runs {
  /** Runs the form's points; where they are of the shown run's kind, they are added to it. */
  run(): Promise<void>;
  /** Runs what a plan asks for on the chosen texts, on its own. A plan that cannot be is said, and costs nothing. */
  runPlanned(plan: () => RunSettings): Promise<void>;
  /** Goes on with a run that did not end: its own settings, and nothing that is finished is measured again. */
  continueRun(id: string): Promise<void>;
  /** Runs the shared run's own settings on the open checkpoint. */
  reproduce(): Promise<void>;
  /** A checkpoint was opened: the one of the shared run is run again, another one is named as different. */
  opened(card: ModelCard): void;
  /** What a link to the shown run holds; null while no point is finished. */
  readonly share: () => SharedRun | null;
  stop(): void;
  /** Shows the run of a saved log. */
  replay(file: SourceFile): Promise<void>;
  downloadLog(): void;
  downloadTable(format: 'csv' | 'json'): void;
}

/** What a run is asked with beside its settings: runs that it goes on, which give way to it when it has all that they have. */
interface Asked {
  readonly request: () => Promise<RunRequest>;
  readonly over?: readonly string[];
}

export function createRuns({ store, engine, methods, notify, settle }: Bench, texts: Texts, shelf: Shelf): Runs {
  let running: AbortController | null = null;
  /** Logs that were asked for, so that the last one is what is shown. */
  let replays = 0;

  /** Asks the engine for a run and shows its events until it ends. One that fails before it measures leaves what was there. */
  async function start({ request, over = [] }: Asked): Promise<void> {
    if (running) return;
    running = new AbortController();
    const before = store.getState().shown;
    let id: string | null = null;
    let release = () => {};
    const batch = createBatch((events: readonly RunEvent[]) => {
      if (id !== null) return add(id, events);
      // What was shown before gives way to the run's beginning: a request that fails or is stopped before it costs nothing.
      const begins = events.findIndex(({ type }) => type === 'run-started');
      if (begins < 0) return;
      ({ id } = shelf.begin('live', { events: events.slice(begins), over }));
      release = shelf.hold(id);
    });
    settle('run');
    store.setState({ activity: 'running', announcement: 'The run started.' });
    try {
      const ask = await request();
      await engine.ask('run', ask, { signal: running.signal, onEvents: (events) => batch.add(events) });
      batch.flush();
      end(id, 'stopped', before);
    } catch (error) {
      batch.flush();
      const status = error instanceof Cancelled ? 'stopped' : 'failed';
      const stays = end(id, status, before);
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
      release();
      running = null;
      store.setState({ activity: 'idle' });
      settle('busy');
    }
    const memory = await engine.ask('memory', null).catch(() => null);
    store.setState(({ engine: known }) => ({ engine: { ...known, memory } }));
  }

  function add(id: string, events: readonly RunEvent[]): void {
    const { run } = store.getState();
    shelf.append(id, events);
    const announcement = announce(run, store.getState().run);
    if (announcement !== null) store.setState({ announcement });
  }

  /** A run that ended early. Without a value of its own it gives the place back; returns what is kept, in words. */
  function end(id: string | null, status: 'stopped' | 'failed', before: string | null): string | null {
    const { run } = store.getState();
    const earlier = shelf.find(before);
    if (id === null && status === 'stopped') store.setState({ announcement: 'The run stopped before it began.' });
    const measured = id !== null && run.points.some(isMeasured);
    if (earlier?.view?.points.length && !measured) {
      if (id !== null) shelf.discard(id, earlier.id);
      return 'The results from before are still shown.';
    }
    if (id === null) return null;
    shelf.close(id, status);
    if (run.points.some(({ state }) => state === 'finished'))
      return 'Finished points are kept: the same run goes on from the last finished layer.';
    return run.layers.length ? 'Finished layers are kept: the same run goes on from them.' : null;
  }

  /** The link names the adapter as the page does. */
  function shareLog(): SharedRun | null {
    const { log } = shelf;
    const started = log.findLast((event) => event.type === 'run-started');
    const shared = sharedRun(log);
    return shared && started ? { ...shared, adapter: adapterName(started.adapter) } : shared;
  }

  /** A text that a run used, by its content. `whose`: "shared". */
  async function textOf(named: SharedName, whose: string, then: string): Promise<TextSource> {
    const id = await texts.find(named);
    if (id) return texts.textOf(id);
    throw new FetchError(
      'shared-text',
      `The ${whose} run used the text "${named.label}" (${named.fingerprint}), which is not here. Drop it, then choose ${then}.`,
      { text: named.label, fingerprint: named.fingerprint },
    );
  }

  async function calibrationFor(
    chosen: ReturnType<typeof calibrationOf> | null,
  ): Promise<Pick<RunRequest, 'calibration' | 'calibrationPictures'>> {
    return {
      calibration: chosen?.text ? await texts.textOf(chosen.text) : null,
      ...(chosen?.pictures && { calibrationPictures: await texts.textOf(chosen.pictures) }),
    };
  }

  /** The texts of a run that was, by their content. */
  async function textsOf(
    {
      evaluation,
      calibration,
      calibrationPictures,
    }: Pick<SharedRun, 'evaluation' | 'calibration' | 'calibrationPictures'>,
    whose: string,
    then: string,
  ): Promise<Pick<RunRequest, 'evaluation' | 'calibration' | 'calibrationPictures'>> {
    return {
      evaluation: await textOf(evaluation, whose, then),
      calibration: calibration && (await textOf(calibration, whose, then)),
      ...(calibrationPictures && { calibrationPictures: await textOf(calibrationPictures, whose, then) }),
    };
  }

  async function reproduce(): Promise<void> {
    const share = store.getState().shared?.share;
    if (!share) return;
    await start({
      request: async () => ({
        settings: share.settings,
        ...(await textsOf(share, 'shared', 'Reproduce')),
      }),
    });
  }

  /** The shown run's finished points, where they are of the open checkpoint: of another one none could be taken over. */
  function earlierPoints(): readonly FinishedPoint[] {
    const { checkpoint, run } = store.getState();
    return run.about?.model.fingerprint === checkpoint.card?.fingerprint ? finishedPoints(shelf.log) : [];
  }

  async function runPlanned(plan: () => RunSettings, keepEarlier: 'all' | 'asked' = 'asked'): Promise<void> {
    const { shown } = store.getState();
    await start({
      over: shown === null ? [] : [shown],
      request: async () => {
        const { setup, checkpoint } = store.getState();
        const settings = plan();
        if (settings.points.length === 0) {
          throw new RecipeError(
            'nothing-planned',
            'Nothing is chosen to run. Choose at least one method and one width.',
          );
        }
        const earlier = earlierPoints();
        const stay = keepEarlier === 'all' ? earlier.map((point) => point.plan) : [];
        const calibrated = [...settings.points, ...stay].some(({ assignment }) =>
          someRecipe(assignment, needsCalibration),
        );
        return {
          settings,
          evaluation: await texts.textOf(setup.evaluation),
          ...(await calibrationFor(calibrated ? calibrationOf(setup, !!checkpoint.card?.pictures) : null)),
          earlier,
          keepEarlier,
        };
      },
    });
  }

  async function continueRun(id: string): Promise<void> {
    const log = await shelf.logOf(id);
    const started = log.findLast((event) => event.type === 'run-started');
    if (!started) return;
    const { shown, checkpoint } = store.getState();
    const { model, settings } = started;
    if (checkpoint.card?.fingerprint !== model.fingerprint) {
      const text = `The run is of ${model.name} (${model.fingerprint}). Open it, then choose Continue.`;
      notify(notice('warning', 'Another checkpoint is open', text, { topic: 'checkpoint' }));
      return;
    }
    await start({
      over: [...new Set([id, ...(shown === null ? [] : [shown])])],
      request: async () => ({
        settings,
        ...(await textsOf(started, 'last', 'Continue')),
        earlier: [...finishedPoints(log), ...(shown === id ? [] : earlierPoints())],
      }),
    });
  }

  return {
    run() {
      // A matrix is a picture of its own: nothing is added to it.
      const matrix = store.getState().run.points.some(({ method }) => isMatrixMethod(method));
      return runPlanned(() => planRun(store.getState().setup, methods), matrix ? 'asked' : 'all');
    },
    runPlanned: (plan) => runPlanned(plan),
    continueRun,
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
    async replay({ path, blob }) {
      if (running) {
        notify(busyNotice(path));
        return;
      }
      const turn = ++replays;
      try {
        const { readReplay } = await import('./replay');
        const { events, view } = await readReplay(blob);
        // A large log takes its time: what was asked for meanwhile comes first.
        if (turn !== replays) return;
        if (running) return notify(busyNotice(path));
        const also = { matrixBits: null, announcement: `${path} is shown.` };
        const { shown } = store.getState();
        const { id } = shelf.begin('log', { log: { events, view }, over: shown === null ? [] : [shown], also });
        // A log that ends in mid-run is of a run that nobody finished.
        shelf.close(id, 'stopped');
      } catch (error) {
        notify(errorNotice(`${path} could not be read`, error, { stays: 'What was shown before is kept.' }));
      }
    },
    downloadLog() {
      download(`${fileName(store.getState().run)}.ndjson`, 'application/x-ndjson', writeLog(shelf.log));
    },
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

/** The lab with an engine of the test's own: what happens to the state when things go well, badly, or are stopped. */
import { describe, expect, it } from 'vitest';
import type { RunEvent } from '../../src/log/events';
import { writeLog } from '../../src/log/file';
import { catalog } from '../../src/quant/recipe/catalog';
import { recipes } from '../../src/quant/recipe/recipes';
import { createLab } from '../../src/store/lab';
import type { TensorsCard } from '../../src/model/card';
import { isBare, obstacle } from '../../src/store/ready';
import { emptyRun, foldEvents } from '../../src/store/runView';
import { Cancelled, FormatError, GpuError } from '../../src/util/errors';
import type { AskOptions, Engine } from '../../src/worker/client';
import type { Operation, Operations } from '../../src/worker/protocol';
import { sampleLog } from './sampleLog';
import { tensorsCard } from './sampleRounding';

const log = sampleLog();
const started = log.find((event) => event.type === 'run-started');
if (!started) throw new Error('no start');
const card = started.model;

type Answer<O extends Operation> = (ask: Operations[O]['ask'], options: AskOptions) => Promise<Operations[O]['answer']>;

function labWith(answers: { readonly open?: Answer<'open'>; readonly run?: Answer<'run'> }) {
  const engine: Engine = {
    ask: (name, ask, options = {}) => {
      const answer = answers[name as 'open' | 'run'] as
        ((ask: unknown, options: AskOptions) => Promise<never>) | undefined;
      return answer ? answer(ask, options) : Promise.reject(new Error(`${name} is not asked in this test`));
    },
  };
  const lab = createLab({ engine, methods: recipes, pieces: catalog });
  lab.addText({ path: 'a.txt', blob: new Blob(['a text '.repeat(100)]) });
  lab.configure({ calibration: 'dropped:a.txt' });
  return lab;
}

const file = (path: string, content = '') => ({ path, blob: new Blob([content]) });
const weights = [file('model/config.json', '{}'), file('model/model.safetensors')];
/** A promise, and what keeps it. */
function signal() {
  let give = () => {};
  const given = new Promise<void>((resolve) => (give = resolve));
  return { given, give };
}
const send = (events: readonly RunEvent[], { onEvents }: AskOptions) => onEvents?.(events);

describe('the lab', () => {
  it('shows a run and keeps its log', async () => {
    const lab = labWith({
      run: (ask, options) => {
        expect(ask.settings.points).toHaveLength(12);
        expect(ask.evaluation.label).toBe('a.txt');
        send(log, options);
        return Promise.resolve(null);
      },
    });
    const running = lab.run();
    expect(lab.store.getState().activity).toBe('running');
    await running;
    const { run, source, activity } = lab.store.getState();
    expect({ status: run.status, source, activity }).toEqual({ status: 'finished', source: 'live', activity: 'idle' });
    expect(lab.share()?.results).toHaveLength(13);
  });

  it('keeps what was measured when the run is stopped or fails', async () => {
    for (const [error, status] of [
      [new Cancelled(), 'stopped'],
      [new GpuError('out-of-memory', 'no room'), 'failed'],
    ] as const) {
      const lab = labWith({
        run: (_, options) => {
          send(log.slice(0, Math.floor(log.length / 2)), options);
          return Promise.reject(error);
        },
      });
      await lab.run();
      const { run, notices } = lab.store.getState();
      expect(run.status).toBe(status);
      expect(run.points.filter(({ state }) => state === 'finished').length).toBeGreaterThan(3);
      const lasting = notices.filter(({ tone }) => tone !== 'note');
      expect(lasting.map(({ text }) => text)).toEqual(status === 'failed' ? ['no room'] : []);
    }
  });

  it('passes a stop on', async () => {
    const asked = signal();
    const lab = labWith({
      run: (_, { signal }) =>
        new Promise((_resolve, reject) => {
          signal?.addEventListener('abort', () => reject(new Cancelled()));
          asked.give();
        }),
    });
    const running = lab.run();
    await asked.given;
    lab.stop();
    expect(lab.store.getState().activity).toBe('stopping');
    await running;
    expect(lab.store.getState()).toMatchObject({
      activity: 'idle',
      shelf: [],
      announcement: 'The run stopped before it began.',
    });
  });

  it('does not begin a run that cannot be, and keeps what is shown', async () => {
    const lab = labWith({});
    await lab.receive([file('run.ndjson', writeLog(log))]);
    lab.configure({ methods: [] });
    await lab.run();
    const { run, notices } = lab.store.getState();
    expect(run.points).toHaveLength(13);
    expect(notices.at(-1)?.text).toMatch(/at least one method/);
  });

  it('keeps the open checkpoint when another one is bad, and only the newest of two openings', async () => {
    const quick = signal();
    const answers: (() => Promise<typeof card>)[] = [
      () => Promise.resolve(card),
      () => Promise.reject(new FormatError('lfs-pointer', 'model.safetensors is a pointer')),
      () => quick.given.then(() => ({ ...card, name: 'slow' })),
      () => Promise.resolve({ ...card, name: 'quick' }),
    ];
    const lab = labWith({ open: () => (answers.shift() as () => Promise<typeof card>)() });
    await lab.receive(weights);
    await lab.receive(weights);
    const { checkpoint, notices } = lab.store.getState();
    expect(checkpoint).toMatchObject({ status: 'open', card: { name: card.name } });
    expect(notices.at(-1)).toMatchObject({ tone: 'error', text: 'model.safetensors is a pointer' });
    expect(notices.at(-1)?.stays).toContain(card.name);
    await Promise.all([lab.receive(weights), lab.receive(weights).then(quick.give)]);
    expect(lab.store.getState().checkpoint.card?.name).toBe('quick');
  });

  it('shows what the headers tell at once, and keeps Run until the rest is read', async () => {
    const { fingerprint: _, ...headers } = card;
    let go = (_: typeof card | FormatError) => {};
    const lab = labWith({
      open: (_, { onHeaders }) => {
        onHeaders?.({ ...headers, name: 'shown' });
        return new Promise((resolve, reject) => (go = (end) => (end instanceof Error ? reject(end) : resolve(end))));
      },
    });
    lab.store.setState({ engine: { status: 'ready', report: null, memory: null, reason: null } });
    const read = () => {
      const { status, card: shown } = lab.store.getState().checkpoint;
      return { status, name: shown?.name, fingerprint: shown?.fingerprint };
    };
    const why = () => obstacle(lab.store.getState(), recipes);
    const opening = lab.openFiles(weights);
    await new Promise((resolve) => setTimeout(resolve));
    expect(read()).toEqual({ status: 'reading', name: 'shown', fingerprint: undefined });
    expect(why()).toBe('Reading the tokenizer…');
    go(card);
    await opening;
    expect(read()).toEqual({ status: 'open', name: card.name, fingerprint: card.fingerprint });
    expect(why()).toBeNull();
    // A file that vanishes after its headers: what was open before still is, in the page as in the engine.
    const next = lab.openFiles(weights);
    await new Promise((resolve) => setTimeout(resolve));
    expect(read().status).toBe('reading');
    go(new FormatError('cut', 'cut short'));
    await next;
    expect(read()).toEqual({ status: 'open', name: card.name, fingerprint: card.fingerprint });
    expect(lab.store.getState().notices.at(-1)?.stays).toContain(card.name);
  });

  it('opens what cannot run as its tensors, which nothing takes for a model', async () => {
    const tensors = tensorsCard('bert');
    const answers: (() => Promise<typeof card | TensorsCard>)[] = [
      () => Promise.resolve(card),
      () => Promise.resolve(tensors),
      () => Promise.reject(new FormatError('lfs-pointer', 'model.safetensors is a pointer')),
      () => Promise.resolve(card),
    ];
    const lab = labWith({ open: () => (answers.shift() as (typeof answers)[number])() });
    lab.store.setState({ engine: { status: 'ready', report: null, memory: null, reason: null } });
    await lab.receive(weights);
    await lab.receive(weights);
    const state = lab.store.getState();
    expect(state.checkpoint).toEqual({ status: 'open', demo: null, card: null, tensors });
    expect(state.announcement).toBe('bert is open, and cannot run. It is a bert.');
    expect(obstacle(state, recipes)).toBe('bert cannot run: see Checkpoint');
    expect(isBare(state)).toBe(true);
    await lab.receive(weights);
    expect(lab.store.getState().notices.at(-1)?.stays).toContain('bert is still open');
    expect(lab.store.getState().checkpoint.tensors).toEqual(tensors);
    await lab.receive(weights);
    expect(lab.store.getState().checkpoint).toMatchObject({ card: { name: card.name }, tensors: null });
    expect(obstacle(lab.store.getState(), recipes)).toBeNull();
  });

  it('takes the context down to what the model was made for', async () => {
    const lab = labWith({ open: () => Promise.resolve({ ...card, maxContext: 100 }) });
    await lab.receive(weights);
    expect(lab.store.getState().setup.context).toBe(100);
  });

  it('keeps earlier results on screen when a run fails before it measures', async () => {
    for (const sent of [[], log.slice(0, 1)]) {
      const lab = labWith({
        run: (_, options) => {
          send(sent, options);
          return Promise.reject(new FormatError('tokenizer', 'no tokenizer'));
        },
      });
      await lab.receive([file('run.ndjson', writeLog(log))]);
      const before = lab.store.getState();
      await lab.run();
      const { run, source, notices } = lab.store.getState();
      expect({ run, source }).toEqual({ run: before.run, source: 'log' });
      expect(notices.at(-1)).toMatchObject({ text: 'no tokenizer', stays: 'The results from before are still shown.' });
      expect(lab.share()?.results).toHaveLength(13);
    }
  });

  it('does not speak of kept points when there are none', async () => {
    const failure = { name: 'FormatError', code: 'missing-file', message: 'no tokenizer', details: {} };
    const ends: RunEvent[] = [{ type: 'run-failed', error: failure, secondsElapsed: 0 }];
    for (const events of [[], ends]) {
      const lab = labWith({
        run: (_, options) => {
          send(events, options);
          return Promise.reject(new GpuError('out-of-memory', 'no room'));
        },
      });
      await lab.run();
      expect(lab.store.getState().notices.at(-1)?.stays).toBeNull();
      // With results on screen the failure is not theirs either.
      await lab.receive([file('run.ndjson', writeLog(log))]);
      const before = lab.store.getState();
      await lab.run();
      const { run, notices } = lab.store.getState();
      expect(run).toEqual(before.run);
      expect(notices.at(-1)?.stays).toBe('The results from before are still shown.');
    }
  });

  it('says before Run that a checkpoint has no tokenizer', async () => {
    const engine = { status: 'ready', report: null, memory: null, reason: null } as const;
    const remarks = ['no text can be evaluated: tokenizer.json is missing'];
    const cards = [{ ...card, remarks }, card];
    const lab = labWith({ open: () => Promise.resolve(cards.shift() ?? card) });
    lab.store.setState({ engine });
    await lab.receive(weights);
    expect(obstacle(lab.store.getState(), recipes)).toMatch(/No text can be evaluated/);
    expect(lab.store.getState().announcement).toContain('tokenizer.json is missing');
    await lab.receive(weights);
    expect(obstacle(lab.store.getState(), recipes)).toBeNull();
  });

  it('takes notices away when their cause is gone, and opens nothing during a run', async () => {
    const answers = [() => Promise.reject(new FormatError('cut', 'cut short')), () => Promise.resolve(card)];
    let end = () => {};
    const began = signal();
    const runs = [
      () => Promise.reject(new GpuError('out-of-memory', 'no room')),
      () =>
        new Promise<null>((resolve) => {
          end = () => resolve(null);
          began.give();
        }),
    ];
    const lab = labWith({
      open: () => (answers.shift() as () => Promise<typeof card>)(),
      run: () => (runs.shift() as () => Promise<null>)(),
    });
    const lasting = () =>
      lab.store
        .getState()
        .notices.filter(({ tone }) => tone !== 'note')
        .map(({ title }) => title);
    await lab.receive(weights);
    expect(lasting()).toEqual(['model did not open']);
    await lab.receive(weights);
    expect(lasting()).toEqual([]);
    await lab.run();
    expect(lasting()).toEqual(['The run failed']);
    const running = lab.run();
    await began.given;
    await lab.receive(weights);
    await lab.receive([file('run.ndjson', writeLog(log))]);
    expect(lasting()).toEqual(['A run is under way', 'A run is under way']);
    end();
    await running;
    expect(lasting()).toEqual([]);
  });

  it('replays the log of a run that failed, with its error', async () => {
    const lab = labWith({});
    const endless = { mean: Infinity, low: 1e300, high: Infinity };
    const failed: RunEvent[] = [
      ...log.slice(0, 2),
      {
        type: 'window-evaluated',
        point: 'full-precision',
        windowsTotal: 2,
        quality: {
          ...{ windows: 1, tokens: 63 },
          values: { perplexity: endless, bitsPerByte: endless },
        },
      },
      {
        type: 'run-failed',
        error: { name: 'NumericError', code: 'not-finite', message: 'perplexity is Infinity', details: {} },
        secondsElapsed: 1,
      },
    ];
    await lab.receive([file('failed.ndjson', writeLog(failed))]);
    const { run, source, notices } = lab.store.getState();
    expect(notices.filter(({ tone }) => tone === 'error')).toEqual([]);
    expect({ source, status: run.status, error: run.error?.message }).toEqual({
      source: 'log',
      status: 'failed',
      error: 'perplexity is Infinity',
    });
    expect(run.points[0]?.values).toEqual({});
    // The live run showed the same.
    expect(foldEvents(emptyRun, failed)).toEqual(run);
  });

  it('measures on no text that is shorter than a window, and takes none from a folder that is no checkpoint', async () => {
    const lab = labWith({ open: () => Promise.reject(new FormatError('missing-file', 'config.json is missing')) });
    const chosen = () => lab.store.getState().setup.evaluation;
    await lab.receive([file('notes.txt', 'hi!')]);
    expect(chosen()).toBe('dropped:a.txt');
    expect(lab.store.getState().notices.at(-1)).toMatchObject({ tone: 'error', title: 'notes.txt is too short' });
    await lab.receive([file('unrelated/README.md', 'words '.repeat(200)), file('unrelated/tool.py', 'x')]);
    expect(chosen()).toBe('dropped:a.txt');
    expect(lab.store.getState().notices.at(-1)?.title).toBe('unrelated did not open');
    await lab.receive([file('photo.png')]);
    expect(lab.store.getState().notices.at(-1)?.title).toBe('photo.png is a picture without words');
  });

  it('replays a log, and names the line of a broken one', async () => {
    const lab = labWith({});
    await lab.receive([file('run.ndjson', writeLog(log))]);
    expect(lab.store.getState()).toMatchObject({ source: 'log', run: { status: 'finished' } });
    await lab.receive([file('bad.ndjson', `${writeLog(log.slice(0, 1))}{"type":"point-`)]);
    const { run, notices } = lab.store.getState();
    expect(run.points).toHaveLength(13);
    expect(notices.at(-1)?.text).toContain('line 2');
    // Of two that are dropped together, the last is shown, whichever is read first.
    const other = log.map((event) => (event.type === 'run-started' ? { ...event, app: 'other' } : event));
    await Promise.all([
      lab.receive([file('large.ndjson', writeLog(log))]),
      lab.receive([file('small.ndjson', writeLog(other.slice(0, 3)))]),
    ]);
    expect(lab.store.getState().run.about?.app).toBe('other');
    // Half a run, whole lines: shown as stopped.
    await lab.receive([file('half.ndjson', writeLog(log.slice(0, 50)))]);
    expect(lab.store.getState().run.status).toBe('stopped');
  });
});

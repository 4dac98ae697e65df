/** Runs on the shelf: what outlives a page at any moment, what makes room, what two tabs do to each other. */
import { describe, expect, it } from 'vitest';
import { createStore } from 'zustand/vanilla';
import type { RunEvent } from '../../src/log/events';
import { recipes } from '../../src/quant/recipe/recipes';
import type { Bench } from '../../src/store/bench';
import { describeRun, runName, surplus, type RunRecord } from '../../src/store/runRecord';
import { emptyRun, foldEvents, type RunView } from '../../src/store/runView';
import { createShelf } from '../../src/store/shelf';
import { startingState, type LabState } from '../../src/store/state';
import { memoryStorage, type Storage } from './memoryRuns';
import { sampleLog } from './sampleLog';
import { sampleMatrixLog } from './sampleMatrix';

const log = sampleLog().map((event): RunEvent =>
  event.type === 'point-finished'
    ? { ...event, losses: Array.from({ length: 8 }, (_, i) => event.result.bits + i) }
    : event,
);
const [started] = log;
if (started?.type !== 'run-started') throw new Error('no start');

const later = (minutes: number) => new Date(Date.parse(started.at) + minutes * 60_000).toISOString();
const at = (events: readonly RunEvent[], minutes: number): RunEvent[] =>
  events.map((event) => (event.type === 'run-started' ? { ...event, at: later(minutes) } : event));

async function openTab(storage: Storage) {
  const store = createStore<LabState>(() => startingState);
  const bench: Bench = {
    store,
    engine: { ask: () => Promise.reject(new Error('not asked')) },
    methods: recipes,
    pieces: [],
    set: (change) => store.setState(change),
    notify: (notice) => store.setState(({ notices }) => ({ notices: [...notices, notice] })),
    settle: () => {},
  };
  const shelf = createShelf(bench);
  const interrupted = await shelf.load(storage.open(), null);
  await shelf.showLast();
  return { shelf, store, interrupted, state: () => store.getState() };
}

/** Writes that are under way end in the next turns. */
const settled = () => new Promise((resolve) => setTimeout(resolve, 5));
const finishedOf = ({ points }: RunView) => points.filter(({ state }) => state === 'finished');

describe('the shelf', () => {
  it('brings a finished run back with every number, loss and layer', async () => {
    const storage = memoryStorage();
    const before = await openTab(storage);
    before.shelf.begin('live', { events: log });
    await settled();
    const { state, shelf, interrupted } = await openTab(storage);
    expect(interrupted).toBeNull();
    expect(state().run).toEqual({ ...foldEvents(emptyRun, log), progress: null });
    expect(state()).toMatchObject({
      source: 'live',
      shelf: [{ keeping: 'kept', summary: { status: 'finished', finished: 12 } }],
    });
    expect(shelf.log).toEqual(log.filter(({ type }) => type !== 'progressed'));
  });

  it('brings back every finished point of a run that its page left at any moment', async () => {
    for (let cut = 1; cut < log.length; cut += 17) {
      const storage = memoryStorage();
      const { shelf } = await openTab(storage);
      const { id } = shelf.begin('live', { events: log.slice(0, 1) });
      for (const event of log.slice(1, cut)) shelf.append(id, [event]);
      // The page is gone: nothing ends, nothing is awaited.
      const { state, interrupted } = await openTab(storage);
      const wanted = foldEvents(emptyRun, log.slice(0, cut));
      expect(finishedOf(state().run)).toEqual(finishedOf(wanted));
      expect(state().run.layers).toEqual(wanted.layers);
      expect(state().run.status).toBe('stopped');
      expect(interrupted?.id).toBe(id);
      // It is told of once.
      await settled();
      expect((await openTab(storage)).interrupted).toBeNull();
    }
  });

  it('lets a run take the place of one that it goes on, as soon as it has all that was finished', async () => {
    const storage = memoryStorage();
    const { shelf, state } = await openTab(storage);
    const cut = log.findLastIndex(({ type }) => type === 'point-finished') - 40;
    const first = shelf.begin('live', { events: log.slice(0, cut) });
    shelf.nameRun(first.id, 'Mine');
    const second = shelf.begin('live', { events: at(log.slice(0, 3), 5), over: [first.id] });
    await settled();
    expect([...storage.records.keys()].sort()).toEqual([first.id, second.id].sort());
    // Nothing that is finished may be nowhere, whenever the page goes.
    for (const event of at(log.slice(3), 5)) {
      shelf.append(second.id, [event]);
      const kept = [...storage.logs.values()].map((text) => text.split('"point-finished"').length - 1);
      expect(Math.max(...kept)).toBeGreaterThanOrEqual(
        log.slice(0, cut).filter(({ type }) => type === 'point-finished').length,
      );
    }
    await settled();
    expect([...storage.records.keys()]).toEqual([second.id]);
    expect(state().shelf).toMatchObject([{ id: second.id, name: 'Mine' }]);
    // A run of other settings takes nobody's place.
    const other = log.map((event) =>
      event.type === 'run-started' ? { ...event, settings: { ...event.settings, seed: 9 } } : event,
    );
    shelf.begin('live', { events: at(other, 9), over: [second.id] });
    expect(state().shelf).toHaveLength(2);
  });

  it('goes on without a storage that refuses, and says so once', async () => {
    const storage = memoryStorage();
    storage.room = 0;
    const { shelf, state } = await openTab(storage);
    const { id } = shelf.begin('live', { events: log.slice(0, 5) });
    for (const event of log.slice(5)) {
      shelf.append(id, [event]);
      await Promise.resolve();
    }
    await settled();
    expect(state().run.status).toBe('finished');
    expect(state().shelf[0]?.keeping).toBe('tab');
    expect(state().notices.map(({ title }) => title)).toEqual(['This run is not kept']);
    expect(state().notices[0]?.text).toContain('the quota is used up');
  });

  it('makes room by the oldest runs without a name, and loses no line of the one that needed it', async () => {
    const storage = memoryStorage();
    const { shelf, state } = await openTab(storage);
    const named = shelf.begin('live', { events: log });
    shelf.nameRun(named.id, 'Keep');
    for (let minute = 1; minute <= 40; minute++) shelf.begin('live', { events: at(log, minute) });
    await settled();
    // A fresh tab: what another showed is not spared.
    const tab = await openTab(storage);
    expect(tab.state().shelf).toHaveLength(41);
    const size = [...storage.logs.values()].reduce((sum, { length }) => sum + length, 0);
    storage.room = size + 2000;
    const { id } = tab.shelf.begin('live', { events: at(log.slice(0, 20), 90) });
    for (const event of log.slice(20)) tab.shelf.append(id, [event]);
    await settled();
    expect(tab.state().notices).toEqual([]);
    expect(storage.records.has(named.id)).toBe(true);
    expect(storage.records.size).toBeLessThan(41);
    expect(storage.logs.get(id)?.split('\n').filter(Boolean)).toHaveLength(
      log.filter(({ type }) => type !== 'progressed').length,
    );
    expect(state().notices).toEqual([]);
  });

  it('keeps the runs of two tabs apart, and shows each what the other has', async () => {
    const storage = memoryStorage();
    const [one, two] = [await openTab(storage), await openTab(storage)];
    const matrix = at(sampleMatrixLog(), 3);
    const a = one.shelf.begin('live', { events: log.slice(0, 1) });
    const b = two.shelf.begin('live', { events: matrix.slice(0, 1) });
    const release = one.shelf.hold(a.id);
    for (let i = 1; i < Math.max(log.length, matrix.length); i++) {
      if (log[i]) one.shelf.append(a.id, log.slice(i, i + 1));
      if (matrix[i]) two.shelf.append(b.id, matrix.slice(i, i + 1));
    }
    await settled();
    const third = await openTab(storage);
    expect(third.state().shelf.map(({ id, elsewhere }) => [id, elsewhere])).toEqual([
      [b.id, false],
      [a.id, true],
    ]);
    // What another tab is at work on is neither shown nor deleted.
    expect(third.state().shown).toBe(b.id);
    await third.shelf.deleteRun(a.id);
    expect(storage.records.size).toBe(2);
    release();
    expect(finishedOf((await openTab(storage)).state().run)).toHaveLength(
      finishedOf(foldEvents(emptyRun, matrix)).length,
    );
    expect(one.state().shelf).toHaveLength(2);
    await one.shelf.setBeside(b.id, 'beside');
    expect(finishedOf(one.shelf.find(b.id)?.view ?? emptyRun)).toEqual(finishedOf(foldEvents(emptyRun, matrix)));
    // A name that one gives is seen by the other.
    two.shelf.nameRun(b.id, 'The matrix');
    await settled();
    expect(one.shelf.find(b.id)?.name).toBe('The matrix');
  });

  it('names, deletes and puts back', async () => {
    const storage = memoryStorage();
    const { shelf, state } = await openTab(storage);
    const { id } = shelf.begin('live', { events: log });
    shelf.nameRun(id, '  First curve ');
    await shelf.deleteRun(id);
    await settled();
    expect(state()).toMatchObject({ shown: null, run: emptyRun, source: null, shelf: [] });
    expect(storage.records.size).toBe(0);
    shelf.putBack();
    await settled();
    const again = await openTab(storage);
    expect(again.state().shelf).toMatchObject([{ id, name: 'First curve' }]);
    expect(again.state().run.points).toEqual(foldEvents(emptyRun, log).points);
    again.shelf.nameRun(id, ' ');
    expect(again.shelf.find(id)?.name).toBeNull();
  });

  it('shows what a damaged log still says of itself: that it cannot be read', async () => {
    const storage = memoryStorage();
    const { shelf } = await openTab(storage);
    const { id } = shelf.begin('live', { events: log });
    await settled();
    storage.logs.set(id, 'nonsense');
    const { state } = await openTab(storage);
    expect(state().shown).toBeNull();
    expect(state().notices.map(({ title }) => title)).toEqual(['The run could not be read']);
  });
});

describe('the list of runs', () => {
  const record = (i: number, change: Partial<RunRecord> = {}): RunRecord => ({
    id: `run ${i}`,
    name: null,
    source: 'live',
    at: later(i),
    summary: {
      model: { name: 'm', fingerprint: 'f' },
      status: 'finished',
      methods: ['rtn'],
      finished: 1,
      planned: 1,
      matrixBits: null,
    },
    link: null,
    size: 1000,
    ...change,
  });

  it('is bounded in number and size, oldest first, but for named and shown runs', () => {
    const many = Array.from({ length: 70 }, (_, i) => record(i));
    expect(surplus(many, new Set())).toEqual(
      many
        .slice(0, 10)
        .map(({ id }) => id)
        .reverse(),
    );
    const named = many.map((run, i) => (i < 5 ? { ...run, name: 'n' } : run));
    const gone = surplus(named, new Set(['run 5']));
    expect(gone).toHaveLength(10);
    expect(gone).toEqual(expect.not.arrayContaining(['run 0', 'run 4', 'run 5']));
    expect(surplus([record(1, { size: 190e6 }), record(2, { size: 20e6 })], new Set())).toEqual(['run 1']);
    expect(surplus([record(1, { size: 190e6 })], new Set())).toEqual([]);
  });

  it('says what a run is', () => {
    const { summary } = record(1);
    expect(describeRun(summary, recipes)).toBe('RTN, 1 point');
    expect(describeRun({ ...summary, methods: ['rtn', 'gptq'], finished: 3, planned: 12 }, recipes)).toBe(
      'RTN and GPTQ, 3 of 12 points',
    );
    expect(describeRun({ ...summary, matrixBits: 3, finished: 40, planned: 40 }, recipes)).toBe(
      'Matrix at 3 bits, 40 points',
    );
    expect(runName(record(1))).toMatch(/^m, \d/);
    expect(runName(record(1, { name: 'Mine' }))).toBe('Mine');
  });
});

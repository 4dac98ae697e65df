/** The browser's storage for runs as tests bring it: shared by the tabs that are opened on it, and refusing when it is told to. */
import type { KeptRuns } from '../../src/store/keptRuns';
import type { RunRecord } from '../../src/store/runRecord';

export interface Storage {
  readonly records: Map<string, RunRecord>;
  readonly logs: Map<string, string>;
  /** Characters that fit; Infinity at first. */
  room: number;
  /** Ids that a tab is at work on. */
  readonly held: Set<string>;
  /** A tab's end of it. */
  open(): KeptRuns;
}

export function memoryStorage(): Storage {
  const watchers = new Map<KeptRuns, () => void>();
  const storage: Storage = {
    records: new Map(),
    logs: new Map(),
    room: Infinity,
    held: new Set(),
    open() {
      const write = async (change: () => void) => {
        const before = { records: new Map(storage.records), logs: new Map(storage.logs) };
        change();
        await Promise.resolve();
        const size = [...storage.logs.values()].reduce((sum, { length }) => sum + length, 0);
        if (size > storage.room) {
          for (const name of ['records', 'logs'] as const) {
            storage[name].clear();
            for (const [key, value] of before[name]) (storage[name] as Map<string, unknown>).set(key, value);
          }
          throw new DOMException('the quota is used up', 'QuotaExceededError');
        }
        for (const [other, changed] of watchers) if (other !== tab) changed();
      };
      const forget = (id: string) => {
        storage.records.delete(id);
        storage.logs.delete(id);
      };
      const tab: KeptRuns = {
        list: () => Promise.resolve([...storage.records.values()]),
        log: (id) => Promise.resolve(storage.logs.get(id) ?? ''),
        append: (record, lines, instead) =>
          write(() => {
            storage.records.set(record.id, record);
            storage.logs.set(record.id, (storage.logs.get(record.id) ?? '') + lines);
            if (instead !== undefined) forget(instead);
          }),
        rewrite: (record, lines) =>
          write(() => {
            storage.records.set(record.id, record);
            storage.logs.set(record.id, lines);
          }),
        change: (record) =>
          write(() => {
            if (storage.records.has(record.id)) storage.records.set(record.id, record);
          }),
        remove: (ids) => write(() => ids.forEach(forget)),
        underWay: () => Promise.resolve(storage.held),
        hold(id) {
          storage.held.add(id);
          return () => storage.held.delete(id);
        },
        watch: (changed) => void watchers.set(tab, changed),
      };
      return tab;
    },
  };
  return storage;
}

/**
 * Runs in the browser's storage (IndexedDB): a record of each, and its log as lines that are added while it runs, each time in one
 * transaction. A crash at any moment leaves every transaction that was committed. Each run is written by one tab alone; a lock of the
 * browser, which goes with the tab, says that it is at work.
 */
import type { RunRecord } from './runRecord';

export interface KeptRuns {
  list(): Promise<readonly RunRecord[]>;
  /** The log, one event a line. */
  log(id: string): Promise<string>;
  /**
   * Adds lines to the log of a run, or begins it, and writes its record; forgets the run `instead`. All or nothing; rejects where the
   * storage is full or refused.
   */
  append(record: RunRecord, lines: string, instead?: string): Promise<void>;
  /** Writes the whole log in place of what is there. */
  rewrite(record: RunRecord, lines: string): Promise<void>;
  /** Writes the record of a run that is still there. */
  change(record: RunRecord): Promise<void>;
  remove(ids: readonly string[]): Promise<void>;
  /** Runs that some tab is at work on. */
  underWay(): Promise<ReadonlySet<string>>;
  /** This tab is at work on the run until the function is called. */
  hold(id: string): () => void;
  /** Calls back when another tab has changed something. */
  watch(changed: () => void): void;
}

const database = 'bitcurve';
const version = 1;
const lockName = (id: string) => `bitcurve run ${id}`;

/** Null where the browser has no such storage, or refuses it. */
export async function openKeptRuns(): Promise<KeptRuns | null> {
  try {
    return keptIn(await openDatabase());
  } catch {
    return null;
  }
}

function openDatabase(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(database, version);
    request.onupgradeneeded = () => {
      request.result.createObjectStore('runs', { keyPath: 'id' });
      request.result.createObjectStore('lines');
    };
    request.onsuccess = () => {
      // A later version of the page in another tab must not wait for this one.
      request.result.onversionchange = () => request.result.close();
      resolve(request.result);
    };
    request.onerror = () => reject(request.error ?? new Error('the storage did not open'));
    request.onblocked = () => reject(new Error('the storage is held by an older page'));
  });
}

/** Lines are kept under [run, number]. */
const linesOf = (id: string) => IDBKeyRange.bound([id], [id, []]);

const answer = <T>(request: IDBRequest<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error('the storage did not answer'));
  });

function keptIn(db: IDBDatabase): KeptRuns {
  const channel = typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel('bitcurve runs');
  /** How many times lines were added to a run. */
  const counts = new Map<string, number>();

  /** Does everything in one transaction; it is sent off at once, and resolves when it is safe. */
  function write(
    change: (runs: IDBObjectStore, lines: IDBObjectStore) => void,
    tell: 'told' | 'untold',
  ): Promise<void> {
    return new Promise((resolve, reject) => {
      const transaction = db.transaction(['runs', 'lines'], 'readwrite', { durability: 'relaxed' });
      transaction.oncomplete = () => {
        if (tell === 'told') channel?.postMessage(null);
        resolve();
      };
      transaction.onabort = () => reject(transaction.error ?? new Error('the storage refused'));
      change(transaction.objectStore('runs'), transaction.objectStore('lines'));
      // Without waiting for answers: the page may be gone before they come.
      transaction.commit();
    });
  }
  const forget = (id: string, runs: IDBObjectStore, lines: IDBObjectStore) => {
    runs.delete(id);
    lines.delete(linesOf(id));
  };

  return {
    async list() {
      return (await answer(db.transaction('runs').objectStore('runs').getAll())) as RunRecord[];
    },
    async log(id) {
      const found = await answer(db.transaction('lines').objectStore('lines').getAll(linesOf(id)));
      return (found as string[]).join('');
    },
    append(record, text, instead) {
      const { id } = record;
      const count = counts.get(id) ?? 0;
      counts.set(id, count + 1);
      return write(
        (runs, lines) => {
          runs.put(record);
          lines.put(text, [id, count]);
          if (instead !== undefined) forget(instead, runs, lines);
        },
        count === 0 || instead !== undefined ? 'told' : 'untold',
      );
    },
    rewrite(record, text) {
      const { id } = record;
      counts.set(id, 1);
      return write((runs, lines) => {
        lines.delete(linesOf(id));
        runs.put(record);
        lines.put(text, [id, 0]);
      }, 'told');
    },
    change(record) {
      return new Promise((resolve, reject) => {
        const transaction = db.transaction('runs', 'readwrite', { durability: 'relaxed' });
        const runs = transaction.objectStore('runs');
        // Another tab may have deleted it.
        runs.getKey(record.id).onsuccess = ({ target }) => {
          if ((target as IDBRequest).result !== undefined) runs.put(record);
        };
        transaction.oncomplete = () => {
          channel?.postMessage(null);
          resolve();
        };
        transaction.onabort = () => reject(transaction.error ?? new Error('the storage refused'));
      });
    },
    remove: (ids) => write((runs, lines) => ids.forEach((id) => forget(id, runs, lines)), 'told'),
    async underWay() {
      const names = (await navigator.locks?.query())?.held?.map(({ name }) => name ?? '') ?? [];
      const prefix = lockName('');
      return new Set(names.filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length)));
    },
    hold(id) {
      let release = () => {};
      const held = new Promise<void>((resolve) => (release = resolve));
      void navigator.locks?.request(lockName(id), () => held);
      return () => {
        release();
        // Other tabs may open it now; the lock goes in a moment.
        setTimeout(() => channel?.postMessage(null), 100);
      };
    },
    watch(changed) {
      if (channel) channel.onmessage = changed;
    },
  };
}

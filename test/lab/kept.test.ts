/** Stores that hand back other files, cannot write, or are full: a run loses time by them, never its results. */
import { describe, expect, it } from 'vitest';
import { boundedStore, type SiteFile, type SiteFiles } from '../../src/lab/boundedStore';
import type { RunEvent } from '../../src/log/events';
import { memoryStore, type SiteStore } from '../../src/lab/siteStore';
import { testGpu } from '../gpu';
import { collect, finished, point, tinyInput, tinySettings } from './tiny';

const settings = tinySettings([point('rtn', 3), point('gptq', 3)]);
const outcome = (events: readonly RunEvent[]) => finished(events).map(({ hash, values }) => [hash, values]);
const remarks = (events: readonly RunEvent[]) =>
  events.flatMap((event) => (event.type === 'remarked' ? [`${event.about}: ${event.text}`] : []));

/** A store whose records can be looked at. */
function openStore() {
  const records = new Map<string, Uint8Array<ArrayBuffer>>();
  const store: SiteStore = {
    get: (key) => Promise.resolve(records.get(key) ?? null),
    put: (key, bytes) => {
      records.set(key, bytes);
      return Promise.resolve(null);
    },
  };
  return { records, store };
}

describe('kept layers', () => {
  it('are believed only under the key that they were made for: files swapped or rotated are computed again', async () => {
    const gpu = await testGpu();
    const { records, store } = openStore();
    const whole = await collect(await tinyInput(gpu, settings, { keep: store }));
    const keys = [...records.keys()];
    expect(keys.length).toBe(2 * 2 * 4);
    const shapeOf = (key: string) => {
      const text = new TextDecoder().decode(records.get(key));
      return /"rows":\d+,"cols":\d+/.exec(text)?.[0];
    };
    // Within one shape, where every size fits; and any with any.
    const rotations = [[...keys].sort((a, b) => (String(shapeOf(a)) < String(shapeOf(b)) ? -1 : 1)), keys];
    for (const order of rotations) {
      const { records: moved, store: keep } = openStore();
      order.forEach((key, i) => {
        const taken = records.get(order[(i + 1) % order.length] as string);
        if (taken) moved.set(key, taken);
      });
      const again = await collect(await tinyInput(gpu, settings, { keep }));
      expect(again.some(({ type }) => type === 'run-resumed')).toBe(false);
      expect(outcome(again)).toEqual(outcome(whole));
      // What was under the wrong name has been replaced.
      const healed = await collect(await tinyInput(gpu, settings, { keep }));
      expect(healed.find(({ type }) => type === 'run-resumed')).toEqual({ type: 'run-resumed', sitesKept: 16 });
    }
  });

  it('that cannot be written or read cost the run nothing, and it says so once', async () => {
    const gpu = await testGpu();
    const want = outcome(await collect(await tinyInput(gpu, settings)));
    const full = () => Promise.reject(new Error('ENOSPC: no space left on device, write'));
    const stores: readonly (readonly [SiteStore, RegExp])[] = [
      [{ ...memoryStore(), put: full }, /storage: Finished layers are not kept, because ENOSPC: no space/],
      [{ get: full, put: full }, /ENOSPC/],
      [{ ...memoryStore(), put: () => Promise.resolve('it is full') }, /not kept, because it is full\. This run/],
    ];
    for (const mode of ['shared', 'sequential'] as const) {
      for (const [keep, said] of stores) {
        const events = await collect(await tinyInput(gpu, { ...settings, mode }, { keep }));
        if (mode === 'shared') expect(outcome(events)).toEqual(want);
        expect(finished(events).length).toBe(3);
        expect(remarks(events)).toHaveLength(1);
        expect(remarks(events)[0]).toMatch(said);
      }
    }
    expect(remarks(await collect(await tinyInput(gpu, settings)))).toEqual([]);
  });
});

/** Files in memory, of which some cannot be removed or written. */
function fakeFiles(sizes: Readonly<Record<string, number>>, faulty: (name: string) => boolean = () => false) {
  const content = new Map(Object.entries(sizes).map(([name, size]) => [name, new Uint8Array(size)]));
  const fail = () => Promise.reject(new Error('EROFS'));
  const files: SiteFiles = {
    // The order of names is that of age, oldest first.
    list: () => Promise.resolve([...content].map(([name, { length }], at): SiteFile => ({ name, size: length, at }))),
    read: (name) => {
      const bytes = content.get(name);
      return bytes ? Promise.resolve(bytes) : fail();
    },
    write: (name, bytes) => (faulty(name) ? fail() : Promise.resolve(void content.set(name, bytes))),
    remove: (name) => (faulty(name) ? fail() : Promise.resolve(void content.delete(name))),
  };
  return { files, names: () => [...content.keys()] };
}

describe('a bounded store', () => {
  const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((letter) => letter.repeat(64)) as [string, string, string, string];

  it('removes the oldest layers until half of the limit is free, and files of nobody else', async () => {
    const { files, names } = fakeFiles({ 'README.md': 999, [a]: 30, [b]: 0, [c]: 30, [d]: 20 });
    await boundedStore(files, 100);
    expect(names()).toEqual(['README.md', c, d]);
  });

  it('refuses what would grow past the limit, and counts a layer that is written anew once', async () => {
    const { files } = fakeFiles({});
    const store = await boundedStore(files, 100);
    expect(await store.put(a, new Uint8Array(60))).toBe(null);
    expect(await store.put(a, new Uint8Array(70))).toBe(null);
    expect(await store.put(b, new Uint8Array(40))).toMatch(/have reached/);
    expect(await store.put(b, new Uint8Array(30))).toBe(null);
    expect(await store.get(b)).toEqual(new Uint8Array(30));
    expect(await store.get(c)).toBe(null);
  });

  it('lets no fault of the files through, and counts what it cannot remove', async () => {
    const { files } = fakeFiles({ [a]: 80 }, () => true);
    const store = await boundedStore(files, 100);
    expect(await store.put(b, new Uint8Array(30))).toMatch(/have reached/);
    expect(await store.put(b, new Uint8Array(10))).toBe('EROFS');
    const none = { ...files, list: () => Promise.reject(new Error('EACCES')) };
    expect(await (await boundedStore(none, 100)).get(a)).toEqual(new Uint8Array(80));
  });
});

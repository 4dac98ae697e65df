/** The worker's session on a real device: runs, losses of the device, bad requests. Without a browser's file system. */
import { openAsBlob } from 'node:fs';
import { join, resolve } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { openDawn } from '../../src/gpu/dawn';
import type { RunEvent } from '../../src/log/events';
import type { RoundingEvent } from '../../src/log/rounding';
import { plainCurves, plainPoints } from '../../src/quant/recipe/plainMethods';
import { recipes } from '../../src/quant/recipe/recipes';
import { planRun } from '../../src/store/plan';
import { startingSetup } from '../../src/store/state';
import { Cancelled, FormatError, RecipeError } from '../../src/util/errors';
import type { RunRequest, SourceFile } from '../../src/worker/protocol';
import { bertFiles } from '../model/bert';
import { createSession } from '../../src/worker/session';

const demo = resolve(import.meta.dirname, '../../public/demo/level-7');
const text = (label: string) => ({
  label,
  path: `${label}.txt`,
  blob: new Blob(['Mara put the red cup on the shelf. Later she looked for it there. '.repeat(60)]),
});
const setup = { ...startingSetup, widths: [3], context: 64, maxTokens: 128, calibrationTokens: 128 };
const request: RunRequest = {
  settings: planRun(setup, recipes),
  evaluation: text('evaluation'),
  calibration: text('calibration'),
};

let files: SourceFile[] = [];
beforeAll(async () => {
  const names = ['config.json', 'tokenizer.json', 'tokenizer_config.json', 'model.safetensors'];
  files = await Promise.all(
    names.map(async (name) => ({ path: `level-7/${name}`, blob: await openAsBlob(join(demo, name)) })),
  );
});

/** The blob, whose bytes come so many milliseconds late. */
function delayed(blob: Blob, milliseconds: number): Blob {
  const slice = (begin: number, end: number) => ({
    arrayBuffer: async () => {
      await new Promise((resolve) => setTimeout(resolve, milliseconds));
      return blob.slice(begin, end).arrayBuffer();
    },
  });
  return Object.defineProperty(blob.slice(), 'slice', { value: slice });
}

const openSession = () => createSession({ gpu: openDawn() });
type Session = ReturnType<typeof openSession>;

/** Runs the request; `meanwhile` sees each event. */
async function collect(session: Session, meanwhile: (event: RunEvent, all: readonly RunEvent[]) => void = () => {}) {
  const events: RunEvent[] = [];
  const emit = (event: RunEvent) => {
    events.push(event);
    meanwhile(event, events);
  };
  await session.run(request, { signal: new AbortController().signal, emit });
  return events;
}

const call = { signal: new AbortController().signal, emit: () => {} };
const finish = (events: readonly RunEvent[]) => {
  const last = events.at(-1);
  return last?.type === 'run-finished' ? last.points.map(({ id, hash, values }) => ({ id, hash, values })) : null;
};

describe('the session', () => {
  it('says what the adapter is, and where layers are kept', async () => {
    const report = await openSession().adapter(null, call);
    expect(report.card.name).not.toBe('');
    expect(report.gigaflops).toBeGreaterThan(0);
    expect(report.keepsLayers).toBe(false);
  });

  it('replaces a device that is lost in mid-run, and ends in the same hashes', async () => {
    const undisturbed = openSession();
    await undisturbed.open({ files }, call);
    const wanted = finish(await collect(undisturbed));
    expect(wanted).toHaveLength(3);

    const session = openSession();
    await session.open({ files }, call);
    let lost = false;
    const events = await collect(session, (event, all) => {
      const layers = all.filter(({ type }) => type === 'site-quantized').length;
      if (lost || event.type !== 'site-quantized' || layers < 14) return;
      lost = true;
      void session['lose-device'](null, call);
    });
    expect(events.find((event) => event.type === 'run-failed')).toMatchObject({ error: { code: 'device-lost' } });
    // RTN had been measured, and GPTQ had layers: neither is done again.
    const resumed = events.find((event) => event.type === 'run-resumed');
    expect(resumed).toMatchObject({ pointsKept: 2 });
    expect(resumed?.sitesKept).toBeGreaterThanOrEqual(14 - 3 * 4);
    const again = events.slice(events.findLastIndex(({ type }) => type === 'run-started'));
    const told = again.flatMap((event) => (event.type === 'window-evaluated' ? [event.point] : []));
    expect(told).toEqual(['full-precision', 'rtn-3', 'gptq-3', 'gptq-3']);
    expect(finish(events)).toEqual(wanted);
  });

  it('opens another device when it was lost between two runs', async () => {
    const session = openSession();
    await session.open({ files }, call);
    const first = finish(await collect(session));
    await session['lose-device'](null, call);
    expect(finish(await collect(session))).toEqual(first);
  });

  it('shows the headers before it reads the tokenizer, and keeps the later of two openings', async () => {
    const session = openSession();
    const steps: string[] = [];
    const watched = files.map((file) => {
      if (!file.path.endsWith('tokenizer.json')) return file;
      const stream = file.blob.slice();
      const slice: Blob['slice'] = (...range) => {
        if (range[1] === stream.size) steps.push('tokenizer');
        return file.blob.slice(...range);
      };
      return { ...file, blob: Object.defineProperty(stream, 'slice', { value: slice }) };
    });
    const onHeaders = ({ name }: { name: string }) => void steps.push(name);
    const renamed = files.map(({ path, blob }) => ({ path: path.replace('level-7', 'later'), blob }));
    const slow = renamed.map(({ path, blob }) => ({
      path: path.replace('later', 'earlier'),
      blob: delayed(blob, 300),
    }));
    await session.open({ files: watched }, { ...call, onHeaders });
    expect(steps).toEqual(['level-7', 'tokenizer']);
    await Promise.all([session.open({ files: slow }, call), session.open({ files: renamed }, call)]);
    const events = await collect(session);
    expect(events.find(({ type }) => type === 'run-started')).toMatchObject({ model: { name: 'later' } });
  });

  it('refuses a run without a checkpoint, and keeps the open one when another is bad', async () => {
    const session = openSession();
    await expect(session.run(request, call)).rejects.toBeInstanceOf(RecipeError);
    const card = await session.open({ files }, call);
    expect(card).toMatchObject({ name: 'level-7', architecture: 'llama' });
    const cut = files.map((file) =>
      file.path.endsWith('.safetensors') ? { ...file, blob: file.blob.slice(0, 99) } : file,
    );
    await expect(session.open({ files: cut }, call)).rejects.toBeInstanceOf(FormatError);
    const stopped: RunEvent[] = [];
    await session.run(request, { signal: AbortSignal.abort(new Cancelled()), emit: (event) => stopped.push(event) });
    expect(stopped.at(-1)?.type).toBe('run-stopped');
  });

  it('opens a checkpoint that cannot run, and rounds its matrices', async () => {
    const session = openSession();
    await session.open({ files }, call);
    const card = await session.open({ files: bertFiles() }, call);
    expect(card).toMatchObject({ kind: 'tensors', architecture: 'bert' });
    const points = plainPoints(plainCurves(recipes), { widths: [4], group: 16, symmetric: false });
    const events: RoundingEvent[] = [];
    await session.round({ points }, { ...call, emit: (event) => events.push(event) });
    expect(events.filter(({ type }) => type === 'matrix-rounded')).toHaveLength(24 * 3);
    expect(events.at(-1)?.type).toBe('rounding-finished');
    // It took the place of the model before: a run of it is refused by name.
    await expect(session.run(request, call)).rejects.toThrow(/the architecture is "bert"/);
    await expect(session.round({ points: [] }, call)).rejects.toThrow(/points: there are 0/);
    await expect(openSession().round({ points }, call)).rejects.toThrow('No checkpoint is open');
  });
});

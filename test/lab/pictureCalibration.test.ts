/** Calibration with pictures: H over all tokens of the language model's input, in every order, alone and beside a text. */
import { describe, expect, it } from 'vitest';
import { batchesOf, tokensOf } from '../../src/lab/calibrationWindows';
import { CalibrationStream, type Embed } from '../../src/lab/calibrate';
import { shareInBoth } from '../../src/lab/leaks';
import { picturePassages, type Passage } from '../../src/lab/pictureWindows';
import type { RunInput } from '../../src/lab/opening';
import type { PlannedPoint, RunEvent, RunSettings } from '../../src/log/events';
import { readLog, writeLog } from '../../src/log/file';
import { sharedRun } from '../../src/log/link/sharedRun';
import { decodePermalink, encodePermalink } from '../../src/log/link/permalink';
import { finishedPoints } from '../../src/log/takeOver';
import { openModel } from '../../src/model/openModel';
import { readMatrix } from '../../src/tensor/matrix';
import { present } from '../../src/util/assert';
import { testGpu } from '../gpu';
import { captions, llava, set, task, templates } from './tinyPictures';
import { calibrationText, collect, finished, point, timeless, tinyCheckpoint, tinyInput, tinySettings } from './tiny';

const { signal } = new AbortController();
const shown: Pick<RunInput, 'calibration' | 'calibrationPictures'> = {
  calibration: null,
  calibrationPictures: { set: captions(12), templates },
};
const textAlone = { calibration: calibrationText };
const both = { ...shown, calibration: calibrationText };

type Started = Extract<RunEvent, { type: 'run-started' }>;
const startOf = (events: readonly RunEvent[]): Started => {
  const [first] = events;
  if (first?.type === 'run-started') return first;
  throw new Error(`the run begins with ${JSON.stringify(first)}`);
};

async function input(points: readonly PlannedPoint[], more: Partial<RunInput>, settings: Partial<RunSettings> = {}) {
  const asked = tinySettings(points, { protocol: 'pictures', context: 32, calibrationTokens: 160, ...settings });
  return tinyInput(await testGpu(), asked, { checkpoint: await llava(), pictures: task, ...more });
}

const hashes = (events: readonly RunEvent[]) => finished(events).map(({ hash }) => hash);

describe('H of picture windows', () => {
  it('is the mean over the inputs of all their tokens, as float64 sums it', async () => {
    const gpu = await testGpu();
    using scope = gpu.scope('test');
    const model = await openModel(gpu, await llava());
    const asked = { gpu, model, checkpoint: await llava(), context: 32, signal };
    // Records of captions and of questions: of these the right answer alone.
    const { parts } = await picturePassages({ ...asked, task }, 1000, 1);
    const passages = present(parts[0], 'a part');
    expect(passages).toHaveLength(4);
    const { features: places } = present(model.tower, 'a tower');
    const textTokens = passages.map(({ ids }) => ids.filter((id) => id !== model.tower?.id).length);
    expect(textTokens.map((tokens) => tokens + places)).toEqual(passages.map(({ ids }) => ids.length));
    // Lengths differ, so that there are several batches; none is filled up.
    const batches = batchesOf(passages, 64);
    expect(new Set(batches.map(({ batch }) => batch.length)).size).toBeGreaterThan(1);
    expect(tokensOf(passages)).toBe(batches.reduce((sum, { ids }) => sum + ids.length, 0));

    const embed: Embed = (local, ids, length, features) => model.embed(local, ids, length, undefined, features);
    using stream = await CalibrationStream.start(gpu, model, batches, embed, signal, 0);
    let alone = await Promise.all(passages.map((passage) => embedded(passage, embed)));
    for (let index = 0; index < model.blockCount; index++) {
      const block = await model.openBlock(scope, index);
      const run = stream.run(block, model.sites(index), 'advance', scope);
      let step = await run.next();
      while (!step.done) step = await run.next();
      // Each passage by itself, its inputs added up in float64.
      const sums = new Map(model.sites(index).map(({ name, cols }) => [name, new Float64Array(cols * cols)]));
      const next = [];
      for (const { hidden, length } of alone) {
        const seen: Promise<void>[] = [];
        const after = await model.forward(scope, block, hidden, { windows: 1, length }, ({ name, cols }, rows) => {
          const sum = present(sums.get(name), name);
          seen.push(readMatrix(gpu, rows).then((x) => addGram(sum, x, cols)));
        });
        await Promise.all(seen);
        next.push({ hidden: after, length });
      }
      alone = next;
      for (const [name, sum] of sums) {
        const { H, tokens } = present(step.value.get(name), name);
        expect(tokens).toBe(tokensOf(passages));
        const got = await readMatrix(gpu, H);
        const largest = Math.max(...sum.map(Math.abs)) / tokens;
        // float32 sums of some hundred products, against the largest of the matrix.
        for (const [i, value] of got.entries()) {
          expect(Math.abs(value - (sum[i] as number) / tokens)).toBeLessThan(2e-6 * largest);
        }
      }
    }

    async function embedded({ ids, features }: Passage, how: Embed) {
      const [only] = batchesOf([{ ids, features }], 1);
      const single = present(only, 'a batch');
      using own = await CalibrationStream.start(gpu, model, [single], how, signal, 0);
      return { hidden: own.states(scope, 0), length: ids.length };
    }
  });

  it('takes whole records, in disjoint parts', async () => {
    const gpu = await testGpu();
    const model = await openModel(gpu, await llava());
    const asked = {
      gpu,
      model,
      checkpoint: await llava(),
      context: 32,
      signal,
      task: { set: captions(12), templates },
    };
    const one = await picturePassages(asked, 60, 1);
    expect(one.supply).toBe('enough');
    expect(tokensOf(present(one.parts[0], 'a part'))).toBeLessThanOrEqual(60);
    const three = await picturePassages(asked, 60, 3);
    expect(three.parts[0]).toEqual(one.parts[0]);
    const texts = three.parts.flat().map(({ ids }) => ids.join(' '));
    expect(new Set(texts).size).toBe(texts.length);
    // Less than a record is one record.
    expect((await picturePassages(asked, 1, 1)).parts[0]).toHaveLength(1);
    await expect(picturePassages(asked, 200, 8)).rejects.toMatchObject({ code: 'too-few-pictures' });
    await expect(picturePassages({ ...asked, context: 18 }, 60, 1)).rejects.toMatchObject({ code: 'text-too-long' });
  });
});

function addGram(sum: Float64Array, rows: Float32Array, cols: number): void {
  for (let at = 0; at < rows.length; at += cols) {
    for (let i = 0; i < cols; i++) {
      for (let j = 0; j < cols; j++) {
        sum[i * cols + j] = (sum[i * cols + j] as number) + (rows[at + i] as number) * (rows[at + j] as number);
      }
    }
  }
}

describe('a run calibrated on pictures', () => {
  it.each(['shared', 'sequential'] as const)('differs from one on text, and is the same again: %s', async (mode) => {
    const points = [point('gptq', 3), point('awq', 3)];
    const of = async (more: Partial<RunInput>) => collect(await input(points, more, { mode }));
    const [onText, onPictures, onBoth] = [await of(textAlone), await of(shown), await of(both)];
    const all = [onText, onPictures, onBoth].map(hashes);
    for (const at of [1, 2]) expect(new Set(all.map((own) => own[at])).size).toBe(3);
    expect(timeless(await of(both))).toEqual(timeless(onBoth));
    expect(startOf(onText).calibrationPictures).toBeUndefined();
    expect(startOf(onPictures)).toMatchObject({ calibration: null, calibrationPictures: { label: 'captions.jsonl' } });
    expect(startOf(onBoth)).toMatchObject({ calibration: { label: 'calibration.txt' } });
    // Half of the tokens each.
    const tokens = onBoth.flatMap((event) => (event.type === 'site-calibrated' ? [event.tokens] : []));
    expect(new Set(tokens).size).toBe(1);
    expect(tokens[0]).toBe(64 + (startOf(onBoth).calibrationPictures?.tokens ?? 0));
    expect(startOf(onBoth).calibrationPictures?.tokens).toBeLessThanOrEqual(80);
    for (const events of [onPictures, onBoth]) expect(readLog(writeLog(events))).toEqual(events);
  });

  it('is the same block by block, and with nothing resident', async () => {
    const own = await input([point('gptq', 3), point('quarot-gptq', 3)], both);
    const once = hashes(await collect(own));
    const budgets = { moments: 1, states: 0, weights: 0 };
    const again = await input([point('gptq', 3), point('quarot-gptq', 3)], both);
    expect(hashes(await collect({ ...again, budgets }))).toEqual(once);
  });

  it('is taken over by runs with that calibration alone, and told by its link', async () => {
    const own = await input([point('gptq', 3)], shown);
    const events = await collect(own);
    const earlier = finishedPoints(events);
    const kept = async (more: Partial<RunInput>) => {
      const again = await collect(await input([point('gptq', 3)], { ...more, earlier }));
      return again.find(({ type }) => type === 'run-resumed');
    };
    expect(await kept(shown)).toMatchObject({ pointsKept: 2 });
    expect(await kept(both)).toMatchObject({ pointsKept: 1 });
    const shared = present(sharedRun(events), 'a shared run');
    const link = await decodePermalink(await encodePermalink(shared));
    expect(link.calibration).toBeNull();
    expect(link.calibrationPictures).toEqual(shared.calibrationPictures);
  });

  it('says that it is measured on pictures that it was calibrated on', async () => {
    const gpu = await testGpu();
    const model = await openModel(gpu, await llava());
    const windows = { ids: [], context: 32, firstScored: 1, tokens: 0, bytesPerToken: 1 };
    const share = (calibrationPictures: RunInput['calibrationPictures']) =>
      shareInBoth({ pictures: task, ...(calibrationPictures && { calibrationPictures }) }, model, windows, {
        parts: [],
      });
    expect(share({ set })).toBe(1);
    expect(share(shown.calibrationPictures)).toBe(0);
    const half = { ...set, hashes: new Map([['a.png', 'hash of a.png']]) };
    expect(share({ set: half })).toBe(0.5);
    const events = await collect(await input([point('gptq', 3)], { calibration: null, calibrationPictures: task }));
    expect(events).toContainEqual(expect.objectContaining({ type: 'text-doubted', doubt: 'overlap', share: 1 }));
    const apart = await collect(await input([point('gptq', 3)], shown));
    expect(apart.some(({ type }) => type === 'text-doubted')).toBe(false);
  });

  it('says what stands in its way', async () => {
    const failure = async (more: Partial<RunInput>, settings: Partial<RunSettings> = {}) => {
      const last = (await collect(await input([point('gptq', 3)], more, settings))).at(-1);
      return last?.type === 'run-failed' ? last.error : null;
    };
    const onText = { protocol: 'gptq', context: 24 } as const;
    expect(await failure(shown, onText)).toMatchObject({
      code: 'bad-setting',
      message: expect.stringContaining('is for texts, and pictures') as string,
    });
    const { pictures: _, ...blind } = await input([point('gptq', 3)], shown, onText);
    const last = (await collect({ ...blind, checkpoint: await tinyCheckpoint('llama') })).at(-1);
    expect(last?.type === 'run-failed' && last.error).toMatchObject({
      code: 'no-tower',
      message: expect.stringContaining('looks at no pictures') as string,
    });
    expect(await failure({ calibration: null })).toMatchObject({ code: 'needs-calibration' });
    expect(await failure(shown, { calibrationDraws: 8 })).toMatchObject({ code: 'too-few-pictures' });
    const torn = { ...captions(12), picture: () => Promise.reject(new Error('torn')) };
    expect(await failure({ calibration: null, calibrationPictures: { set: torn, templates } })).toMatchObject({
      message: 'torn',
    });
    const remarks = (await collect(await input([point('gptq', 3)], shown, { calibrationTokens: 5000 }))).filter(
      (event) => event.type === 'remarked',
    );
    const text = expect.stringMatching(/captions.jsonl has 12 texts with their pictures/) as string;
    expect(remarks).toMatchObject([{ about: 'calibration', text }]);
  });
});

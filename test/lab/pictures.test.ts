/** Runs on pictures: the same numbers as logits behind the same pictures give, and what is said where there are none. */
import { describe, expect, it } from 'vitest';
import { readPreparation } from '../../src/formats/pictures/preparation';
import { prepare } from '../../src/formats/pictures/prepare';
import type { PictureTask } from '../../src/lab/pictureWindows';
import type { Protocol, RunEvent } from '../../src/log/events';
import { readLog, writeLog } from '../../src/log/file';
import { sequencesOf } from '../../src/measures/sequences';
import { modelLogits } from '../../src/model/modelLogits';
import { openModel } from '../../src/model/openModel';
import { present } from '../../src/util/assert';
import { testGpu } from '../gpu';
import { llava, picture, preprocessor, records, set, task, templates, tokenizer } from './tinyPictures';
import { collect, finished, point, tinyCheckpoint, tinyInput, tinySettings } from './tiny';

async function input(protocol: Protocol, more: { readonly pictures?: PictureTask } = { pictures: task }) {
  const gpu = await testGpu();
  const settings = tinySettings([point('rtn', 8), point('rtn', 2)], { protocol, context: 32 });
  return tinyInput(gpu, settings, { checkpoint: await llava(), calibration: null, ...more });
}

/** −ln p of what is told, text by text, from logits behind the pictures. */
async function expected(shown: (image: string) => string) {
  const gpu = await testGpu();
  const model = await openModel(gpu, await llava());
  const how = readPreparation(preprocessor, 'p');
  const tokens = present(model.tower, 'a tower');
  const told: number[] = [];
  const right: boolean[] = [];
  for (const [question, record] of records.entries()) {
    const losses: { readonly isRight: boolean; readonly sum: number }[] = [];
    for (const { ids, first, image, choice } of sequencesOf(tokenizer, record, question, tokens, null, templates)) {
      const { pixels } = prepare(picture(shown(image)), how, 'whole');
      const logits = await modelLogits(gpu, model, ids, pixels);
      const nll = Array.from({ length: ids.length - first }, (_, i) => {
        const row = logits.subarray((first + i - 1) * 64, (first + i) * 64);
        const sum = row.reduce((total, value) => total + Math.exp(value), 0);
        return Math.log(sum) - (row[ids[first + i] as number] as number);
      });
      if (choice?.right !== false) told.push(...nll);
      if (choice) losses.push({ isRight: choice.right, sum: nll.reduce((a, b) => a + b, 0) });
    }
    if (losses.length) right.push(losses.toSorted((a, b) => a.sum - b.sum)[0]?.isRight ?? false);
  }
  return {
    perplexity: Math.exp(told.reduce((a, b) => a + b, 0) / told.length),
    accuracy: right.filter(Boolean).length / right.length,
    tokens: told.length,
  };
}

const others: Readonly<Record<string, string>> = { 'a.png': 'b.png', 'b.png': 'c.png', 'c.png': 'a.png' };

describe('a run on pictures', () => {
  it.each([
    ['pictures', (image: string) => image],
    ['other-pictures', (image: string) => others[image] ?? ''],
  ] as const)('measures what is told behind them: %s', async (protocol, shown) => {
    const events = await collect(await input(protocol));
    const points = finished(events);
    const want = await expected(shown);
    const [full, wide, narrow] = points;
    expect(full?.tokens).toBe(want.tokens);
    expect((full?.values['perplexity']?.mean ?? 0) / want.perplexity).toBeCloseTo(1, 4);
    expect(full?.values['accuracy']?.mean).toBe(want.accuracy);
    // Quantized points are set against full precision behind the same pictures.
    expect(Math.abs(wide?.values['lnRatio']?.mean ?? 1)).toBeLessThan(0.05);
    expect(narrow?.values['kld']?.mean ?? 0).toBeGreaterThan(5 * (wide?.values['kld']?.mean ?? 1));
    const measured = events.filter(
      (event): event is RunEvent & { type: 'window-evaluated' } => event.type === 'window-evaluated',
    );
    expect(measured.at(-1)?.windowsTotal).toBe(4);
    expect(measured.at(-1)?.quality.windows).toBe(4);
    // What the same texts cost behind other pictures is told beside, of their own pictures alone.
    const beside = { ...(await expected((image) => others[image] ?? '')), own: want.perplexity };
    const { otherPicture, sight } = full?.values ?? {};
    if (protocol === 'pictures') {
      expect((otherPicture?.mean ?? 0) / beside.perplexity).toBeCloseTo(1, 4);
      expect(sight?.mean).toBeCloseTo(Math.log(beside.perplexity / beside.own), 4);
    } else expect([otherPicture, sight]).toEqual([undefined, undefined]);
    expect(readLog(writeLog(events))).toEqual(events);
  });

  it('takes questions alone, whose first text is a wrong answer', async () => {
    const questions = { ...set, records: records.filter(({ kind }) => kind === 'question') };
    const events = await collect(await input('pictures', { pictures: { ...task, set: questions } }));
    const [full] = finished(events);
    expect(Number.isFinite(full?.values['perplexity']?.mean)).toBe(true);
    expect(events.filter(({ type }) => type === 'run-failed')).toEqual([]);
  });

  it('is the same with nothing resident on the GPU', async () => {
    const own = await input('pictures');
    const values = async (of: typeof own) => finished(await collect(of)).map((result) => result.values);
    expect(await values({ ...own, budgets: { weights: 0, states: 0 } })).toEqual(await values(own));
  });

  it('takes as many whole records as the limit allows', async () => {
    const own = await input('pictures');
    const some = finished(await collect({ ...own, settings: { ...own.settings, points: [], maxTokens: 40 } }));
    // 19 and 18 tokens; the third record would be more than 40.
    expect(some[0]?.tokens).toBe(5);
  });

  it('says what stands in its way', async () => {
    const failure = async (of: Awaited<ReturnType<typeof input>>) => {
      const last = (await collect(of)).at(-1);
      return last?.type === 'run-failed' ? last.error : null;
    };
    const own = await input('pictures');
    expect(await failure(await input('pictures', {}))).toMatchObject({ code: 'bad-setting' });
    expect(await failure({ ...own, checkpoint: await tinyCheckpoint('llama') })).toMatchObject({ code: 'no-tower' });
    expect(await failure({ ...own, checkpoint: await tinyCheckpoint('llava', null) })).toMatchObject({
      code: 'missing-file',
      message: expect.stringContaining('preprocessor_config.json is missing') as string,
    });
    const other = {
      ...(await llava()),
      preprocessor: () => Promise.resolve({ json: { ...preprocessor, size: 32, crop_size: 32 }, file: 'p' }),
    };
    expect(await failure({ ...own, checkpoint: other })).toMatchObject({
      code: 'wrong-picture-size',
      message: expect.stringContaining(
        'a.png is 32×32 pixels when it is prepared, and this model looks at 28×28',
      ) as string,
    });
    const short = { ...own, settings: { ...own.settings, context: 18 } };
    expect(await failure(short)).toMatchObject({ code: 'text-too-long', details: { found: 21, expected: 18 } });
    const one = { ...set, records: records.slice(0, 1) };
    expect(await failure(await input('other-pictures', { pictures: { set: one, templates } }))).toMatchObject({
      code: 'one-picture',
    });
    expect(
      await failure(await input('pictures', { pictures: { set, templates: { ...templates, caption: '' } } })),
    ).toMatchObject({
      code: 'bad-template',
    });
  });
});

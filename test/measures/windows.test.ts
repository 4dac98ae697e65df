import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Tokenizer } from '../../src/formats/checkpoint';
import { calibrationWindows, evaluationWindows, scoredPerWindow } from '../../src/measures/windows';
import { Cancelled } from '../../src/util/errors';
import { openFolder, sharedModel } from '../model/folder';
import { idTokenizer, textOfIds } from '../lab/tiny';

const ids = Array.from({ length: 23 }, (_, i) => 10 + i);
const { text } = textOfIds(ids);

describe('windows', () => {
  it('are cut as GPTQ cuts: no overlap, the tail dropped, all but the first id scored', async () => {
    const windows = await evaluationWindows(idTokenizer(1), text, 't', 'gptq', 5, null);
    expect(windows.ids.map((w) => [...w])).toEqual([0, 5, 10, 15].map((at) => ids.slice(at, at + 5)));
    expect([windows.firstScored, scoredPerWindow(windows), windows.tokens]).toEqual([1, 4, 23]);
    // Every character of the made-up text takes two bytes.
    expect(windows.bytesPerToken).toBe(2);
  });

  it('are cut as llama.cpp cuts: BOS in place of the first id, the second half scored', async () => {
    const windows = await evaluationWindows(idTokenizer(1), text, 't', 'llama.cpp', 6, null);
    const withBos = [1, ...ids];
    expect(windows.ids.map((w) => [...w])).toEqual([0, 6, 12, 18].map((at) => [1, ...withBos.slice(at + 1, at + 6)]));
    expect([windows.firstScored, scoredPerWindow(windows)]).toEqual([4, 2]);
    // A BOS that the vocabulary names and does not add is left out.
    for (const tokenizer of [idTokenizer(null), { ...idTokenizer(1), addsBos: false }]) {
      const plain = await evaluationWindows(tokenizer, text, 't', 'llama.cpp', 6, null);
      expect(plain.ids.map((w) => [...w])).toEqual([0, 6, 12].map((at) => ids.slice(at, at + 6)));
    }
  });

  it('are as many whole ones as the limit allows, at least one', async () => {
    const count = async (limit: number | null) =>
      (await evaluationWindows(idTokenizer(1), text, 't', 'gptq', 5, limit)).ids.length;
    expect(await Promise.all([null, 14, 15, 1, 10_000].map(count))).toEqual([4, 2, 3, 1, 4]);
    expect((await calibrationWindows(idTokenizer(1), text, 't', 5, 11)).ids.length).toBe(2);
    await expect(evaluationWindows(idTokenizer(1), text, 't', 'gptq', 24, null)).rejects.toThrow(
      /t: 23 tokens, and one window needs 24/,
    );
  });

  it('are the same whether the whole text is read or only its beginning', async () => {
    const long = textOfIds(Array.from({ length: 20_000 }, (_, i) => 3 + ((i * 7919) % 60))).text;
    const cutAt = (limit: number | null) => evaluationWindows(idTokenizer(1), long, 't', 'gptq', 24, limit);
    const [all, some] = [await cutAt(null), await cutAt(480)];
    expect(some.tokens).toBeLessThan(all.tokens);
    expect(some.ids).toEqual(all.ids.slice(0, 20));

    const folder = sharedModel('stories260K-f32');
    const texts = resolve(import.meta.dirname, '../../../shared/data/text');
    for (const name of folder && existsSync(texts) ? ['tinystories-head.txt', 'wiki.test.raw'] : []) {
      const tokenizer = await (await openFolder(folder ?? '')).tokenizer();
      const content = readFileSync(join(texts, name), 'utf8').slice(0, 300_000);
      const whole = tokenizer.encode(content, 'add');
      const cut = await evaluationWindows(tokenizer, content, name, 'gptq', 256, 10_240);
      expect(cut.tokens).toBeLessThan(whole.length);
      cut.ids.forEach((window, i) => expect([...window]).toEqual([...whole.subarray(i * 256, (i + 1) * 256)]));
    }
  });
});

describe('a stop', () => {
  it('is heard while a text is cut, however long that takes', async () => {
    let steps = 0;
    const endless: Tokenizer = {
      ...idTokenizer(1),
      *encodeSteps() {
        for (;;) {
          steps++;
          yield;
        }
      },
    };
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 0);
    await expect(evaluationWindows(endless, text, 't', 'gptq', 5, null, stop.signal)).rejects.toThrow(Cancelled);
    expect(steps).toBeGreaterThan(1);
    const before = steps;
    await expect(calibrationWindows(endless, text, 't', 5, 10, stop.signal)).rejects.toThrow(Cancelled);
    expect(steps).toBe(before);
  });
});

/** Sets of pictures as the page gives them to the engine. PNG files alone: others are the browser's to unpack (test/e2e/pictures.spec.ts). */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readPictureSet } from '../../src/formats/pictures/pictureSet';
import { pictureIdentity } from '../../src/lab/pictureWindows';
import { lookInto, readSet } from '../../src/worker/pictureSets';
import type { TextSource } from '../../src/worker/protocol';
import { Cancelled } from '../../src/util/errors';

const folder = resolve(import.meta.dirname, '../golden/photographs');
const png = (name: string, path = name) => ({ path, blob: new Blob([readFileSync(join(folder, name))]) });
const { signal } = new AbortController();

const source = (lines: readonly object[], ...pictures: readonly ReturnType<typeof png>[]): TextSource => ({
  label: 'My pictures',
  path: 'list.jsonl',
  blob: new Blob([lines.map((line) => JSON.stringify(line)).join('\n')]),
  pictures,
});

const lines = [
  { ask: '<image>q: {question} a: {answer}' },
  { image: 'profile.png', caption: 'a slope' },
  { image: 'in/clear.png', question: 'what?', answer: 'a disc' },
  { image: 'profile.png', question: 'how many?', answer: 'two', choices: ['one', 'two'] },
  { image: 'profile.png', question: 'where?', answer: 'here' },
];
const whole = source(lines, png('profile.png'), png('clear.png', 'in/clear.png'));

describe('a set of pictures', () => {
  it('is looked into: what is in it, how it is written, and some of it made small', async () => {
    const { samples, ...report } = await lookInto(whole, 1, signal);
    const templates = { caption: '<image>{caption}', question: lines[0]?.ask };
    expect(report).toEqual({ pictures: 2, captions: 1, questions: 3, templates });
    const [sample, ...more] = samples;
    expect(more).toEqual([]);
    expect(sample).toMatchObject({ image: 'profile.png', width: 101, height: 75 });
    // Two of its three texts, in their order.
    expect(sample?.texts).toEqual([{ told: 'a slope' }, { asked: 'how many?', told: 'two' }]);
    // Smaller than a sample, it is as it is.
    const rgb = readFileSync(join(folder, 'profile.png.rgb'));
    const { rgba, width } = sample?.thumbnail ?? { rgba: [], width: 0 };
    expect([width, rgba.length]).toEqual([101, 101 * 75 * 4]);
    expect(rgb.every((value, i) => rgba[Math.floor(i / 3) * 4 + (i % 3)] === value)).toBe(true);
  });

  it('is called as the command line calls it, but for its label', async () => {
    const task = await readSet(whole);
    const files = new Map(whole.pictures?.map((file) => [file.path, file]));
    const set = await readPictureSet(whole, (path) =>
      Promise.resolve(files.get(path) ?? Promise.reject(new Error(path))),
    );
    expect(pictureIdentity(task)).toEqual({ label: 'My pictures', text: pictureIdentity({ set }).text });
  });

  it('finds its pictures however their names are stored', async () => {
    const named = [{ image: './bl\u00fcte.png', caption: 'x' }];
    const found = await lookInto(source(named, png('clear.png', 'blu\u0308te.png')), 1, signal);
    expect(found.samples[0]?.image).toBe('./bl\u00fcte.png');
  });

  it('names the line of a picture that is not there, and the picture that is none', async () => {
    await expect(lookInto(source(lines, png('profile.png')), 0, signal)).rejects.toMatchObject({
      code: 'missing-picture',
      message: expect.stringMatching(
        /^My pictures, line 3: the picture "in\/clear.png" is not among the files/,
      ) as string,
    });
    await expect(readSet(source(lines, png('profile.png')))).rejects.toMatchObject({ code: 'missing-picture' });
    const none = { path: 'profile.png', blob: new Blob(['no picture']) };
    await expect(lookInto(source(lines.slice(0, 2), none), 0, signal)).rejects.toMatchObject({
      code: 'unsupported-picture',
      message: expect.stringContaining('profile.png: this is no PNG, JPEG or WebP picture') as string,
    });
    const cut = { path: 'profile.png', blob: png('profile.png').blob.slice(0, -20) };
    // Its head is sound: that it is cut is seen when it is unpacked.
    await expect(lookInto(source(lines.slice(0, 2), cut), 0, signal)).resolves.toMatchObject({ pictures: 1 });
    await expect(lookInto(source(lines.slice(0, 2), cut), 1, signal)).rejects.toMatchObject({ code: 'damaged-png' });
  });

  it('is left alone when it is no longer wanted', async () => {
    await expect(lookInto(whole, 1, AbortSignal.abort())).rejects.toBeInstanceOf(Cancelled);
  });
});

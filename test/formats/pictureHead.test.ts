/** What kind of picture a file is, and how large, from its beginning. */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readHead } from '../../src/formats/pictures/head';
import { readPng } from '../../src/formats/pictures/png';

const folder = resolve(import.meta.dirname, '../golden/photographs');
const file = (name: string) => new Uint8Array(readFileSync(join(folder, name)));
const sizes = JSON.parse(readFileSync(join(folder, 'sizes.json'), 'utf8')) as Record<string, [number, number]>;

describe('the head of a picture', () => {
  it.each(Object.entries(sizes))('%s: says its kind and size', (name, [width, height]) => {
    const kind = name.endsWith('jpg') ? 'jpeg' : name.split('.')[1];
    const head = readHead(file(name), name);
    // A photograph that is turned when it is shown says how it lies.
    const lies = name === 'turned.jpg' ? { width: height, height: width } : { width, height };
    expect(head).toEqual({ kind, ...lies });
  });

  it.each(Object.keys(sizes))('%s: cut anywhere before it is none', (name) => {
    const bytes = file(name);
    for (let length = 0; length < 24; length++) {
      const cut = bytes.subarray(0, length);
      expect(() => readHead(cut, name)).toThrow(/this is no PNG, JPEG or WebP picture, or it is cut short/);
    }
    // Wherever else: the same, or nothing.
    for (let length = 24; length < bytes.length; length += 7) {
      try {
        expect(readHead(bytes.subarray(0, length), name)).toEqual(readHead(bytes, name));
      } catch (error) {
        expect(error).toMatchObject({ code: 'unsupported-picture' });
      }
    }
  });

  it('of more pixels than are read is refused before they are unpacked', () => {
    const png = file('clear.png');
    new DataView(png.buffer).setUint32(16, 10_000);
    new DataView(png.buffer).setUint32(20, 10_000);
    expect(() => readHead(png, 'large.png')).toThrow(/large.png: 10000×10000 pixels; no more than 50000000 are read/);
    const jpeg = file('plain.jpg');
    const frame = jpeg.findIndex((byte, i) => byte === 0xff && jpeg[i + 1] === 0xc0);
    new DataView(jpeg.buffer).setUint16(frame + 5, 65_535);
    new DataView(jpeg.buffer).setUint16(frame + 7, 65_535);
    expect(() => readHead(jpeg, 'large.jpg')).toThrow(/65535×65535 pixels/);
  });
});

describe('PNG files as the page reads them', () => {
  it.each(['profile.png', 'clear.png'])(
    '%s: are Pillow’s pixels over white, whatever profile they name',
    async (name) => {
      const { rgb } = await readPng(file(name), name);
      expect(Buffer.from(rgb).equals(readFileSync(join(folder, `${name}.rgb`)))).toBe(true);
    },
  );
});

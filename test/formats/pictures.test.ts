/** Pictures: files, sizes, parts, ranges, and the text around them, against Pillow and transformers (test/golden/pictures.py). */
import { readFileSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Tokenizer } from '../../src/formats/checkpoint';
import { centreCrop, crop, padToSquare } from '../../src/formats/pictures/cut';
import type { Picture } from '../../src/formats/pictures/picture';
import { readPng } from '../../src/formats/pictures/png';
import { crc32 } from '../../src/formats/pictures/pngBytes';
import { readPreparation } from '../../src/formats/pictures/preparation';
import { prepare } from '../../src/formats/pictures/prepare';
import { idsAround, pictureText } from '../../src/formats/pictures/prompt';
import { resize, type Filter } from '../../src/formats/pictures/resize';
import type { JsonObject } from '../../src/formats/strictJson';
import { FormatError } from '../../src/util/errors';

const folder = resolve(import.meta.dirname, '../golden/pictures');
const file = (name: string) => new Uint8Array(readFileSync(join(folder, name)));

interface Cases {
  readonly resizes: readonly {
    readonly source: [number, number];
    readonly size: [number, number];
    readonly filter: Filter;
    readonly at: number;
  }[];
  readonly prepared: readonly {
    readonly name: string;
    readonly config: JsonObject;
    readonly source: [number, number];
    readonly shape: [number, number, number, number];
    readonly rows: number;
    readonly cols: number;
    readonly at: number;
  }[];
  readonly prompts: readonly { readonly rows: number; readonly cols: number; readonly text: string }[];
}
const cases = JSON.parse(readFileSync(join(folder, 'cases.json'), 'utf8')) as Cases;
const bytes = file('bytes.bin');

/** The formula of the script. */
function drawn(width: number, height: number): Picture {
  const rgb = Uint8Array.from({ length: 3 * width * height }, (_, i) => {
    const [x, y, c] = [Math.floor(i / 3) % width, Math.floor(i / 3 / width), i % 3];
    return Math.floor((3 * x * x + 5 * y * y + 7 * x * y * (c + 1) + 85 * c) / 8) % 256;
  });
  return { width, height, rgb };
}

/** The largest difference of two pictures, in grey levels. */
const difference = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  expect(a.length).toBe(b.length);
  let most = 0;
  for (let i = 0; i < a.length; i++) most = Math.max(most, Math.abs((a[i] as number) - (b[i] as number)));
  return most;
};

/** Without a change of range, so that pixels are grey levels. */
const raw = (config: JsonObject) => ({ ...config, do_rescale: false, do_normalize: false });

describe('resizing', () => {
  it.each(cases.resizes)(
    'by $filter from $source to $size is that of Pillow to the bit',
    ({ source, size, filter, at }) => {
      const { width, height, rgb } = resize(drawn(...source), ...size, filter);
      expect([width, height]).toEqual(size);
      expect(difference(rgb, bytes.subarray(at, at + rgb.length))).toBe(0);
    },
  );

  it('leaves a picture of that size as it is, and a plain one plain', () => {
    const picture = drawn(9, 7);
    expect(resize(picture, 9, 7, 'lanczos')).toBe(picture);
    const plain = { ...picture, rgb: new Uint8Array(picture.rgb.length).fill(201) };
    for (const filter of ['bilinear', 'bicubic', 'lanczos'] as const) {
      expect(new Set(resize(plain, 31, 3, filter).rgb)).toEqual(new Set([201]));
    }
  });
});

describe('parts', () => {
  it('are cut and framed by whole pixels', () => {
    const picture = drawn(7, 4);
    const part = centreCrop(picture, 4, 3);
    expect(part).toEqual(crop(picture, 1, 0, 4, 3));
    expect([...part.rgb.subarray(0, 3)]).toEqual([...picture.rgb.subarray(3, 6)]);
    const square = padToSquare(picture, [1, 2, 3]);
    expect([square.width, square.height]).toEqual([7, 7]);
    expect([...square.rgb.subarray(0, 3)]).toEqual([1, 2, 3]);
    expect(crop(square, 0, 1, 7, 4)).toEqual(picture);
    expect(padToSquare(part, [1, 2, 3]).rgb).toHaveLength(48);
  });
});

describe('pictures are prepared', () => {
  it.each(cases.prepared)('as transformers does: $name, $source', ({ config, source, shape, rows, cols, at }) => {
    const how = readPreparation(raw(config), 'preprocessor_config.json');
    const made = prepare(drawn(...source), how, config.do_image_splitting === false ? 'whole' : 'cut');
    expect([made.pictures, 3, made.height, made.width]).toEqual(shape);
    expect([made.tiles?.rows ?? 0, made.tiles?.cols ?? 0]).toEqual([rows, cols]);
    expect(difference(made.pixels, bytes.subarray(at, at + made.pixels.length))).toBe(0);
  });

  it('in the range that the model wants', () => {
    const [first] = cases.prepared;
    const want = new Float32Array(file('normalised.f32').buffer);
    const how = readPreparation(first?.config ?? {}, 'p');
    const { pixels } = prepare(drawn(...(first?.source ?? [1, 1])), how, 'whole');
    // One rounding of float32 at values below 3.
    expect(difference(pixels, want)).toBeLessThan(4e-7);
  });

  it('with the padding of the authors of LLaVA where that is asked for', () => {
    const clip = cases.prepared.find(({ name }) => name === 'clip')?.config ?? {};
    const padded = cases.prepared.find(({ name }) => name === 'llava-padded');
    const how = readPreparation(clip, 'p', 'pad');
    expect(how.square).toEqual([122, 116, 104]);
    const { pixels } = prepare(
      drawn(...(padded?.source ?? [1, 1])),
      { ...how, factor: 1, mean: [0, 0, 0], deviation: [1, 1, 1] },
      'whole',
    );
    expect(difference(pixels, bytes.subarray(padded?.at, (padded?.at ?? 0) + pixels.length))).toBe(0);
    expect(readPreparation(padded?.config ?? {}, 'p', 'crop').square).toBeNull();
  });

  it('by the defaults of their class, in old and new forms of the file', () => {
    const of = (json: JsonObject) => readPreparation(json, 'p');
    const clip = of({ image_processor_type: 'CLIPImageProcessor' });
    expect(clip).toMatchObject({
      size: { kind: 'shortest', edge: 224 },
      crop: { width: 224 },
      filter: 'bicubic',
      tile: null,
    });
    expect(of({ feature_extractor_type: 'CLIPFeatureExtractor', size: 224, crop_size: 224 })).toEqual(clip);
    expect(of({ image_processor: { image_processor_type: 'CLIPImageProcessorFast' }, image_seq_length: 9 })).toEqual(
      clip,
    );
    expect(of({ image_processor_type: 'SiglipImageProcessor' })).toMatchObject({
      size: { kind: 'exact', width: 224, height: 224 },
      crop: null,
      mean: [0.5, 0.5, 0.5],
    });
    const smol = {
      image_processor_type: 'Idefics3ImageProcessor',
      size: { longest_edge: 2048 },
      max_image_size: { longest_edge: 512 },
    };
    expect(of(smol)).toMatchObject({ size: { kind: 'longest', edge: 2048 }, tile: 512, filter: 'lanczos' });
  });

  it.each([
    [{}, /"image_processor_type" is .*; expected one of CLIPImageProcessor/],
    [{ image_processor_type: 'constructor' }, /expected one of CLIPImageProcessor/],
    [{ image_processor_type: 'CLIPImageProcessor', resample: 0 }, /"resample" is 0; expected 1 \(Lanczos\)/],
    [
      { image_processor_type: 'CLIPImageProcessor', size: { shortest_edge: 0 } },
      /"size" is .*; expected "height" and "width"/,
    ],
    [{ image_processor_type: 'CLIPImageProcessor', size: { shortest_edge: 9, longest_edge: 12 } }, /"size"/],
    [{ image_processor_type: 'CLIPImageProcessor', image_std: [1, 0, 1] }, /"image_std" is .* three numbers/],
    [{ image_processor_type: 'CLIPImageProcessor', do_resize: 'yes' }, /"do_resize" is "yes"; expected true or false/],
    [{ image_processor_type: 'CLIPImageProcessor', rescale_factor: 0 }, /"rescale_factor" is 0/],
    [
      { image_processor_type: 'SmolVLMImageProcessor', max_image_size: 9 },
      /"max_image_size" is 9; expected "longest_edge"/,
    ],
  ])('or not, by %j', (json, message) => {
    expect(() => readPreparation(json as JsonObject, 'preprocessor_config.json')).toThrow(message);
    expect(() => readPreparation(json as JsonObject, 'preprocessor_config.json')).toThrow(FormatError);
  });

  it('and refused where more is kept than there is', () => {
    const how = readPreparation({ image_processor_type: 'CLIPImageProcessor', size: 20, crop_size: 24 }, 'p');
    expect(() => prepare(drawn(40, 40), how, 'whole')).toThrow('20×20 pixels after resizing, and 24×24');
  });
});

describe('PNG', () => {
  const names = readdirSync(folder).filter((name) => name.endsWith('.rgb'));

  it.each(names)('is read as Pillow reads it, over white: %s', async (name) => {
    const { width, height, rgb } = await readPng(file(name.replace('.rgb', '.png')), name);
    expect([width, height]).toEqual([19, 14]);
    // Pillow rounds what lies over something in 8 bits.
    expect(difference(rgb, file(name))).toBeLessThanOrEqual(name.includes('alpha') || name.includes('clear') ? 1 : 0);
  });

  /** A part of a PNG file with its sum. */
  const part = (name: string, body: readonly number[]) => {
    const inside = [...Buffer.from(name, 'latin1'), ...body];
    const word = (value: number) => [24, 16, 8, 0].map((shift) => (value >>> shift) & 255);
    return [...word(body.length), ...inside, ...word(crc32(Uint8Array.from(inside)))];
  };
  const start = [...file('colour.png').subarray(0, 8)];
  const header = (width: number, height: number, rest: readonly number[]) =>
    part('IHDR', [...[width, height].flatMap((n) => [n >>> 24, (n >>> 16) & 255, (n >>> 8) & 255, n & 255]), ...rest]);

  it('of another kind, or damaged, is refused with the reason', async () => {
    const good = file('colour.png');
    const flipped = good.slice();
    flipped[60]! ^= 1;
    const palette = file('palette-4.png');
    const end = part('IEND', []);
    const refused: readonly (readonly [Uint8Array<ArrayBuffer>, string, RegExp])[] = [
      [Uint8Array.of(1, 2, 3), 'not-png', /no PNG file/],
      [good.slice(0, 100), 'damaged-png', /ends too early/],
      [flipped, 'damaged-png', /the sum of its part "IDAT" is wrong/],
      [file('sixteen.png'), 'unsupported-png', /16 bits a channel/],
      [Uint8Array.from([...start, ...header(1, 1, [8, 0, 0, 0, 1]), ...end]), 'unsupported-png', /interlaced/],
      [
        Uint8Array.from([...start, ...header(60_000, 60_000, [8, 2, 0, 0, 0]), ...end]),
        'too-large',
        /60000×60000 pixels/,
      ],
      [
        Uint8Array.from([...start, ...header(0, 1, [8, 2, 0, 0, 0]), ...end]),
        'damaged-png',
        /values that PNG does not know/,
      ],
      [
        Uint8Array.from([...start, ...header(1, 1, [8, 5, 0, 0, 0]), ...end]),
        'damaged-png',
        /values that PNG does not know/,
      ],
      [Uint8Array.from([...start, ...end]), 'damaged-png', /header is missing/],
      [
        Uint8Array.from([...start, ...header(2, 2, [8, 2, 0, 0, 0]), ...end]),
        'damaged-png',
        /do not unpack to the 2×2/,
      ],
      [
        Uint8Array.from([...palette.subarray(0, 33), ...palette.subarray(33 + 12 + 48)]),
        'damaged-png',
        /palette is missing/,
      ],
    ];
    for (const [data, code, message] of refused) {
      await expect(readPng(data, 'a.png'), code).rejects.toMatchObject({
        code,
        message: expect.stringMatching(message) as string,
      });
    }
  });

  it('whatever bytes change ends in a picture or in one of our errors', async () => {
    const good = file('palette-clear.png');
    for (let at = 0; at < good.length; at++) {
      const data = good.slice();
      data[at]! ^= 1 << (at % 8);
      const failure: unknown = await readPng(data, 'a.png').then(
        () => null,
        (error: unknown) => error,
      );
      if (failure !== null) expect(failure).toBeInstanceOf(FormatError);
    }
  });
});

describe('the text around a picture', () => {
  it.each(cases.prompts)('is that of SmolVLM: $rows × $cols', ({ rows, cols, text }) => {
    const tokens = { id: 7, features: 3, frame: 'framed' } as const;
    expect(pictureText(rows ? { rows, cols } : null, '<image>', tokens)).toBe(text);
  });

  /** Letters are their codes, "<image>" is 7. */
  const tokenizer = {
    decode: (ids: ArrayLike<number>) => (ids[0] === 7 ? '<image>' : ''),
    encode: (text: string) =>
      Uint32Array.from(
        text.split(/(<image>)/).flatMap((s) => (s === '<image>' ? [7] : [...s].map((c) => c.charCodeAt(0)))),
      ),
  } as unknown as Tokenizer;
  const tokens = { id: 7, features: 3, frame: 'bare' } as const;

  it('is only its places in LLaVA', () => {
    expect([...idsAround(tokenizer, 'A<image>B<image>', [null, null], tokens)]).toEqual([65, 7, 7, 7, 66, 7, 7, 7]);
    expect([...idsAround(tokenizer, 'A', [], tokens)]).toEqual([65]);
  });

  it('is encoded piece by piece around the mark of a picture that no token stands for', () => {
    const marked = { ...tokens, id: 300, mark: '<picture>' };
    const asked: [string, string][] = [];
    const noting = {
      ...tokenizer,
      encode: (text: string, special: 'add' | 'none') => {
        asked.push([text, special]);
        return tokenizer.encode(text, special);
      },
    };
    const places = [300, 300, 300];
    expect([...idsAround(noting, 'A<picture>B<picture>', [null, null], marked)]).toEqual([
      65,
      ...places,
      66,
      ...places,
    ]);
    expect(asked).toEqual([
      ['A', 'add'],
      ['B', 'none'],
      ['', 'none'],
    ]);
    expect(() => idsAround(tokenizer, 'A', [null], marked)).toThrow('0 places for pictures ("<picture>")');
  });

  it('has as many places as there are pictures, of a token that the tokenizer knows', () => {
    expect(() => idsAround(tokenizer, 'A<image>', [null, null], tokens)).toThrow(
      '1 places for pictures ("<image>"), and there are 2',
    );
    expect(() => idsAround(tokenizer, 'A', [], { ...tokens, id: 8 })).toThrow('has no text for id 8');
    const blind = { ...tokenizer, encode: () => Uint32Array.of(1, 2) };
    expect(() => idsAround(blind, '<image>', [null], tokens)).toThrow('takes "<image>" for other ids than id 7');
  });
});

/**
 * How a model wants its pictures, from preprocessor_config.json: which size, by which filter, which part, in which range. Prepared by
 * prepare.ts.
 */
import { FormatError } from '../../util/errors';
import { describe, isObject, type JsonObject } from '../strictJson';
import type { Filter } from './resize';

/** What a picture is resized to. */
export type Size =
  | { readonly kind: 'exact'; readonly width: number; readonly height: number }
  /** One edge is so long; the other follows. */
  | { readonly kind: 'shortest' | 'longest'; readonly edge: number };

export interface Preparation {
  /** Put in the middle of a square of this colour first; null where it is not. */
  readonly square: readonly number[] | null;
  readonly size: Size | null;
  readonly filter: Filter;
  /** What is kept of the middle. */
  readonly crop: { readonly width: number; readonly height: number } | null;
  /** Pictures become tiles of this side, or one square of it (Idefics3). */
  readonly tile: number | null;
  /** Values are multiplied by `factor`, less the mean, over the deviation: channel by channel. */
  readonly factor: number;
  readonly mean: readonly number[];
  readonly deviation: readonly number[];
}

interface Kind {
  readonly usual: JsonObject;
  /** What a number alone means as its size. */
  readonly edge: 'shortest' | 'exact';
  /** Whether `do_pad` puts pictures in the middle of squares. */
  readonly squares?: boolean;
  readonly tiles?: boolean;
}

const clip: Kind = {
  usual: {
    size: { shortest_edge: 224 },
    crop_size: { height: 224, width: 224 },
    resample: 3,
    do_center_crop: true,
    image_mean: [0.48145466, 0.4578275, 0.40821073],
    image_std: [0.26862954, 0.26130258, 0.27577711],
  },
  edge: 'shortest',
};
const halves = { image_mean: [0.5, 0.5, 0.5], image_std: [0.5, 0.5, 0.5] };
const tiles: Kind = {
  usual: { ...halves, size: { longest_edge: 4 * 364 }, max_image_size: { longest_edge: 364 }, resample: 1 },
  edge: 'exact',
  tiles: true,
};

/** By the class in transformers, without the end of its name that says how it computes. */
const kinds: Readonly<Record<string, Kind>> = {
  CLIPImageProcessor: clip,
  CLIPFeatureExtractor: clip,
  LlavaImageProcessor: { ...clip, squares: true },
  SiglipImageProcessor: { usual: { ...halves, size: { height: 224, width: 224 }, resample: 3 }, edge: 'exact' },
  Idefics3ImageProcessor: tiles,
  SmolVLMImageProcessor: tiles,
};

/** Numbers of Pillow's filters. */
const filters: Readonly<Record<number, Filter>> = { 1: 'lanczos', 2: 'bilinear', 3: 'bicubic' };

/** A side far above any model's. */
const longestSide = 16_384;

/**
 * From the parsed preprocessor_config.json, or processor_config.json, which holds the same under "image_processor". `square` puts pictures in the
 * middle of a square before they are resized, as the authors of LLaVA do, or does not; as the file says when left out. FormatError names
 * field, found and expected.
 */
export function readPreparation(json: JsonObject, where: string, square?: 'pad' | 'crop'): Preparation {
  if (isObject(json.image_processor)) return readPreparation(json.image_processor, where, square);
  const fail = (field: string, expected: string) =>
    new FormatError(
      'preprocessor',
      `${where}: "${field}" is ${describe(json[field])}; expected ${expected}. Use the file that was published with this model.`,
      { file: where, field, expected },
    );
  const named = json.image_processor_type ?? json.feature_extractor_type;
  const name = typeof named === 'string' ? named.replace(/(Fast|Pil)$/, '') : '';
  const kind = Object.hasOwn(kinds, name) ? kinds[name] : undefined;
  if (!kind) throw fail('image_processor_type', `one of ${Object.keys(kinds).join(', ')}`);

  const given = (field: string) => json[field] ?? kind.usual[field];
  const flag = (field: string, fallback: boolean) => {
    const value = given(field) ?? fallback;
    if (typeof value !== 'boolean') throw fail(field, 'true or false');
    return value;
  };
  const isSide = (value: unknown): value is number =>
    Number.isInteger(value) && (value as number) >= 1 && (value as number) <= longestSide;
  const sizeOf = (field: string, edge: Kind['edge']): Size => {
    const value = given(field);
    if (isSide(value)) {
      return edge === 'shortest' ? { kind: 'shortest', edge: value } : { kind: 'exact', width: value, height: value };
    }
    if (isObject(value)) {
      const { shortest_edge, longest_edge, width, height } = value;
      if (isSide(width) && isSide(height)) return { kind: 'exact', width, height };
      if (isSide(shortest_edge) && longest_edge === undefined) return { kind: 'shortest', edge: shortest_edge };
      if (isSide(longest_edge) && shortest_edge === undefined) return { kind: 'longest', edge: longest_edge };
    }
    throw fail(field, `"height" and "width", "shortest_edge" or "longest_edge", from 1 to ${longestSide}`);
  };
  const three = (field: string, least: number): readonly number[] => {
    const value = given(field);
    const list: readonly unknown[] = Array.isArray(value) ? value : [value, value, value];
    const fits = (one: unknown): one is number => typeof one === 'number' && one >= least && one <= 1e6;
    if (list.length !== 3 || !list.every(fits)) throw fail(field, 'three numbers, one for each of red, green and blue');
    return list;
  };

  const filter = filters[given('resample') as number];
  if (!filter) throw fail('resample', '1 (Lanczos), 2 (bilinear) or 3 (bicubic)');
  const mean = three('image_mean', -1e6);
  const deviation = three('image_std', 1e-6);
  const normalises = flag('do_normalize', true);
  const factor = flag('do_rescale', true) ? (given('rescale_factor') ?? 1 / 255) : 1;
  if (typeof factor !== 'number' || !(factor > 0 && factor <= 1e6)) throw fail('rescale_factor', 'a number above 0');
  const cropped = flag('do_center_crop', false) ? sizeOf('crop_size', 'exact') : null;
  if (cropped && cropped.kind !== 'exact') throw fail('crop_size', '"height" and "width"');
  const tile = kind.tiles ? sizeOf('max_image_size', 'exact') : null;
  if (tile && tile.kind !== 'longest') throw fail('max_image_size', '"longest_edge"');
  const pads = square === undefined ? kind.squares === true && flag('do_pad', false) : square === 'pad';
  return {
    square: pads ? mean.map((value) => Math.trunc(value * 255)) : null,
    size: flag('do_resize', true) ? sizeOf('size', kind.edge) : null,
    filter,
    crop: cropped,
    tile: tile?.edge ?? null,
    factor,
    mean: normalises ? mean : [0, 0, 0],
    deviation: normalises ? deviation : [1, 1, 1],
  };
}

/** One cell of the table of changes of basis: what is changed in which golden, and what becomes of the logits. */
import { expect } from 'vitest';
import { modelLogits } from '../../../src/model/modelLogits';
import { openModel } from '../../../src/model/openModel';
import { createRng, type Rng } from '../../../src/util/rng';
import { testGpu } from '../../gpu';
import { openGolden, type HostModel } from '../../model/hostModel';
import { goldenModel, openFolder } from '../../model/folder';
import { goldenPictures } from '../../model/pictures';
import { nmse } from '../../opCase';

export interface Cell {
  /** What is changed, in words. */
  readonly change: string;
  readonly golden: string;
  readonly edit: Edit;
  /** How far the logits come to lie from those of the model, relative: a figure, or the least and the most of several models. Left out where they stay. */
  readonly shows?: Figure;
  /** What the golden's layers are multiplied by first: its matrices are of 1.5 / √inputs, and some figures are of smaller ones. 1 when left out. */
  readonly layers?: number;
}

export type Edit = (model: HostModel, rng: Rng) => void | Promise<void>;
export type Figure = number | readonly [least: number, most: number];

/** The same change in several goldens. */
export const cells = (goldens: readonly string[], change: string, edit: Edit, shows?: Figure): Cell[] =>
  goldens.map((golden) => ({ golden, change, edit, ...(shows !== undefined && { shows }) }));

/** Of logits that stay: what rounding leaves, in float64 (measured: up to 1e-13) and in float32 (up to 1.5e-6). */
const exact = { float64: 1e-11, float32: 1e-5 };
/** Of those that do not: least of all, and how far from the figure, which is of other weights. */
const shown = 1e-3;
const order = 4;

const ids = (() => {
  const rng = createRng(11);
  return Uint32Array.from({ length: 24 }, () => 2 + rng.integer(58));
})();

interface Golden {
  readonly model: HostModel;
  readonly logits: Float64Array;
}

const opened = new Map<string, Promise<Golden>>();

/** The golden with its pictures, where it has some. */
async function open(name: string, layers: number): Promise<Golden> {
  const pictures = goldenPictures(name);
  const window = pictures ? Uint32Array.from(pictures.windows[0] ?? []) : ids;
  const gpu = await testGpu();
  const pixels = pictures?.pixels[0];
  const model = await openGolden(gpu, name, window, pixels);
  // Embedding and head are the product's too.
  const product = await modelLogits(gpu, await openModel(gpu, await openFolder(goldenModel(name))), window, pixels);
  expect(Math.sqrt(nmse(product, await model.exactLogits()))).toBeLessThanOrEqual(exact.float32);
  for (const block of model.blocks) {
    for (const { name } of block.sites.flatMap((site) => site.layers)) {
      const { values } = block.tensor(name);
      values.forEach((v, i) => (values[i] = layers * v));
    }
  }
  return { model, logits: await model.exactLogits() };
}

/** Applies the change of the cell to its golden, and expects of the logits what the cell says. */
export async function hold({ change, golden, edit, shows, layers = 1 }: Cell): Promise<void> {
  const key = `${golden} ${layers}`;
  const found = opened.get(key) ?? open(golden, layers);
  opened.set(key, found);
  const { model, logits } = await found;
  const changed = model.copy();
  await edit(changed, createRng(7).fork(`${golden} ${change}`));
  const apart = (other: Float64Array) => Math.sqrt(nmse(other, logits));
  const float64 = apart(await changed.exactLogits());
  const float32 = apart(await changed.logits(await testGpu()));
  if (shows === undefined) {
    expect(float64).toBeLessThanOrEqual(exact.float64);
    expect(float32).toBeLessThanOrEqual(exact.float32);
    return;
  }
  const [least, most] = typeof shows === 'number' ? [shows, shows] : shows;
  for (const got of [float64, float32]) {
    expect(got).toBeGreaterThan(Math.max(shown, least / order));
    expect(got).toBeLessThan(most * order);
  }
}

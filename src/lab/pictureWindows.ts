/** A set of pictures as windows for evaluation: every picture looked at once, its features kept in main memory, and the texts that stand behind it. */
import type { Checkpoint } from '../formats/checkpoint';
import type { PictureSet } from '../formats/pictures/pictureSet';
import { readPreparation, type Preparation } from '../formats/pictures/preparation';
import { prepare, type Tiles } from '../formats/pictures/prepare';
import type { Gpu } from '../gpu/gpu';
import type { Model, Tower } from '../model/model';
import { requireTower } from '../model/modelLogits';
import {
  checkTemplates,
  sequencesOf,
  usualTemplates,
  windowsOf,
  type Sequence,
  type Templates,
} from '../measures/sequences';
import type { Windows } from '../measures/windows';
import { readMatrix } from '../tensor/matrix';
import { present } from '../util/assert';
import { concat } from '../util/concat';
import { FormatError } from '../util/errors';

/** Pictures for an evaluation, and how it is done. */
export interface PictureTask {
  readonly set: PictureSet;
  /** As usual when left out. */
  readonly templates?: Templates;
  /** Whether large pictures are looked at tile by tile, too, where the model knows tiles; `whole` when left out. */
  readonly tiles?: 'cut' | 'whole';
}

export interface PictureInput {
  readonly gpu: Gpu;
  readonly model: Model;
  readonly checkpoint: Checkpoint;
  readonly task: PictureTask;
  /** The record's own picture, or another of the set in its place. */
  readonly which: 'own' | 'others';
  /** Tokens of a text with its picture, at most. */
  readonly context: number;
  /** Tokens of all of them, in whole records, at least one; null for all. */
  readonly maxTokens: number | null;
  readonly signal: AbortSignal;
}

/**
 * FormatError where the model looks at no pictures, the checkpoint does not say how they are prepared, a picture cannot be read or is of another
 * size than the tower's when prepared, a text is too long, or there is no other picture; Cancelled soon after the signal.
 */
export async function pictureWindows(input: PictureInput): Promise<Windows> {
  const { model, checkpoint, task, context, maxTokens } = input;
  const { set, templates = usualTemplates } = task;
  const tower = requireTower(model);
  checkTemplates(templates);
  const tokenizer = await checkpoint.tokenizer();
  const how = await preparationOf(checkpoint);
  const images = [...new Set(set.records.map(({ image }) => image))];
  const shown = (image: string) => (input.which === 'own' ? image : otherThan(image, images, set.label));
  const looks = new Looks(input, tower, how);
  const sequences: Sequence[] = [];
  let tokens = 0;
  for (const [question, record] of set.records.entries()) {
    const tiles = await looks.take(shown(record.image));
    const own = sequencesOf(tokenizer, record, question, tower, tiles, templates);
    tokens += own.reduce((sum, { ids }) => sum + ids.length, 0);
    if (maxTokens !== null && tokens > maxTokens && sequences.length > 0) break;
    sequences.push(...own);
  }
  const seen = await looks.all();
  const features = sequences.map(({ image }) => present(seen.get(shown(image)), image));
  return { ...windowsOf(tokenizer, sequences, context, set.label), features };
}

async function preparationOf(checkpoint: Checkpoint): Promise<Preparation> {
  if (!checkpoint.preprocessor) {
    throw new FormatError(
      'no-preprocessor',
      `${checkpoint.name}: this kind of checkpoint does not say how pictures are prepared.`,
    );
  }
  const { json, file } = await checkpoint.preprocessor();
  return readPreparation(json, file);
}

/** Bytes of pixels that are looked at together: the tower is read once for all of them. */
const lookBytes = 64 * 2 ** 20;

/** Pictures on their way to the tower, many at a time. */
class Looks {
  readonly #tiles = new Map<string, Tiles | null>();
  readonly #seen = new Map<string, Float32Array<ArrayBuffer>>();
  #waiting: { readonly image: string; readonly pixels: Float32Array; readonly rows: number }[] = [];

  constructor(
    readonly input: PictureInput,
    readonly tower: Tower,
    readonly how: Preparation,
  ) {}

  /** Prepares a picture, unless it was, and says how it is cut. */
  async take(image: string): Promise<Tiles | null> {
    const { input, tower, how } = this;
    const known = this.#tiles.get(image);
    if (known !== undefined) return known;
    const made = prepare(await input.task.set.picture(image), how, input.task.tiles ?? 'whole');
    const { pixels, pictures, width, height, tiles } = made;
    if (width !== tower.side || height !== tower.side) {
      throw new FormatError(
        'wrong-picture-size',
        `${image} is ${width}×${height} pixels when it is prepared, and this model looks at ${tower.side}×${tower.side}. Use the preprocessor_config.json that was published with this model.`,
        { file: image, found: `${width}×${height}`, expected: `${tower.side}×${tower.side}` },
      );
    }
    this.#tiles.set(image, tiles);
    this.#waiting.push({ image, pixels, rows: pictures * tower.features });
    if (this.#waiting.reduce((sum, { pixels }) => sum + pixels.byteLength, 0) >= lookBytes) await this.#look();
    return tiles;
  }

  /** Features of every picture that was taken, [places, hidden]. */
  async all(): Promise<ReadonlyMap<string, Float32Array<ArrayBuffer>>> {
    if (this.#waiting.length > 0) await this.#look();
    return this.#seen;
  }

  async #look(): Promise<void> {
    const { gpu, signal } = this.input;
    const waiting = this.#waiting;
    this.#waiting = [];
    using scope = gpu.scope('look');
    const features = await this.tower.look(scope, concat(waiting.map(({ pixels }) => pixels)));
    const expected = waiting.reduce((sum, { rows }) => sum + rows, 0);
    if (features.rows !== expected) {
      throw new FormatError(
        'blank-picture',
        `one of ${waiting.map(({ image }) => image).join(', ')} is zeros alone when it is prepared, which this model takes for no picture. Leave it out.`,
        { found: features.rows, expected },
      );
    }
    const values = await readMatrix(gpu, features);
    let end = 0;
    for (const { image, rows } of waiting) this.#seen.set(image, values.slice(end, (end += rows * features.cols)));
    await gpu.pace(signal);
  }
}

/** The next picture of the set; FormatError where there is but one. */
function otherThan(image: string, images: readonly string[], label: string): string {
  if (images.length > 1) return present(images[(images.indexOf(image) + 1) % images.length], image);
  throw new FormatError('one-picture', `${label}: there is only one picture, and no other to put in its place.`);
}

/**
 * A set of pictures as windows for evaluation, and as passages for calibration: every picture looked at once, its features kept in main memory, and
 * the texts that stand behind it.
 */
import type { Checkpoint } from '../formats/checkpoint';
import type { PictureRecord, PictureSet } from '../formats/pictures/pictureSet';
import { readPreparation, type Preparation } from '../formats/pictures/preparation';
import { prepare, type Tiles } from '../formats/pictures/prepare';
import type { LabelledText } from '../formats/text';
import type { Gpu } from '../gpu/gpu';
import type { Model, Tower } from '../model/model';
import { requireTower } from '../model/modelLogits';
import {
  checkTemplates,
  requireFit,
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
import { Cancelled, FormatError } from '../util/errors';

/** Pictures for an evaluation or calibration, and how they are written. */
export interface PictureTask {
  readonly set: PictureSet;
  /** As the set says when left out, and as usual where it says nothing. */
  readonly templates?: Partial<Templates>;
  /** Whether large pictures are looked at tile by tile, too, where the model knows tiles; `whole` when left out. */
  readonly tiles?: 'cut' | 'whole';
}

/** How the lines of a set are written. */
export const templatesOf = ({
  set,
  templates,
}: Pick<PictureTask, 'templates'> & { readonly set: Pick<PictureSet, 'wording'> }): Templates => ({
  ...usualTemplates,
  ...set.wording,
  ...templates,
});

/** What is read when pictures are: their texts as they are written, so that other templates, or tiles, are another text. */
export function pictureIdentity(task: PictureTask): LabelledText {
  const { caption, question } = templatesOf(task);
  const cut = task.tiles === 'cut' ? ['cut in tiles'] : [];
  return { label: task.set.label, text: [task.set.identity, caption, question, ...cut].join('\n') };
}

export interface PictureInput {
  readonly gpu: Gpu;
  readonly model: Model;
  readonly checkpoint: Checkpoint;
  readonly task: PictureTask;
  /** Tokens of a text with its picture, at most. */
  readonly context: number;
  readonly signal: AbortSignal;
}

export interface PictureEvaluation extends PictureInput {
  /** The record's own picture, or another of the set in its place. */
  readonly which: 'own' | 'others';
  /** Tokens of all of them, in whole records, at least one; null for all. */
  readonly maxTokens: number | null;
}

/**
 * FormatError where the model looks at no pictures, the checkpoint does not say how they are prepared, a picture cannot be read or is of another
 * size than the tower's when prepared, a text is too long, or there is no other picture; Cancelled soon after the signal.
 */
export async function pictureWindows(input: PictureEvaluation): Promise<Windows> {
  const { task, context, maxTokens } = input;
  const { set } = task;
  const images = [...new Set(set.records.map(({ image }) => image))];
  const other = (image: string) => otherThan(image, images, set.label);
  const { tokenizer, looks, textsOf } = await opened(input);
  const sequences: Sequence[] = [];
  let tokens = 0;
  for (const [question, record] of set.records.entries()) {
    const { image } = record;
    const own = await textsOf(record, question, input.which === 'own' ? image : other(image));
    tokens += tokensOf(own);
    if (maxTokens !== null && tokens > maxTokens && sequences.length > 0) break;
    // Behind another picture, too, right after it: what the difference is, the picture has told.
    const twins = input.which === 'own' && images.length > 1 ? await textsOf(record, question, other(image)) : [];
    for (const [i, sequence] of own.entries()) {
      sequences.push(sequence);
      const twin = sequence.choice?.right === false ? undefined : twins[i];
      if (twin) sequences.push({ ...twin, choice: null, other: true });
    }
  }
  const seen = await looks.all();
  const features = sequences.map(({ image }) => present(seen.get(image), image));
  return { ...windowsOf(tokenizer, sequences, context, set.label), features };
}

/** One text behind one picture, for calibration: nothing stands before or behind it. */
export interface Passage {
  readonly ids: Uint32Array;
  /** Of its picture, [places, hidden] f32, in the order of the places. */
  readonly features: Float32Array<ArrayBuffer>;
}

/** Passages of calibration, and whether the set had no more. */
export interface Passages {
  readonly parts: readonly (readonly Passage[])[];
  readonly supply: 'enough' | 'all';
}

/**
 * For `draws` disjoint parts of the set, each of whole records of at most `tokens` tokens, at least one: captions, and questions with their right
 * answers. Errors as of `pictureWindows`; FormatError where the set has too few records for so many parts.
 */
export async function picturePassages(input: PictureInput, tokens: number, draws: number): Promise<Passages> {
  const { context, task } = input;
  const { looks, textsOf } = await opened(input);
  const parts: Sequence[][] = [];
  let [filled, supply]: [number, Passages['supply']] = [Infinity, 'all'];
  for (const [question, record] of task.set.records.entries()) {
    const own = await textsOf(record, question, record.image);
    const told = own.filter(({ choice }) => choice?.right !== false);
    requireFit(told, context, task.set.label);
    if (filled + tokensOf(told) > tokens) {
      if (parts.length === draws) {
        supply = 'enough';
        break;
      }
      parts.push([]);
      filled = 0;
    }
    filled += tokensOf(told);
    parts.at(-1)?.push(...told);
  }
  if (parts.length < draws) {
    const found = parts.reduce((sum, part) => sum + tokensOf(part), 0);
    throw new FormatError(
      'too-few-pictures',
      `${task.set.label}: ${found} tokens with their pictures, and ${draws} parts of ${tokens} were asked for. Choose fewer parts, fewer calibration tokens or a larger set.`,
      { tokens: found, needed: tokens * draws },
    );
  }
  const seen = await looks.all();
  const passage = ({ ids, image }: Sequence): Passage => ({ ids, features: present(seen.get(image), image) });
  return { parts: parts.map((part) => part.map(passage)), supply };
}

const tokensOf = (sequences: readonly Sequence[]): number => sequences.reduce((sum, { ids }) => sum + ids.length, 0);

/** A model that looks and a set that is shown to it: the texts of a record behind a picture, which is then on its way to the tower. */
async function opened(input: PictureInput) {
  const { model, checkpoint, task } = input;
  const templates = templatesOf(task);
  const tower = requireTower(model);
  checkTemplates(templates);
  const tokenizer = await checkpoint.tokenizer();
  const looks = new Looks(input, tower, await preparationOf(checkpoint));
  const textsOf = async (record: PictureRecord, question: number, image: string): Promise<readonly Sequence[]> => {
    const tiles = await looks.take(image);
    return sequencesOf(tokenizer, { ...record, image }, question, tower, tiles, templates);
  };
  return { tokenizer, looks, textsOf };
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
    if (input.signal.aborted) throw new Cancelled();
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
    const features = await this.tower.look(scope, concat(waiting.map(({ pixels }) => pixels)), signal);
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

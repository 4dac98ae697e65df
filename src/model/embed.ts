/** Token ids → hidden states before the first block: rows of the embedding, from a table on the GPU or of the checkpoint only those that occur. */
import type { TensorEntry } from '../formats/checkpoint';
import type { Scope } from '../gpu/buffers';
import type { Gpu } from '../gpu/gpu';
import { addInto } from '../tensor/elementwise';
import { matmul } from '../tensor/matmul';
import { rowRange, uploadMatrix, type Matrix } from '../tensor/matrix';
import { gather } from '../tensor/nn/gather';
import { scaleCap } from '../tensor/nn/scaleCap';
import { assert } from '../util/assert';
import { FormatError } from '../util/errors';
import type { EmbedPlan } from './blueprint';
import type { Tower } from './model';
import { readFloats, readRows, storedAs, uploadTensor } from './weights';
import { toFloats } from '../formats/toFloats';

/** FormatError when an id lies outside the vocabulary: the tokenizer does not fit the model. */
export function checkIds(ids: Uint32Array, vocabulary: number): void {
  const wrong = ids.find((id) => id >= vocabulary);
  if (wrong === undefined) return;
  throw new FormatError(
    'id-outside-vocabulary',
    `token id ${wrong} is outside the model's vocabulary of ${vocabulary}. Check that tokenizer.json belongs to this model.`,
    { found: wrong, expected: vocabulary },
  );
}

/** Rows `ids` of a table [vocabulary, hidden] on the GPU: [ids, hidden] f32. */
export function embedFrom(gpu: Gpu, scope: Scope, table: Matrix, ids: Uint32Array): Matrix {
  checkIds(ids, table.rows);
  using local = gpu.scope('embed');
  return gather(gpu, scope, table, uploadMatrix(local, ids, ids.length, 1, 'ids'));
}

/** Rows `ids` of the stored embedding, whose type and shape the caller has checked: [ids, hidden] f32. */
export async function embedStored(gpu: Gpu, scope: Scope, entry: TensorEntry, ids: Uint32Array): Promise<Matrix> {
  const [vocabulary = 0, hidden = 0] = entry.shape;
  checkIds(ids, vocabulary);
  const used = [...new Set(ids)].sort((a, b) => a - b);
  const place = new Map(used.map((id, i) => [id, i]));
  const bytes = await readRows(entry, used);
  const type = storedAs(entry, hidden);
  using local = gpu.scope('embed');
  const content = type === 'f32' ? toFloats(bytes, entry.type) : bytes;
  const table = uploadMatrix(local, content, used.length, hidden, 'embedding rows', type);
  return embedFrom(
    gpu,
    scope,
    table,
    ids.map((id) => place.get(id) ?? 0),
  );
}

/** What becomes of the rows of the table. */
export interface Widening {
  /** P [hidden, width]: rows that are narrower than the stream are multiplied by it. */
  readonly project?: TensorEntry;
  readonly factor?: number;
  readonly scales?: EmbedPlan['scales'];
  /** [rows, hidden], position 0 at row `first`. */
  readonly positions?: { readonly entry: TensorEntry; readonly first: number };
}

/** Places among the ids that features of pictures take. */
export interface Seen {
  /** [features, hidden]. */
  readonly features: Matrix;
  /** Runs of ids that stand for them. */
  readonly runs: readonly (readonly [begin: number, end: number])[];
}

/** FormatError when there are more or fewer features than ids that stand for them. */
export function seenIn(ids: Uint32Array, { id }: Pick<Tower, 'id'>, features: Matrix): Seen {
  const runs: [number, number][] = [];
  let places = 0;
  for (const [at, own] of ids.entries()) {
    if (own !== id) continue;
    places++;
    const last = runs.at(-1);
    if (last?.[1] === at) last[1]++;
    else runs.push([at, at + 1]);
  }
  if (places === features.rows) return { features, runs };
  throw new FormatError(
    'wrong-pictures',
    `the ids have ${places} places for pictures (id ${id}), and the pictures make ${features.rows} features. Put id ${id} as often as all pictures together have features.`,
    { found: places, expected: features.rows },
  );
}

/** Rows [ids, width] of the table, in windows of `length` tokens, as hidden states [ids, hidden] f32: the rows themselves where nothing becomes of them. */
export async function widened(
  gpu: Gpu,
  scope: Scope,
  rows: Matrix,
  length: number,
  { project, factor = 1, scales = 'rows', positions }: Widening,
  seen?: Seen,
): Promise<Matrix> {
  using local = gpu.scope('embed');
  const hidden = project
    ? matmul(gpu, scope, rows, await uploadTensor(gpu, local, project), { label: 'embedding' })
    : rows;
  const place = () => seen && placeFeatures(gpu, hidden, seen);
  if (scales === 'all') place();
  scaleCap(gpu, hidden, factor);
  if (scales === 'rows') place();
  if (positions) addInto(gpu, hidden, await placesOf(gpu, local, hidden.rows, length, positions));
  return hidden;
}

/** Writes the features over the rows that stand for them, in order. */
function placeFeatures(gpu: Gpu, hidden: Matrix, { features, runs }: Seen): void {
  assert(features.cols === hidden.cols, `features of ${features.cols} columns for ${hidden.cols}`);
  let taken = 0;
  for (const [begin, end] of runs) {
    const from = rowRange(features, taken, taken + end - begin);
    gpu.copy(from.view, rowRange(hidden, begin, end).view);
    taken += end - begin;
  }
}

/** The row of its position for every token, [tokens, hidden]. FormatError where a window is longer than there are positions. */
async function placesOf(
  gpu: Gpu,
  scope: Scope,
  tokens: number,
  length: number,
  { entry, first }: Required<Widening>['positions'],
): Promise<Matrix> {
  const [rows = 0, hidden = 0] = entry.shape;
  if (length > rows - first) {
    throw new FormatError(
      'too-few-positions',
      `windows of ${length} tokens, and the model has learned ${rows - first} positions ("${entry.name}"). Choose a context of at most ${rows - first}.`,
      { found: length, expected: rows - first, tensor: entry.name },
    );
  }
  const table = uploadMatrix(scope, await readFloats(entry, first, first + length), length, hidden, 'positions');
  const places = Uint32Array.from({ length: tokens }, (_, t) => t % length);
  return gather(gpu, scope, table, uploadMatrix(scope, places, tokens, 1, 'places'));
}

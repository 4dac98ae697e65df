/** Token ids → rows of the embedding: from a table on the GPU, or reading of the checkpoint only the rows that occur. */
import type { TensorEntry } from '../formats/checkpoint';
import type { Scope } from '../gpu/buffers';
import type { Gpu } from '../gpu/gpu';
import { uploadMatrix, type Matrix } from '../tensor/matrix';
import { gather } from '../tensor/nn/gather';
import { FormatError } from '../util/errors';
import { readRows, storedAs } from './weights';
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

/** Tensors by ranges of their bytes: what a reader gives for each tensor it finds. Rows are cut here, alike for all of them. */
import { assert } from '../util/assert';
import type { StoredTensor, TensorEntry } from './checkpoint';
import { storedBytes } from './storedType';

/**
 * `readBytes` gives bytes [begin, end) of the tensor's values in its type, little-endian, the last dimension running fastest: a slice of the
 * file, or what a reader makes of the file's own code. The caller has checked that the file holds them.
 */
export function storedTensor(
  { name, type, shape, file }: Pick<TensorEntry, 'name' | 'type' | 'shape' | 'file'>,
  readBytes: StoredTensor['readBytes'],
): StoredTensor {
  const rows = shape[0] ?? 1;
  const bytes = shape.reduce((product, size) => product * size, storedBytes[type]);
  return {
    name,
    type,
    shape: Object.freeze([...shape]),
    bytes,
    file,
    read(begin = 0, end = rows) {
      assert(0 <= begin && begin <= end && end <= rows, `rows [${begin}, ${end}) of ${name}, which has ${rows}`);
      const row = rows === 0 ? 0 : bytes / rows;
      return readBytes(begin * row, end * row);
    },
    readBytes,
  };
}

/** One of the slabs of a tensor [slabs, …] as a tensor of its own: its bytes lie together. */
export function slabOf(whole: StoredTensor, at: number): StoredTensor {
  const [slabs = 0, ...shape] = whole.shape;
  assert(at >= 0 && at < slabs, `slab ${at} of ${whole.name}, which has ${slabs}`);
  const first = (whole.bytes / slabs) * at;
  return storedTensor({ ...whole, name: `${whole.name}[${at}]`, shape }, (begin, end) =>
    whole.readBytes(first + begin, first + end),
  );
}

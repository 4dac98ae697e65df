/** A model as text: a line of JSON with config and tokenizer, then a line for each tensor, with name, shape and values ("w 2x1 0.5 -3"). */
import { FormatError } from '../../../src/util/errors';
import type { SourceFile, StoredTensor } from '../../../src/formats/checkpoint';
import { createCheckpoint } from '../../../src/formats/createCheckpoint';
import type { Reader } from '../../../src/formats/reader';
import { decodeUtf8, readWhole } from '../../../src/formats/sourceFile';
import { storedTensor } from '../../../src/formats/storedTensor';
import { isObject, parseJsonObject } from '../../../src/formats/strictJson';
import { openTokenizer } from '../../../src/formats/tokenizer';

const isToy = (path: string) => path.endsWith('.toy');

/** A toy is read whole, and text takes about four times the bytes of its values. */
const MAX_BYTES = 4_000_000;

export const reader: Reader = {
  name: 'toy',
  label: 'a toy file',
  knownBy: 'a .toy file',
  form: 'a .toy file',
  standing: 'converted',
  match(paths) {
    const by = paths.find(isToy);
    return by === undefined ? null : { found: 'whole', by };
  },
  async open({ visible }) {
    const [file, another] = [...visible.values()].filter(({ path }) => isToy(path));
    if (!file || another) {
      throw new FormatError('several-checkpoints', 'several .toy files lie here. Open one model at a time.');
    }
    const bytes = await readWhole(file, MAX_BYTES, 'a toy file');
    const [first = '', ...lines] = decodeUtf8(bytes, file.path).trim().split('\n');
    const { config, tokenizer } = parseJsonObject(new TextEncoder().encode(first), `${file.path} (line 1)`, 'any');
    if (!isObject(config) || !isObject(tokenizer)) throw wrongLine(file, 1, 'an object with config and tokenizer');
    return createCheckpoint({
      name: file.path.slice(file.path.lastIndexOf('/') + 1, -'.toy'.length),
      config,
      tensors: lines.map((line, at) => tensorOf(file, line, at + 2)),
      tokenizer: () => openTokenizer(tokenizer, {}, config),
    });
  },
};

function tensorOf(file: SourceFile, line: string, number: number): StoredTensor {
  const [name = '', dimensions = '', ...values] = line.split(' ');
  const shape = dimensions.split('x').map(Number);
  const floats = Float32Array.from(values, Number);
  if (floats.length !== shape.reduce((product, size) => product * size, 1)) {
    throw wrongLine(file, number, `the values of a tensor ${dimensions}`);
  }
  const bytes = new Uint8Array(floats.buffer);
  return storedTensor({ name, type: 'F32', shape, file: file.path }, (begin, end) =>
    Promise.resolve(bytes.slice(begin, end)),
  );
}

const wrongLine = ({ path }: SourceFile, number: number, expected: string) =>
  new FormatError('bad-toy', `${path}, line ${number}: ${expected} was expected. Write the file anew.`, { file: path });

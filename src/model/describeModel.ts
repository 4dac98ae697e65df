/** What the headers alone tell: checks that every tensor is there in the shape that the config asks for, adds up, and judges. */
import type { Checkpoint, TensorEntry } from '../formats/checkpoint';
import { requireTensor } from '../formats/openCheckpoint';
import { widestMoment } from '../tensor/gram';
import { elementBytes } from '../tensor/matrix';
import { blockPrefix, blockTensors, outerTensors, sitesOf } from './blueprint';
import type { BlockSize, ModelCard, Verdict } from './card';
import type { ModelConfig } from './config';
import { parseConfig } from './parseConfig';
import { storedAs } from './weights';

/** What the adapter allows; left out, nothing is refused. */
export interface AdapterLimits {
  /** Bytes of one buffer. */
  readonly maxBufferSize?: number;
}

/** Weights up to this size can stay on the GPU of nearly every machine beside the work on them; larger models stream block by block. */
const residentBytes = 2 ** 30;

const size = (name: string, entries: readonly TensorEntry[]): BlockSize => ({
  name,
  parameters: entries.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0),
  bytes: entries.reduce((sum, { bytes }) => sum + bytes, 0),
});

/** Every tensor of the model, by part; FormatError names tensor, found and expected shape. */
function partsOf(checkpoint: Checkpoint, config: ModelConfig): readonly (readonly [string, readonly TensorEntry[]])[] {
  const { embedding, norm, head } = outerTensors(config);
  const require = ({ name, shape }: { name: string; shape: readonly number[] }) =>
    requireTensor(checkpoint, name, shape);
  const tensors = blockTensors(config);
  const blocks = Array.from({ length: config.layers }, (_, index) => {
    const entries = tensors.map(({ name, shape }) => require({ name: blockPrefix(index) + name, shape }));
    return [`block ${index}`, entries] as const;
  });
  const end = config.tiedEmbeddings ? [require(norm)] : [require(norm), require(head)];
  return [['embedding', [require(embedding)]], ...blocks, [config.tiedEmbeddings ? 'final norm' : 'head', end]];
}

const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(bytes < 1e7 ? 2 : 0)} MB`;

/** What fits is told with its limits; `config` says which sites are too wide for methods that read their inputs. */
function judge(
  parts: readonly (readonly [string, readonly TensorEntry[]])[],
  config: ModelConfig,
  limits: AdapterLimits,
): Verdict {
  const total = parts.reduce((sum, [name, entries]) => sum + size(name, entries).bytes, 0);
  const limit = limits.maxBufferSize ?? Infinity;
  // Each tensor becomes one buffer. (The embedding is read by rows, but a head of its size exists in every model.)
  for (const entry of parts.flatMap(([, entries]) => entries)) {
    const [rows = 1, cols = 1] = entry.shape;
    const bytes = entry.shape.length === 1 ? rows * 4 : rows * cols * elementBytes[storedAs(entry, cols)];
    if (bytes > limit) {
      return {
        kind: 'too-big',
        reason: `the tensor ${entry.name} takes ${megabytes(bytes)}, and this adapter allows ${megabytes(limit)} in one buffer`,
      };
    }
  }
  const wide = sitesOf(config).filter(({ cols }) => cols > widestMoment);
  const exception = wide.length
    ? `; layers of more than ${widestMoment} inputs (${wide.map(({ name, cols }) => `${name}: ${cols}`).join(', ')}) can only be rounded without calibration`
    : '';
  const blocks = parts.filter(([name]) => name.startsWith('block'));
  const largest = Math.max(...blocks.map(([name, entries]) => size(name, entries).bytes));
  return total <= residentBytes
    ? { kind: 'fits', reason: `${megabytes(total)} of weights fit on the GPU${exception}` }
    : {
        kind: 'streamed',
        reason: `${megabytes(total)} of weights are read block by block, at most two blocks of ${megabytes(largest)} at a time${exception}`,
      };
}

/** FormatError when the config cannot be read or a tensor is missing or of another shape. Reads no weights but the fingerprint's samples. */
export async function describeModel(checkpoint: Checkpoint, limits: AdapterLimits = {}): Promise<ModelCard> {
  const config = parseConfig(checkpoint.config);
  const parts = partsOf(checkpoint, config);
  const blocks = parts.map(([name, entries]) => size(name, entries));
  const linear = blockTensors(config).filter(({ role }) => role === 'linear');
  return {
    name: checkpoint.name,
    architecture: config.architecture,
    parameters: blocks.reduce((sum, { parameters }) => sum + parameters, 0),
    linearParameters: config.layers * linear.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0),
    dtypes: [...new Set(parts.flatMap(([, entries]) => entries.map(({ type }) => type)))].sort(),
    bytes: blocks.reduce((sum, { bytes }) => sum + bytes, 0),
    layers: config.layers,
    hidden: config.hidden,
    heads: config.heads,
    keyValueHeads: config.keyValueHeads,
    vocabulary: config.vocabulary,
    maxContext: config.maxContext,
    widestInputs: Math.max(...sitesOf(config).map(({ cols }) => cols)),
    tiedEmbeddings: config.tiedEmbeddings,
    blocks,
    verdict: judge(parts, config, limits),
    fingerprint: await checkpoint.fingerprint(),
  };
}

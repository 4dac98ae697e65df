/** What the headers alone tell: checks that every tensor is there in the shape that the config asks for, adds up, and judges. */
import type { Checkpoint, TensorEntry } from '../formats/checkpoint';
import { widestMoment } from '../tensor/gram';
import { elementBytes } from '../tensor/matrix';
import type { BlockSize, HeaderCard, ModelCard, Verdict } from './card';
import type { Site } from './model';
import { sharedDown } from './parts/experts';
import { beside, located, openPlan, towerTensors, wanted, type Plan, type Wanted } from './plan';
import { featuresOf } from './towerPlan';
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
function partsOf(checkpoint: Checkpoint, plan: Plan): readonly (readonly [string, readonly TensorEntry[]])[] {
  const { blocks, tables, tied, tower } = plan;
  const inside = blocks.map(({ tensors }, index) => {
    const entries = tensors.flatMap(({ from, shape }) => (from ? [located(checkpoint, from, shape)] : []));
    return [`block ${index}`, entries] as const;
  });
  const around = beside(plan);
  const all = (tensors: readonly Wanted[]) => tensors.map((tensor) => wanted(checkpoint, tensor));
  return [
    ...(tower
      ? [['tower', towerTensors(tower).map(({ from, shape }) => located(checkpoint, from, shape))] as const]
      : []),
    ['embedding', all([tables.embedding, ...around.embedding])],
    ...inside,
    tied ? ['final norm', all(around.head)] : ['head', all([...around.head, tables.head])],
  ];
}

/** Every site of the model. */
const sitesOf = ({ blocks }: Plan) => blocks.flatMap(({ sites }) => sites);

const weightsOf = (sites: readonly Site[]): number =>
  sites.reduce((sum, { layers, cols }) => sum + cols * layers.reduce((rows, layer) => rows + layer.rows, 0), 0);

/** What the blocks have beside layers and norms, as those have it that are the first to. `parameters`: of the whole model. */
function structureOf({ blocks }: Plan, parameters: number): Pick<HeaderCard, 'experts' | 'states'> {
  const mixtures = blocks.filter(({ experts }) => experts);
  const scans = blocks.filter(({ states }) => states);
  const [route, scan] = [mixtures[0]?.experts, scans[0]?.states];
  const idle = blocks
    .flatMap(({ sites }) => sites)
    .reduce((sum, site) => sum + (site.routed ? (1 - site.routed.share) * weightsOf([site]) : 0), 0);
  return {
    ...(route && {
      experts: {
        ...{ count: route.experts, chosen: route.count },
        shared: mixtures.some(({ sites }) => sites.some(({ name }) => name === sharedDown)),
        blocks: mixtures.length,
        activeParameters: Math.round(parameters - idle),
      },
    }),
    ...(scan && { states: { ...scan, blocks: scans.length } }),
  };
}

const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(bytes < 1e7 ? 2 : 0)} MB`;

/** What fits is told with its limits; the plan says which sites are too wide for methods that read their inputs. */
function judge(
  parts: readonly (readonly [string, readonly TensorEntry[]])[],
  plan: Plan,
  limits: AdapterLimits,
): Verdict {
  const total = parts.reduce((sum, [name, entries]) => sum + size(name, entries).bytes, 0);
  const limit = limits.maxBufferSize ?? Infinity;
  // Each tensor becomes one buffer. (The embedding is read by rows, but a head of its size exists in every model.)
  for (const entry of parts.flatMap(([, entries]) => entries)) {
    const [rows = 1, ...rest] = entry.shape;
    const cols = rest.reduce((a, b) => a * b, 1);
    const bytes = rest.length === 0 ? rows * 4 : rows * cols * elementBytes[storedAs(entry, cols)];
    if (bytes > limit) {
      return {
        kind: 'too-big',
        reason: `the tensor ${entry.name} takes ${megabytes(bytes)}, and this adapter allows ${megabytes(limit)} in one buffer`,
      };
    }
  }
  const widest = widestMoment(limit);
  const wide = sitesOf(plan).filter(({ cols }) => cols > widest);
  const which = [...new Set(wide.map(({ name, cols }) => `${name}: ${cols}`))];
  const exception = wide.length
    ? `; layers of more than ${widest} inputs (${which.join(', ')}) can only be rounded without calibration`
    : '';
  const blocks = parts.filter(([name]) => name.startsWith('block'));
  const largest = Math.max(...blocks.map(([name, entries]) => size(name, entries).bytes));
  if (total <= residentBytes)
    return { kind: 'fits', reason: `${megabytes(total)} of weights fit on the GPU${exception}` };
  const how =
    2 * largest > residentBytes && sitesOf(plan).some(({ routed }) => routed)
      ? `blocks of ${megabytes(largest)} expert by expert`
      : `at most two blocks of ${megabytes(largest)} at a time`;
  return { kind: 'streamed', reason: `${megabytes(total)} of weights are read block by block, ${how}${exception}` };
}

/**
 * FormatError when the config cannot be read or a tensor is missing or of another shape. Reads no weights, but a head that is stored though
 * config.json says that there is none.
 */
export async function describeHeaders(checkpoint: Checkpoint, limits: AdapterLimits = {}): Promise<HeaderCard> {
  const plan = await openPlan(checkpoint);
  const { architecture, facts, tied, tower } = plan;
  const parts = partsOf(checkpoint, plan);
  const blocks = parts.map(([name, entries]) => size(name, entries));
  const sites = sitesOf(plan);
  const linearParameters = weightsOf(sites);
  const parameters = blocks.reduce((sum, { parameters }) => sum + parameters, 0);
  const staying = weightsOf(sites.filter(({ stays }) => stays));
  return {
    name: checkpoint.name,
    architecture,
    parameters,
    linearParameters,
    ...(staying > 0 && { stayingParameters: staying }),
    dtypes: [...new Set(parts.flatMap(([, entries]) => entries.map(({ type }) => type)))].sort(),
    bytes: blocks.reduce((sum, { bytes }) => sum + bytes, 0),
    layers: plan.blocks.length,
    hidden: facts.hidden,
    heads: facts.heads,
    keyValueHeads: facts.keyValueHeads,
    vocabulary: facts.vocabulary,
    maxContext: facts.maxContext,
    widestInputs: Math.max(...sites.map(({ cols }) => cols)),
    tiedEmbeddings: tied,
    blocks,
    ...structureOf(plan, parameters),
    ...(tower && { pictures: { side: tower.picture, features: featuresOf(tower), id: tower.id } }),
    verdict: judge(parts, plan, limits),
    ...(checkpoint.remarks ? { notes: checkpoint.remarks } : {}),
  };
}

/** The same with the fingerprint, whose samples are all that is read of the weights; a FetchError when they cannot be had. */
export async function describeModel(checkpoint: Checkpoint, limits: AdapterLimits = {}): Promise<ModelCard> {
  const card = await describeHeaders(checkpoint, limits);
  return { ...card, fingerprint: await checkpoint.fingerprint() };
}

/**
 * The blueprint of a checkpoint with its blocks looked at, and with what only its tensors tell: whether the head is the embedding. A file may
 * hold a head of its own though config.json ties the two; transformers then uses that head, and so does the lab. A stored head that equals
 * the embedding is a copy, and the two stay one matrix.
 */
import type { Checkpoint, TensorEntry } from '../formats/checkpoint';
import { requireTensor } from '../formats/requireTensor';
import { slabOf } from '../formats/storedTensor';
import { rowsOf, transposeOf } from '../formats/tensorView';
import { blueprintOf } from './architectures';
import type { EmbedPlan, Facts, HeadPlan } from './blueprint';
import { usesOf, type Uses } from './lifetimes';
import type { TowerPlan } from './towerPlan';
import { sourceName, type Block, type Source } from './steps';
import { trace, turning, type StreamFacts, type Traced } from './trace';
import { toFloats } from '../formats/toFloats';
import { present } from '../util/assert';

export interface PlannedBlock extends Traced {
  readonly block: Block;
  /** See lifetimes.ts. */
  readonly uses: Uses;
}

/** What config.json alone tells. */
export interface Plan {
  /** model_type of config.json, e.g. "qwen3". */
  readonly architecture: string;
  readonly facts: Facts;
  readonly stream: StreamFacts;
  readonly blocks: readonly PlannedBlock[];
  readonly embed: Omit<EmbedPlan, 'from'>;
  readonly head: Omit<HeadPlan, 'from' | 'tied'>;
  /** Tensors outside the blocks, with their shapes; one name for both where the head is the embedding. */
  readonly tables: Readonly<Record<'embedding' | 'head', Wanted>>;
  /** Whether the head is the embedding. */
  readonly tied: boolean;
  /** Of a model that looks at pictures. */
  readonly tower?: PlannedTower;
}

export interface PlannedTower extends Omit<TowerPlan, 'blocks' | 'projector'> {
  readonly blocks: readonly PlannedBlock[];
  readonly projector: PlannedBlock;
}

/** A tensor that the model needs. */
export interface Wanted {
  readonly name: string;
  readonly shape: readonly number[];
}

/** FormatError names field, found and expected. */
export async function planOf(config: Readonly<Record<string, unknown>>): Promise<Plan> {
  const { architecture, facts, embed, blocks, head, tower } = blueprintOf(config);
  const traced = await Promise.all(blocks.map((block) => trace(block, facts.hidden)));
  const stream = turning(traced, head);
  const table = ({ from, project }: EmbedPlan | HeadPlan): Wanted => ({
    name: from.tensor,
    shape: [facts.vocabulary, project?.width ?? facts.hidden],
  });
  return {
    architecture,
    facts,
    stream,
    blocks: await Promise.all(
      blocks.map(async (block, i) => ({
        block,
        uses: await usesOf(block),
        ...present(traced[i], `block ${i}`).in(stream),
      })),
    ),
    embed,
    head,
    tables: { embedding: table(embed), head: table(head) },
    tied: head.tied,
    ...(tower && { tower: await plannedTower(tower) }),
  };
}

async function plannedTower({ blocks, projector, ...rest }: TowerPlan): Promise<PlannedTower> {
  /** No change of basis passes out of a tower, which is never quantized. */
  const alone: StreamFacts = { turns: false, centred: false };
  const planned = async (block: Block, width: number): Promise<PlannedBlock> => ({
    block,
    uses: await usesOf(block),
    ...(await trace(block, width)).in(alone),
  });
  return {
    ...rest,
    blocks: await Promise.all(blocks.map((block) => planned(block, rest.width))),
    projector: await planned(projector, rest.width * rest.features.join),
  };
}

/** A stored tensor of the shape that the plan asks for; FormatError names tensor, found and expected. */
export const wanted = (checkpoint: Checkpoint, { name, shape }: Wanted): TensorEntry =>
  requireTensor(checkpoint, name, shape);

/** Tensors beside the tables: of the embedding, and of what stands between the last block and the head. */
export function beside({
  facts: { hidden },
  embed,
  head,
}: Plan): Readonly<Record<'embedding' | 'head', readonly Wanted[]>> {
  const { positions, project } = embed;
  const { gains } = head;
  const vector = ({ tensor }: Source): Wanted => ({ name: tensor, shape: [hidden] });
  return {
    embedding: [
      ...(positions ? [{ name: positions.from.tensor, shape: [positions.rows, hidden] }] : []),
      ...(project ? [{ name: project.from.tensor, shape: [hidden, project.width] }] : []),
    ],
    head: [
      ...(gains?.from ? [vector(gains.from)] : []),
      ...(gains?.bias ? [vector(gains.bias)] : []),
      ...(head.project ? [{ name: head.project.from.tensor, shape: [head.project.width, hidden] }] : []),
    ],
  };
}

/** A tensor of a tower, or rows of one. */
export interface TowerTensor {
  readonly from: Source;
  readonly shape: readonly number[];
}

/** Every tensor that a look at a picture reads. */
export function towerTensors(tower: PlannedTower): readonly TowerTensor[] {
  const { width, patch, patches, first, positions, blocks, projector } = tower;
  const tensor = (from: Source | null, ...shape: readonly number[]) => (from ? [{ from, shape }] : []);
  return [
    ...tensor(patches.from, width, 3, patch, patch),
    ...tensor(patches.bias, width),
    ...tensor(first, width),
    ...tensor(positions.from, positions.rows, width),
    ...[...blocks, projector].flatMap(({ tensors }) => tensors.flatMap(({ from, shape }) => tensor(from, ...shape))),
  ];
}

/** The first of a source's places that the checkpoint has; the first of all where it has none. */
export function placeIn(checkpoint: Checkpoint, source: Source): Source {
  const has = ({ tensor }: Source) => checkpoint.tensors.has(tensor) || checkpoint.unsupported.has(tensor);
  let place: Source | undefined = source;
  while (place && !has(place)) place = place.or;
  return place ?? source;
}

/** What lies there, of that shape: a stored tensor, or rows or a slab of one. FormatError as `wanted`. */
export function located(checkpoint: Checkpoint, source: Source, shape: readonly number[]): TensorEntry {
  const from = placeIn(checkpoint, source);
  const { tensor, rows, slab, stored } = from;
  const [count = 1, ...rest] = shape;
  const all = rows?.of ?? count;
  const sizes = stored === 'in-out' && rest.length ? [...rest, all] : [all, ...rest];
  const found = requireTensor(checkpoint, tensor, slab ? [slab.of, ...sizes] : sizes);
  const plain = slab ? slabOf(found, slab.at) : found;
  const whole = stored === 'in-out' && rest.length ? transposeOf(plain) : plain;
  return rows ? rowsOf(whole, sourceName(from), { ...rows, every: rows.every ?? all }) : whole;
}

/** Bytes of one tensor compared at once. */
const sliceBytes = 8 * 2 ** 20;

/** Per checkpoint, whose tensors are its own. */
const opened = new WeakMap<
  Checkpoint['tensors'],
  { readonly of: Checkpoint['config']; readonly plan: Promise<Plan> }
>();

/** FormatError as planOf. Reads the stored head only where config.json says that there is none, until it differs. */
export function openPlan(checkpoint: Checkpoint): Promise<Plan> {
  const known = opened.get(checkpoint.tensors);
  if (known?.of === checkpoint.config) return known.plan;
  const plan = settle(checkpoint);
  opened.set(checkpoint.tensors, { of: checkpoint.config, plan });
  // What failed because a file could not be read is tried again.
  plan.catch(() => opened.delete(checkpoint.tensors));
  return plan;
}

async function settle({ config, tensors }: Checkpoint): Promise<Plan> {
  const plan = await planOf(config);
  if (!plan.tied) return plan;
  const embedding = tensors.get(plan.tables.embedding.name);
  const head = tensors.get(plan.tables.head.name);
  if (embedding && head && !(await holdSame(embedding, head))) return { ...plan, tied: false };
  // One of the two is stored, usually the embedding, and stands for both.
  const only = !embedding && head ? plan.tables.head : plan.tables.embedding;
  return { ...plan, tables: { embedding: only, head: only } };
}

/** Whether two matrices hold the same values, whatever their types. */
async function holdSame(one: TensorEntry, other: TensorEntry): Promise<boolean> {
  const [rows = 1, cols = 1] = one.shape;
  if (one.shape.join() !== other.shape.join()) return false;
  const step = Math.max(1, Math.floor(sliceBytes / (4 * cols)));
  for (let begin = 0; begin < rows; begin += step) {
    const end = Math.min(rows, begin + step);
    const [a, b] = await Promise.all([one.read(begin, end), other.read(begin, end)]);
    if (!sameValues(toFloats(a, one.type), toFloats(b, other.type))) return false;
  }
  return true;
}

/** By their bits: a NaN equals itself, and is refused later. */
function sameValues(one: Float32Array<ArrayBuffer>, other: Float32Array<ArrayBuffer>): boolean {
  const [a, b] = [one, other].map(({ buffer, byteOffset, length }) => new Uint32Array(buffer, byteOffset, length));
  return a !== undefined && b !== undefined && a.length === b.length && a.every((word, i) => word === b[i]);
}

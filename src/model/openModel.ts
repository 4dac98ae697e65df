/** A checkpoint as a Model: blocks that are uploaded one by one and run on batches of windows. Holds no weights itself. */
import type { Checkpoint, TensorEntry } from '../formats/checkpoint';
import type { Scope } from '../gpu/buffers';
import type { Gpu } from '../gpu/gpu';
import { bindingLimit } from '../gpu/limits';
import type { Matrix } from '../tensor/matrix';
import { ropeTable } from '../tensor/nn/rope';
import { assert, present } from '../util/assert';
import { GpuError } from '../util/errors';
import { describeModel } from './describeModel';
import { embedFrom, embedStored, seenIn, widened, type Widening } from './embed';
import { createHead, type FinalNorm } from './head';
import type { Asked, Batch, Model, OpenBlock, Site, Tap } from './model';
import { stayingExperts, type OpenExpert } from './stayingExperts';
import { openTensors, tensorBytes, vectorOf } from './openTensors';
import { located, openPlan, wanted, type Plan } from './plan';
import { rotaryFrequencies, rotaryMagnitude, rotatedWidth } from './rotary';
import { runBlock } from './run';
import { embeddingSite, headSite, siteId } from './siteId';
import type { BlockTensor } from './trace';
import type { RotaryRule, Source } from './steps';
import { openTower } from './tower';
import { uploadTensor } from './weights';

/** Rotation tables of an open block in the block's own scope, by rule and window length. */
interface Rotations {
  readonly scope: Scope;
  readonly tables: Map<string, Matrix>;
}

/** Tensors of what recipes may replace. */
function storedBySite(checkpoint: Checkpoint, { blocks, tables, tied }: Plan): Model['stored'] {
  const stored = new Map<string, readonly TensorEntry[]>([[embeddingSite, [wanted(checkpoint, tables.embedding)]]]);
  for (const [index, { sites, tensors }] of blocks.entries()) {
    for (const { name, layers } of sites) {
      const entries = layers.map((layer) => {
        const { from, shape } = present(
          tensors.find(({ key }) => key === layer.name),
          layer.name,
        );
        return located(checkpoint, present(from, layer.name), shape);
      });
      stored.set(siteId(index, name), entries);
    }
  }
  // A head that config.json ties but that is stored with other values counts like any other.
  if (!tied) stored.set(headSite, [wanted(checkpoint, tables.head)]);
  return stored;
}

/** FormatError when config and tensors do not fit together; GpuError `too-big` when the adapter cannot hold a part of the model. */
export async function openModel(gpu: Gpu, checkpoint: Checkpoint): Promise<Model> {
  const plan = await openPlan(checkpoint);
  const card = await describeModel(checkpoint, gpu.card.limits);
  if (card.verdict.kind === 'too-big') {
    throw new GpuError('too-big', `${card.name} is too big: ${card.verdict.reason}. Choose a smaller model.`, {
      model: card.name,
    });
  }
  const { blocks, tables, head } = plan;
  const embedding = wanted(checkpoint, tables.embedding);
  const widening = wideningOf(checkpoint, plan);
  const tower = plan.tower && openTower(gpu, checkpoint, plan.tower);
  // Keyed by `others`, which a block with replaced weights shares with the one it was made from.
  const rotations = new WeakMap<OpenBlock['others'], Rotations>();

  const rotation = (block: OpenBlock, rule: RotaryRule, length: number): Matrix => {
    const { scope, tables } = present(rotations.get(block.others), `block ${block.index} of this model`);
    const key = JSON.stringify([rule, length]);
    let table = tables.get(key);
    if (!table) {
      const frequencies = rotaryFrequencies(rule.rope, rotatedWidth(rule.rope, rule.size - (rule.begin ?? 0)), length);
      table = ropeTable(scope, frequencies, length, rotaryMagnitude(rule.rope));
      tables.set(key, table);
    }
    return table;
  };

  const block = (index: number) => present(blocks[index], `block ${index} of ${blocks.length}`);
  // Of all that a layer reads or makes: queries and keys over latents are wider than what attention gives.
  const widths = ({ cols, layers }: Site) => [cols, ...layers.map(({ rows }) => rows)];
  const widest = Math.max(card.hidden, ...blocks.flatMap(({ sites }) => sites.flatMap(widths)));

  return {
    card,
    blockCount: blocks.length,
    stream: plan.stream,
    stored: storedBySite(checkpoint, plan),
    sites: (index) => block(index).sites,
    maxTokens: Math.floor(bindingLimit / (4 * widest)),
    ...(tower && { tower }),

    async embed(scope, ids, length = ids.length, table, features) {
      using local = gpu.scope('embedding rows');
      const seen = features && seenIn(ids, present(tower, 'a tower'), features);
      // Where features go, any row will do: the id may be outside the table.
      const rowsOf = seen ? ids.map((id) => (id === tower?.id ? 0 : id)) : ids;
      // Rows that become something else are freed when they have.
      const into = widening.project ? local : scope;
      const rows = table ? embedFrom(gpu, into, table, rowsOf) : await embedStored(gpu, into, embedding, rowsOf);
      return await widened(gpu, scope, rows, length, widening, seen);
    },

    openEmbedding: (scope) => uploadTensor(gpu, scope, embedding),

    async openBlock(scope, index, room = Infinity) {
      const { tensors, sites } = block(index);
      const expertOf = new Map(
        sites.flatMap(({ routed, layers }) => (routed ? layers.map(({ name }) => [name, routed.expert] as const) : [])),
      );
      const open = (into: Scope, of: readonly BlockTensor[]) => openTensors(gpu, into, checkpoint, of);
      const apart = tensors.filter(({ key }) => expertOf.has(key));
      const whole = tensorBytes(checkpoint, apart) <= room;
      const { weights, others } = await open(scope, whole ? tensors : tensors.filter(({ key }) => !expertOf.has(key)));
      rotations.set(others, { scope, tables: new Map() });
      if (whole) return { index, sites, weights, others };
      const layersOf = (expert: number) => apart.filter(({ key }) => expertOf.get(key) === expert);
      const bytesOf = (expert: number) => tensorBytes(checkpoint, layersOf(expert));
      const openExpert: OpenExpert = async (expert, into) => (await open(into, layersOf(expert))).weights;
      return { index, sites, weights, others, expert: stayingExperts(scope, room, bytesOf, openExpert) };
    },

    async forward(scope: Scope, open: OpenBlock, hidden: Matrix, batch: Batch, tap?: Tap, asked: Asked = {}) {
      const { windows, length } = batch;
      assert(hidden.rows === windows * length, `${windows}×${length} tokens in ${hidden.rows} rows`);
      const { block: steps, uses } = block(open.index);
      const table = (rule: RotaryRule) => rotation(open, rule, length);
      return runBlock(gpu, scope, steps, hidden, { open, batch, uses, table, tap, asked });
    },

    async openHead(scope) {
      const { project, factor, cap } = head;
      const upload = (from: Source, shape: readonly number[]) =>
        uploadTensor(gpu, scope, located(checkpoint, from, shape));
      return createHead(gpu, {
        norm: await finalNorm(scope, checkpoint, head),
        ...(project && { project: await upload(project.from, [project.width, plan.facts.hidden]) }),
        weight: await uploadTensor(gpu, scope, wanted(checkpoint, tables.head)),
        ...(factor !== undefined && { factor }),
        ...(cap !== undefined && { cap }),
      });
    },
  };
}

async function finalNorm(
  scope: Scope,
  checkpoint: Checkpoint,
  { gains, rule }: Plan['head'],
): Promise<FinalNorm | null> {
  if (!gains) return null;
  const shape = [gains.width];
  const bias = { from: gains.bias ?? null, shape, role: 'bias' } as const;
  return {
    rule,
    gains: await vectorOf(scope, checkpoint, { ...gains, shape, role: 'norm' }),
    bias: rule.kind === 'layer' ? await vectorOf(scope, checkpoint, bias) : null,
  };
}

function wideningOf(checkpoint: Checkpoint, { embed, facts: { hidden } }: Plan): Widening {
  const { project, factor, scales, positions } = embed;
  return {
    ...(project && { project: located(checkpoint, project.from, [hidden, project.width]) }),
    ...(factor !== undefined && { factor }),
    ...(scales && { scales }),
    ...(positions && {
      positions: { entry: located(checkpoint, positions.from, [positions.rows, hidden]), first: positions.first },
    }),
  };
}

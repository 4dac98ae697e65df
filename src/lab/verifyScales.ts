/**
 * Whether factors of a layer's columns can go into what stands before it, as the scales of AWQ do: factors at random for every site whose
 * neighbours take them, their inverse in the norm's gains, in the rows of the layer before, in the value heads. The scales themselves are found
 * only when a site is solved, and go the same way. What no neighbour takes is multiplied when the model runs, and is not looked at here.
 */
import type { Scope } from '../gpu/buffers';
import type { Gpu } from '../gpu/gpu';
import type { LayerRef, Model, OpenBlock, Site } from '../model/model';
import { uploadMatrix, type Matrix } from '../tensor/matrix';
import { stackRows } from '../tensor/pieces';
import { scaleColumns } from '../tensor/scaleColumns';
import { present } from '../util/assert';
import { NumericError } from '../util/errors';
import { createRng, type Rng } from '../util/rng';
import { divergenceOf, mostKld, withChanged, type Comparing } from './divergence';
import { rowsOf, siteRows } from './siteProblem';

export interface ScalesVerified {
  /** Mean KL divergence of the scaled model from the model, nats a token. */
  readonly kld: number;
  /** Sites whose neighbours take factors, of those that a recipe for all sites means. */
  readonly folded: number;
  readonly sites: number;
}

/**
 * Over all ids of the window but its first.
 * @throws NumericError when the divergence exceeds 1e-5: then scales would not be absorbed, and results with them would be of another model.
 */
export async function verifyScales(
  gpu: Gpu,
  model: Model,
  ids: Uint32Array,
  { seed, ...comparing }: Comparing & { readonly seed: number },
): Promise<ScalesVerified> {
  const rng = createRng(seed).fork('verify scales');
  const whole = (scope: Scope, x: Matrix) => stackRows(gpu, scope, [x]);
  const change = {
    start: whole,
    block: (scope: Scope, block: OpenBlock) => scaleBlock(gpu, scope, block, rng),
    end: whole,
  };
  const kld = await divergenceOf(gpu, model, ids, change, comparing);
  if (!(kld <= mostKld)) {
    throw new NumericError(
      'scales-change-model',
      `with scales in the neighbours of its layers the model differs from itself by ${kld} nats a token; expected at most ${mostKld}. Use another transform for this model.`,
      { kld, most: mostKld, tokens: ids.length - 1 },
    );
  }
  const sites = Array.from({ length: model.blockCount }, (_, index) =>
    model.sites(index).filter(({ stays }) => !stays),
  );
  return { kld, folded: sites.flat().filter(takes).length, sites: sites.flat().length };
}

/** Whether what stands before the site takes factors; where others read it too, they take them as well. */
const takes = ({ reads }: Site) => (reads.kind === 'stream' ? reads.scales : reads.kind !== 'none');

/** About 1, between a seventh and seven nearly always. */
const draw = (rng: Rng, count: number) => Float32Array.from({ length: count }, () => Math.exp(rng.normal()));

const inverted = (s: Float32Array) => s.map((v) => 1 / v);

/** The block with scaled weights; gains and biases of what takes the inverse are scaled in place. */
async function scaleBlock(gpu: Gpu, scope: Scope, block: OpenBlock, rng: Rng): Promise<OpenBlock> {
  const { index, sites, others } = block;
  /** By site: of its columns. By name of a layer or a norm: of its rows. */
  const columns = new Map<string, Float32Array<ArrayBuffer>>();
  const rows = new Map<string, Float32Array<ArrayBuffer>>();
  for (const site of sites.filter(takes)) {
    const place = rng.fork(`${index} ${site.name}`);
    const { reads, cols } = site;
    if (reads.kind === 'stream' || reads.kind === 'gains') {
      const norm = present(reads.norm, `the norm before ${site.name}`);
      const known = rows.get(norm);
      const s = known ? inverted(known) : draw(place, cols);
      columns.set(site.name, s);
      if (!known) rows.set(norm, inverted(s));
    } else {
      const { name, rows: count } = sourceOf(block, site);
      const made = draw(place, count);
      columns.set(site.name, reads.kind === 'heads' ? overHeads(made, cols, reads) : made);
      rows.set(name, inverted(made));
    }
  }
  const row = (local: Scope, values: Float32Array<ArrayBuffer>) => uploadMatrix(local, values, 1, values.length, 's');
  const ones = (count: number) => new Float32Array(count).fill(1);
  const scaled = await withChanged(gpu, scope, block, (local, source, site) => {
    const made = site.layers.flatMap(({ name, rows: count }) => [...(rows.get(name) ?? ones(count))]);
    return Promise.resolve(
      scaleColumns(
        gpu,
        local,
        siteRows(gpu, source, site)(local, 0, rowsOf(site)),
        row(local, columns.get(site.name) ?? ones(site.cols)),
        row(local, Float32Array.from(made)),
      ),
    );
  });
  for (const [name, s] of rows) {
    // Of a norm its gains too; both have a bias, or none.
    for (const vector of [others.get(name), others.get(`${name}.bias`)]) {
      if (!vector) continue;
      using local = gpu.scope('verified vector');
      gpu.copy(scaleColumns(gpu, local, vector, row(local, s)).view, vector.view);
    }
  }
  return scaled;
}

/** The layer before the site whose rows are its channels, or its value heads. */
function sourceOf({ index, sites }: OpenBlock, site: Site): LayerRef {
  const before = sites.slice(0, sites.indexOf(site)).flatMap(({ layers }) => layers);
  return present(
    before.findLast(({ writes }) => writes === site.reads.kind),
    `block ${index}: what makes the input of ${site.name}`,
  );
}

/** Factors of value heads as the query heads that read them have them. */
function overHeads(
  made: Float32Array,
  cols: number,
  { size, repeat }: { readonly size: number; readonly repeat: number },
): Float32Array<ArrayBuffer> {
  const at = (col: number) => Math.floor(col / (size * repeat)) * size + (col % size);
  return Float32Array.from({ length: cols }, (_, col) => made[at(col)] as number);
}

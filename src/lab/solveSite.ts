/** The step that orders are made of first: one site of one point, solved and kept, or taken from what was kept. */
import type { Scope } from '../gpu/buffers';
import type { Gpu } from '../gpu/gpu';
import type { OpenBlock, Site } from '../model/model';
import { siteId, siteWords } from '../model/siteId';
import { needsCross, needsModule } from '../quant/recipe/parseRecipe';
import type { QuantEvent } from '../quant/problem';
import { zeroMatrix } from '../tensor/matrix';
import { createRng } from '../util/rng';
import type { RunEvent, SiteResult } from '../log/events';
import { worked, type Bench } from './bench';
import type { BlockMoments, Moment } from './calibrate';
import { kinOf, readersOf, withLike, type Gather } from './kin';
import { requireFinite } from './failure';
import { moduleError } from './moduleError';
import type { Placement, PreparedPoint } from './prepare';
import { whole, type Part } from './parts';
import { notKept } from './remarks';
import { openedFor, roundSite, type Solved } from './siteProblem';

/**
 * Sites of the block whose H this point needs: those that it has yet to solve, and with them what is read of others: of all that read the same
 * norm, where factors are agreed on, and of the one that sees all tokens where an expert sees few.
 */
export function sitesToCalibrate(
  { model, kept }: Bench,
  { placements }: PreparedPoint,
  block: number,
  part: Part = whole,
): Site[] {
  const sites = model.sites(block);
  const missing = sites.filter((site) => {
    const placement = placements.get(siteId(block, site.name));
    return placement?.calibrated && !kept.has(placement.key) && part.has(site);
  });
  // In a part, what the others of one norm see is gathered when they agree.
  const readers = (site: Site) => readersOf(site, sites).filter((reader) => part.has(reader));
  return withLike([...missing, ...missing.flatMap(readers)], sites);
}

/**
 * `open` gives the source block where it is needed, `gather` moments of sites that are not among `moments`. Nothing is left to do for a site that
 * stays as stored.
 */
export async function* solveSite(
  bench: Bench,
  point: PreparedPoint,
  block: number,
  site: Site,
  moments: BlockMoments,
  open: () => Promise<OpenBlock>,
  gather?: Gather,
): AsyncGenerator<RunEvent> {
  const { model, settings, costs, kept, work } = bench;
  const { signal, gpu } = bench.input;
  const placement = point.placements.get(siteId(block, site.name));
  const share = costs.solve / model.sites(block).length;
  // Counted as done: the plan has every site.
  if (!placement) {
    yield* worked(bench, work.solving(point), point.id, share, 'kept');
    return;
  }
  const { recipe } = placement;
  const moment = placement.calibrated ? (moments.get(site.name) ?? null) : null;
  const solve = async (emit: (event: QuantEvent) => void) => {
    const shared = createRng(settings.seed);
    const rng = shared.fork(placement.words);
    if (moment?.told) emit(moment.told);
    using scope = gpu.scope('module');
    const source = await openedFor(await open(), site, scope);
    const sample = needsModule(recipe) && moment?.sample;
    const error = sample ? await moduleError(gpu, model, source, site, sample, scope) : undefined;
    const kin = moment ? kinOf(bench, point, site, source, moments, gather) : undefined;
    const around = { ...(error && { moduleError: error }), ...(kin && { kin }) };
    const posed = moment && needsCross(recipe) ? withCross(gpu, scope, site, moment, emit) : moment;
    return await roundSite(source, site, recipe, posed, { gpu, signal, rng, shared, emit }, around);
  };
  const layers = site.layers.map(({ name }) => name);
  yield* takeOrSolve(bench, point, placement, layers, solve);
  yield* worked(bench, work.solving(point), point.id, share, kept.has(placement.key) ? 'kept' : 'computed');
}

/**
 * The rows of an expert have no counterparts in full precision, where tokens are routed as they were: what compares the two finds no
 * difference, and says so.
 */
function withCross(gpu: Gpu, scope: Scope, site: Site, moment: Moment, emit: (event: QuantEvent) => void): Moment {
  if (moment.cross || !site.routed) return moment;
  const reason = 'tokens are routed otherwise in full precision, so that inputs of experts have no counterparts';
  emit({ type: 'fallback-used', wanted: 'inputs in full precision', used: 'its own inputs', reason });
  return { ...moment, cross: zeroMatrix(scope, site.cols, site.cols, 'no difference') };
}

/** One result from the cabinet, or from `solve` into it; with its events either way. */
export async function* takeOrSolve(
  { clock, kept, accounts, said }: Bench,
  point: PreparedPoint,
  { site, cabinet, key }: Placement,
  layers: readonly string[],
  solve: (emit: (event: QuantEvent) => void) => Promise<Solved>,
): AsyncGenerator<RunEvent, Solved> {
  const start = clock();
  const account = accounts.of(point);
  const known = account.hashes.has(site);
  const found = kept.has(key) || known ? await cabinet.find(key) : null;
  const events: QuantEvent[] = [];
  const solved = found ? found.solved : await solve((event) => events.push(event));
  const refusal = found ? null : await cabinet.put(key, { solved, events });
  if (refusal !== null && !said.refusal) {
    said.refusal = true;
    yield notKept(refusal);
  }
  const seconds = clock() - start;
  account.seconds += seconds;
  // A table that sequential calibration has already told of.
  if (known) return solved;
  account.hashes.set(site, solved.hash);
  account.bits.set(site, solved.storageBits);
  account.operations.set(site, solved.operations ?? 0);
  const place = { point: point.id, site };
  for (const event of found ? found.events : events) yield { ...event, ...place };
  const { parts: _, storageBits, ...summary } = solved;
  const result: SiteResult = {
    ...{ ...place, layers, ...summary },
    bits: storageBits / (solved.rows * solved.cols),
    seconds,
    resumed: found !== null,
  };
  requireFinite(result, `${point.id}, ${siteWords(site)}:`);
  yield { type: 'site-quantized', ...result };
  return solved;
}

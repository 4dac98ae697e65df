/**
 * A run from its first measurement to its last. Full precision first; then the points, solved and measured on the first few windows in one of
 * three orders (orders/), so that all curves are there early; then each on the rest.
 *
 *   shared      one pass of the calibration text through the full-precision model gives H of every site, for all points
 *   blockwise   the same, block by block for all points, where not all of it fits
 *   sequential  each point has its own pass, in which a block sees the quantized blocks before it
 *
 * A point that fails is told and left out; the others go on. Without full precision there is nothing to compare with, so its failure ends
 * the run. Sites that are kept from an interrupted run are not solved again, and what only they would need is not calibrated.
 */
import { present } from '../util/assert';
import type { RunEvent } from '../log/events';
import { resultsOf } from '../log/takeOver';
import { findPiece } from '../quant/recipe/catalog';
import { piecesIn, type Piece } from '../quant/recipe/recipe';
import { recipesIn } from '../quant/recipe/assignment';
import { redrawn, type Bench } from './bench';
import { measurePoint } from './measurePoint';
import { inOrder } from './orders/order';
import { whatIsMissing, type Need } from './orders/need';
import { scoredPerWindow } from '../measures/windows';
import { roughWindows } from './plan';
import { largestExperts } from './pointModel';
import { expertsInTurn } from './remarks';
import { referenceUntil, tellKept } from './resume';
import { verifyRotation } from './verifyRotation';
import { verifyScales } from './verifyScales';
import { headPasses } from './work';

/** Tokens of the window that a change of basis is verified on: a wrong one shows on the first few. */
const verifiedTokens = 128;

export async function* quantizeAndMeasure(bench: Bench): AsyncGenerator<RunEvent> {
  const { settings, done, windows, points, results, attempts, progress } = bench;
  const remark = expertsInTurn(largestExperts(bench.model), bench.budgets.weights);
  if (remark && bench.source.residency === 'streamed') yield remark;
  yield* tellKept(bench);
  const need = whatIsMissing(bench);
  planProgress(bench, need);
  const others = await redraws(bench);
  const reference = present(settings.points[0], 'full precision');
  const rough = roughWindows(windows);
  yield* referenceUntil(bench, reference, rough);
  yield* verifyChanges(bench);
  yield* inOrder({ bench, need, rough });
  yield* referenceUntil(bench, reference);
  for (const point of points) yield* attempts.run(point, () => measurePoint(bench, point));
  for (const other of others) yield* measureAgain(other);
  // In the order of the request, whatever the order of work was.
  const order = settings.points.map(({ id }) => id);
  const measured = results.filter(({ id }) => !done.has(id));
  const all = [...resultsOf(done), ...measured].sort((a, b) => order.indexOf(a.id) - order.indexOf(b.id));
  yield { type: 'run-finished', points: all, secondsElapsed: progress.elapsed };
}

interface Redraw {
  readonly bench: Bench;
  readonly need: Need;
}

/** The other parts of the calibration text, each with its work planned. */
async function redraws(bench: Bench): Promise<Redraw[]> {
  const others: Redraw[] = [];
  for (let draw = 1; draw < (bench.calibration?.parts.length ?? 0); draw++) {
    const other = await redrawn(bench, draw);
    const need = whatIsMissing(other);
    planProgress(other, need);
    others.push({ bench: other, need });
  }
  return others;
}

/** Solves and measures the calibrated points on another part of the text; of all that only the loss is told. */
async function* measureAgain({ bench, need }: Redraw): AsyncGenerator<RunEvent> {
  for await (const event of inOrder({ bench, need, rough: Infinity })) {
    if (event.type === 'progressed') yield event;
    if (event.type === 'point-failed') {
      const text = `${event.point} could not be measured on part ${bench.draw + 1} of the calibration text: ${event.error.message}`;
      yield { type: 'remarked', about: 'calibration', text };
    }
    if (event.type === 'point-finished') {
      const { id, values } = event.result;
      const { mean: lnRatio } = present(values['lnRatio'], 'a loss');
      yield { type: 'calibration-redrawn', point: id, draw: bench.draw, lnRatio };
    }
  }
}

/** Before anything is rounded: a change of basis that the model does not absorb would make results of another model. */
async function* verifyChanges(bench: Bench): AsyncGenerator<RunEvent> {
  const { model, input, settings, windows, head, points, budgets } = bench;
  const pieces = points.flatMap(({ assignment }) => recipesIn(assignment).flatMap(piecesIn));
  const metaOf = ({ slot, piece }: (typeof pieces)[number]) => findPiece(slot, piece.name);
  const absorbed = pieces.filter((one) => metaOf(one)?.absorbed).map(({ piece }) => piece);
  const ids = verifiedIds(windows, model.tower?.id);
  const options = { head, seed: settings.seed, signal: input.signal, room: budgets.weights };
  for (const piece of new Map(absorbed.map((piece) => [JSON.stringify(piece), piece])).values()) {
    const kld = await verifyRotation(input.gpu, model, ids, { ...options, piece });
    yield { type: 'rotation-verified', basis: optionWords(piece), tokens: ids.length - 1, kld };
  }
  if (pieces.some((one) => metaOf(one)?.columns === 'scaled')) {
    yield { type: 'scales-verified', tokens: ids.length - 1, ...(await verifyScales(input.gpu, model, ids, options)) };
  }
}

/** The text of the first window, or of as many as there are tokens for where `place` stands for pictures: those are not looked at again. */
function verifiedIds({ ids, context }: Bench['windows'], place: number | undefined): Uint32Array {
  const text = ids.slice(0, verifiedTokens).flatMap((window) => [...window.filter((id) => id !== place)]);
  return Uint32Array.from(text.slice(0, Math.min(verifiedTokens, context)));
}

/** What tells a piece from others of its name: "hadamard", "hadamard, online hadamard". */
function optionWords({ name, ...options }: Piece): string {
  const schemas = findPiece('transform', name)?.options;
  const words = Object.entries(options).map(([key, value]) => (schemas?.[key]?.later ? `${key} ${value}` : value));
  return words.join(', ') || name;
}

function planProgress(bench: Bench, need: Need): void {
  const { model, costs, settings, windows, progress, points, attempts, calibrationTokens, work, draw, done } = bench;
  const { context } = windows;
  const all = windows.ids.length;
  const scored = (costs.head * scoredPerWindow(windows)) / context;
  // Full precision is measured once, whatever is calibrated on, and only where something is compared with it.
  const first = !draw && (points.length > 0 || done.size === 0);
  for (const point of [...(first ? settings.points.slice(0, 1) : []), ...points]) {
    const perToken = { block: model.blockCount * costs.block, head: scored * headPasses(point) };
    for (const part of ['block', 'head'] as const) {
      attempts.plan(point, work.scoring(part, point), all * context * perToken[part], context * perToken[part]);
    }
  }
  const unit = calibrationTokens * costs.block;
  for (const point of points) {
    attempts.plan(point, work.solving(point), model.blockCount * costs.solve, costs.solve);
    if (settings.mode === 'shared') continue;
    const blocks = (need.last.get(point.id) ?? -1) + 1;
    attempts.plan(point, work.calibrating, calibrationTokens * blocks * (2 * costs.block + costs.gram), unit);
  }
  if (settings.mode === 'shared') {
    progress.plan(work.calibrating, calibrationTokens * (need.lastOfAll + 1) * (costs.block + costs.gram), unit);
  }
}
